"""A page's lines as controls were trained on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LINE_BLOCK_PX: Final = 15
_LINE_LEVELS: Final = 8


def line_art(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a page's lines white on black, as line art controls were trained, `(h, w, 3)` uint8."""
    grey = np.asarray(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), np.int16)
    ground = cv2.boxFilter(grey, -1, (_LINE_BLOCK_PX, _LINE_BLOCK_PX))
    lines = np.clip((ground - grey - _LINE_LEVELS) * 4, 0, 255).astype(np.uint8)
    return np.repeat(lines[..., None], 3, axis=2)
