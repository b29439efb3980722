"""The drawing's ink: strokes and solid black, without screens and without lettering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import BAND_RATIO
from host.pipeline.analysis.maps.screentone import shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A share of the page's width: thick strokes.
_STROKE_WIDTH: Final = 0.02
_DEPTH_LEVELS: Final = 40
_BLACK: Final = 64


def find_lines(page: NDArray[np.uint8], tone: NDArray[np.uint8], lettering: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return `(H, W)` bool: what is black, or clearly darker than the ground that it is drawn on.

    tone: the `(H, W)` uint8 page with its screens made even; a dark screen is not black. Frames and the outlines of
    balloons are drawn, too.
    """
    half = shrunk(tone, 2) if min(tone.shape) > 1 else tone
    height, width = half.shape
    side = max(3, round(_STROKE_WIDTH * min(width, BAND_RATIO * height))) | 1
    ground = cv2.morphologyEx(half, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    ground = cv2.resize(ground, tone.shape[::-1], interpolation=cv2.INTER_LINEAR)
    ink = (cv2.subtract(ground, tone) >= _DEPTH_LEVELS) | ((tone < _BLACK) & (tone == page))
    return np.asarray(ink & ~lettering, np.bool_)
