"""Measure how far an engine's picture stands off the page, and move its colour back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

from engines.oklab import grey_to_lightness
from engines.warp import moved

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Below this the shift is within what upsampling mends; beyond that share of the picture it is no shift but a doubt.
_SHIFT_MIN_PX: Final = 0.5
_SHIFT_MAX_SHARE: Final = 0.1
_RESPONSE_MIN: Final = 0.1
_SIDE_MIN_PX: Final = 16


class Shift(NamedTuple):
    """Where the engine's picture stands against the page, in the engine's pixels; right and down are positive."""

    x_px: float
    y_px: float


def measure_shift(lightness: NDArray[np.float32], grey: NDArray[np.uint8]) -> Shift:
    """Return the shift of an engine's `(h, w)` lightness against the `(H, W)` uint8 page, by phase correlation.

    Returns no shift where it is below half a pixel, where the two pictures have too little in common to tell,
    or where they are too small.
    """
    height, width = lightness.shape
    if min(height, width) < _SIDE_MIN_PX:
        return Shift(0.0, 0.0)
    page = grey_to_lightness(np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), np.uint8))
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    (x_px, y_px), response = cv2.phaseCorrelate(page, np.ascontiguousarray(lightness, np.float32), window)
    doubtful = response < _RESPONSE_MIN or abs(x_px) > _SHIFT_MAX_SHARE * width or abs(y_px) > _SHIFT_MAX_SHARE * height
    if doubtful or max(abs(x_px), abs(y_px)) <= _SHIFT_MIN_PX:
        return Shift(0.0, 0.0)
    return Shift(float(x_px), float(y_px))


def undo_shift(chroma: NDArray[np.float32], shift: Shift) -> NDArray[np.float32]:
    """Return `(h, w, 2)` chroma moved back by the shift; the border repeats its last pixel."""
    if shift == (0.0, 0.0):
        return chroma
    return np.asarray(moved(chroma, -shift.x_px, -shift.y_px), np.float32)
