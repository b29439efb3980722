"""A picture as the compact embedder sees it: grey, in a square, its darkness made even."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE_PX: Final = 96
# What is longer is squeezed to this, so that a wide panel does not become a thread.
_LONGEST: Final = 2.0
# A blank picture stays blank instead of becoming loud noise.
_LEAST_SPREAD: Final = 0.02


def as_input(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return `(96, 96)` float32: darkness in its own standard deviations, the mean of it round the picture.

    picture: `(h, w)` grey or `(h, w, 3)` sRGB RGB of any size. Its shape is kept up to twice as long as wide.
    """
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    height, width = _fitted(*grey.shape[:2])
    shrinks = height < grey.shape[0] or width < grey.shape[1]
    small = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    darkness = np.float32(1) - np.asarray(small, np.float32) / np.float32(255)
    even = (darkness - darkness.mean()) / max(float(darkness.std()), _LEAST_SPREAD)
    square = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    top, left = (SIDE_PX - height) // 2, (SIDE_PX - width) // 2
    square[top : top + height, left : left + width] = even
    return square


def _fitted(height: int, width: int) -> tuple[int, int]:
    ratio = min(_LONGEST, max(1 / _LONGEST, height / max(1, width)))
    return (SIDE_PX, max(1, round(SIDE_PX / ratio))) if ratio >= 1 else (max(1, round(SIDE_PX * ratio)), SIDE_PX)
