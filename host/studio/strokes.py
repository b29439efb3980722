"""What of a page's dark pixels is a stroke, and what is a grain of tone: for a drawing of curves.

A stroke is darker than what lies around it all along some direction, a grain is not. What is no stroke is told as the
even tone that the eye sees instead.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.components import find_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ALONG_PX: Final = 9
_DIRECTIONS: Final = 8
_AROUND_PX: Final = 13
_DARKER: Final = 50
_SOLID_PX: Final = 5
_SMALLEST_PX: Final = 8
_GAP_PX: Final = 7
_SCREEN_PX: Final = 15
_KNOWN: Final = 0.05


def strokes(
    inked: NDArray[np.bool_], grey: NDArray[np.uint8], lettering: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Return what of `(H, W)` inked pixels are strokes, letters or solid black; grey: uint8, the page."""
    page = grey.astype(np.float32)
    along = np.minimum.reduce([cv2.filter2D(page, -1, one, borderType=cv2.BORDER_REPLICATE) for one in _rulers()])
    around = cv2.blur(page, (_AROUND_PX, _AROUND_PX))
    solid = cv2.morphologyEx(inked.view(np.uint8), cv2.MORPH_OPEN, _disc(_SOLID_PX)) > 0
    sure = inked & ((around - along > np.minimum(_DARKER, around / 2)) | solid)
    pieces = find_components(sure, 8)
    sure &= (pieces.stats[:, cv2.CC_STAT_AREA] >= _SMALLEST_PX)[pieces.labels]
    if lettering is not None:
        sure |= inked & lettering
    return np.asarray(inked & (cv2.dilate(sure.view(np.uint8), np.ones((3, 3), np.uint8)) > 0))


def grain_evened(rgb: NDArray[np.uint8], inked: NDArray[np.bool_], kept: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the picture with the mean of what lies around where ink is no stroke. kept: the ink that is."""
    lost = (inked & ~kept).view(np.uint8)
    if not lost.any():
        return rgb
    grain = (cv2.morphologyEx(lost, cv2.MORPH_CLOSE, _disc(_GAP_PX)) > 0) & ~kept
    beside = cv2.dilate(kept.view(np.uint8), np.ones((3, 3), np.uint8)) == 0
    mean, weight = _mean_of(rgb, beside, _AROUND_PX)
    return np.where((grain & (weight > _KNOWN))[..., None], mean, rgb)


def screens_evened(
    rgb: NDArray[np.uint8], screened: NDArray[np.bool_] | None, tone: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return the picture with its screens as the even tones that they stand for, in the colours that lie there.

    screened, tone: as `PageMasks.screentone` and `PageMaps.tone`.
    """
    if screened is None or not screened.any():
        return rgb
    lab = cv2.cvtColor(_mean_of(rgb, screened, _SCREEN_PX)[0], cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.cvtColor(cv2.merge([tone] * 3), cv2.COLOR_RGB2LAB)[..., 0]
    return np.where(screened[..., None], cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), rgb).astype(np.uint8)


def _mean_of(
    rgb: NDArray[np.uint8], where: NDArray[np.bool_], side: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return the mean colour around each pixel of those within a mask, and which share of the square these are."""
    seen = where.astype(np.float32)
    weight = np.asarray(cv2.blur(seen, (side, side)), np.float32)
    total = cv2.blur(rgb.astype(np.float32) * seen[..., None], (side, side))
    mean = total / np.maximum(weight, np.float32(1e-6))[..., None]
    return np.clip(np.rint(mean), 0, 255).astype(np.uint8), weight


@cache
def _rulers() -> tuple[NDArray[np.float32], ...]:
    """Return kernels that take the mean along a short line, one for each direction."""
    half = _ALONG_PX // 2
    found = []
    for turn in np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS:
        steps = np.linspace(-half, half, 4 * _ALONG_PX)
        kernel = np.zeros((_ALONG_PX, _ALONG_PX), np.float32)
        kernel[np.rint(half + steps * np.sin(turn)).astype(int), np.rint(half + steps * np.cos(turn)).astype(int)] = 1
        found.append(kernel / kernel.sum())
    return tuple(found)


def _disc(side: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
