"""Channels of a page that a scanner laid apart, brought together again: the colour at the edges of grey is gone then.

Where red and blue lie against green is measured by correlation, first as a shift of whole pixels, then as a map that
also turns and stretches (enhanced correlation coefficient, Evangelidis and Psarakis 2008): a lens draws each channel in
a size of its own. What an author coloured has its best match where it is, however pale; in a grey page whose channels
lie apart the match gets much better elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.warp import moved
from host.pipeline.tint import shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDE_PX: Final = 640
# Longer ones in widths, and wider ones in heights, were put together of several pictures: they are shifted alone.
_LONG: Final = 4.0
_REACH_PX: Final = 6
_LEAST_PX: Final = 0.3
# What is left of the mismatch once the channels lie together. Measured as 0.96 and more on coloured pages, also where
# they are pale or faded, and up to 0.77 on grey ones whose channels lie a pixel or more apart.
_LEFT: Final = 0.85
_SMALLEST_PX: Final = 8 * _REACH_PX
_ENDS: Final = cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 1e-4
_SOFT_PX: Final = 5


def brought_together(rgb: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return a `(H, W, 3)` uint8 page, shrunk, with its channels on each other; None where they are so already."""
    small = shrunk(rgb, _SIDE_PX)
    if min(small.shape[:2]) < _SMALLEST_PX:
        return None
    red, green, blue = (np.ascontiguousarray(small[..., channel]) for channel in range(3))
    laid = [_laid_on(green, channel) for channel in (red, blue)]
    if all(one is None for one in laid):
        return None
    red, blue = (new if new is not None else old for new, old in zip(laid, (red, blue), strict=True))
    return np.asarray(cv2.merge((red, green, blue)), np.uint8)


def _laid_on(green: NDArray[np.uint8], channel: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return a channel as it lies on green; None where it does so already, or nowhere near."""
    reach = _REACH_PX
    match = cv2.matchTemplate(channel, green[reach:-reach, reach:-reach], cv2.TM_CCOEFF_NORMED)
    _, _, _, (column, row) = cv2.minMaxLoc(match)
    if not 0 < row < 2 * reach or not 0 < column < 2 * reach:
        return None
    across = column - reach + _between(*match[row, column - 1 : column + 2])
    down = row - reach + _between(*match[row - 1 : row + 2, column])
    if max(green.shape) > _LONG * min(green.shape):
        far, laid = max(abs(across), abs(down)), np.asarray(moved(channel, -across, -down), np.uint8)
    else:
        far, laid = _mapped(green, channel, across, down)
    if far < _LEAST_PX or 1 - _match(laid, green) > _LEFT * (1 - match[reach, reach]):
        return None
    return laid


def _mapped(
    green: NDArray[np.uint8], channel: NDArray[np.uint8], across: float, down: float
) -> tuple[float, NDArray[np.uint8]]:
    """Return how far a corner is moved at most, and a channel laid on green by an affine map, from a shift on."""
    there = np.array([[1, 0, across], [0, 1, down]], np.float32)
    try:
        _, there = cv2.findTransformECC(green, channel, there, cv2.MOTION_AFFINE, _ENDS, None, _SOFT_PX)  # type: ignore[call-overload]
    except cv2.error:  # it found no way on from where it was
        return 0.0, channel
    height, width = green.shape
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], np.float64)
    far = float(np.abs(corners @ np.asarray(there, np.float64).T - corners[:, :2]).max())
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(channel, there, (width, height), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return far, np.asarray(laid, np.uint8)


def _match(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    inner = slice(_REACH_PX, -_REACH_PX), slice(_REACH_PX, -_REACH_PX)
    return float(cv2.matchTemplate(one[inner], other[inner], cv2.TM_CCOEFF_NORMED)[0, 0])


def _between(before: float, best: float, after: float) -> float:
    """Return where a parabola through three neighbours has its top, from the middle one."""
    bend = before - 2 * best + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0
