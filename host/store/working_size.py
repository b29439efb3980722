"""The size at which pictures serve as references: no engine looks at more than about a megapixel of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WORKING_PIXELS: Final = 1 << 20


def at_working_size(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return `(h, w, 3)` uint8 brought down to about a megapixel where it is larger; else contiguous."""
    height, width = rgb.shape[:2]
    scale = (_WORKING_PIXELS / (height * width)) ** 0.5
    if scale >= 1:
        return np.ascontiguousarray(rgb)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
