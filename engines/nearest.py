"""Pictures of labels in another size: each pixel takes the one that it lies nearest to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# From here on OpenCV's sums of 16.16 bits overflow, and it reads past the picture.
_SIDE_PX: Final = 32_767


def resize_labels(labels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Return `(H, W)` labels as `(height, width)`; as OpenCV's INTER_NEAREST_EXACT, for sides of any length."""
    if max(*labels.shape, height, width) <= _SIDE_PX:
        return np.asarray(cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)
    return labels[_nearest(labels.shape[0], height)][:, _nearest(labels.shape[1], width)]


def _nearest(source: int, wanted: int) -> NDArray[np.int64]:
    """Return for each of `wanted` pixels the nearest of `source`, by the sums that OpenCV makes."""
    step = ((source << 16) + wanted // 2) // wanted
    places = (step * np.arange(wanted, dtype=np.int64) + step // 2 - source % 2) >> 16
    return np.asarray(np.clip(places, 0, source - 1), np.int64)
