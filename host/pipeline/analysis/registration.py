"""Channels of a page that a scanner laid apart, brought together again: the colour at the edges of grey is gone then.

A shift of red or blue against green is measured by correlation. What an author coloured has its best match where it
is; in a grey page whose channels lie apart the match gets much better elsewhere.
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
_REACH_PX: Final = 6
_LEAST_PX: Final = 0.3
# What is left of the mismatch once the channels lie together.
_LEFT: Final = 0.6
_SMALLEST_PX: Final = 8 * _REACH_PX


def brought_together(rgb: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return a `(H, W, 3)` uint8 page, shrunk, with its channels on each other; None where they are so already."""
    small = shrunk(rgb, _SIDE_PX)
    if min(small.shape[:2]) < _SMALLEST_PX:
        return None
    red, green, blue = (np.ascontiguousarray(small[..., channel]) for channel in range(3))
    moved = [_moved(channel, green) for channel in (red, blue)]
    if all(one is None for one in moved):
        return None
    red, blue = (new if new is not None else old for new, old in zip(moved, (red, blue), strict=True))
    return np.asarray(cv2.merge((red, green, blue)), np.uint8)


def _moved(channel: NDArray[np.uint8], green: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    reach = _REACH_PX
    match = cv2.matchTemplate(channel, green[reach:-reach, reach:-reach], cv2.TM_CCOEFF_NORMED)
    _, best, _, (column, row) = cv2.minMaxLoc(match)
    if not 0 < row < 2 * reach or not 0 < column < 2 * reach or 1 - best > _LEFT * (1 - match[reach, reach]):
        return None
    across = column - reach + _between(*match[row, column - 1 : column + 2])
    down = row - reach + _between(*match[row - 1 : row + 2, column])
    if max(abs(across), abs(down)) < _LEAST_PX:
        return None
    return np.asarray(moved(channel, -across, -down), np.uint8)


def _between(before: float, best: float, after: float) -> float:
    """Return where a parabola through three neighbours has its top, from the middle one."""
    bend = before - 2 * best + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0
