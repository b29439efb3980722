"""Where a page is screened: dots or ruled lines that stand for a grey.

Where a screen lies, its marks are everywhere alike: the deviation from the local mean stays about the same, and the
mean itself hardly moves. That leaves screens, hatching, text and grain; the spectrum (`periodic`) keeps what repeats
itself. From there the screen spreads to where mean and deviation go on as beside it: over lines that are drawn through
it, up to its edge. Done twice, at reading size for fine screens and at half of it for coarse ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from host.pipeline.analysis.maps.periodic import BLOCK_PX, is_screen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grid = NDArray[np.uint8]

FINE_PX: Final = 9
"""Side of the box that averages a fine screen: at least about a period; a coarse one takes twice as much."""
_STEP: Final = 4
_DEVIATION_PX: Final = 13
_ALIKE: Final = np.ones((5, 5), np.uint8)
_DEVIATION_MIN: Final = 9
_EVENNESS: Final = 0.33
_MEAN_MOVES: Final = 1.2
_MEAN_MOVES_MOST: Final = 90
_LINES_FINE: Final = 0.8
_LINES_COARSE: Final = 0.92
# In cells of the grid: who votes for a cell, and which part of them must.
_ASKED_MOST: Final = 1200
_VOTERS: Final = (17, 17)
_VOTES: Final = 0.5
_REACH: Final = (9, 9)
_GOES_ON: Final = 0.8
_GOES_ON_LEVELS: Final = 30.0
_GAP: Final = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Screens:
    """Where a picture is screened, both `(h, w)` bool and never at one place.

    fine: the period is at most about 12 px. coarse: it is longer, at most about 20 px.
    """

    fine: NDArray[np.bool_]
    coarse: NDArray[np.bool_]

    @property
    def all(self) -> NDArray[np.bool_]:
        """Wherever there is a screen."""
        return self.fine | self.coarse

    def outside(self, mask: NDArray[np.bool_]) -> Screens:
        """Return the screens outside of a mask."""
        return Screens(self.fine & ~mask, self.coarse & ~mask)


def find_screens(grey: NDArray[np.uint8]) -> Screens:
    """Find the screens of a `(h, w)` uint8 picture at reading size; nothing where it is smaller than two blocks."""
    if min(grey.shape) < 2 * BLOCK_PX:
        return Screens(np.zeros(grey.shape, np.bool_), np.zeros(grey.shape, np.bool_))
    fine = _found(grey, _LINES_FINE)
    coarse = _found(shrunk(grey, 2), _LINES_COARSE)
    narrow = _at_size(fine, grey)
    return Screens(narrow, _at_size(coarse, grey) & ~narrow)


def shrunk(grey: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """Return a picture smaller by a whole number, what is over at its right and its bottom left out.

    Means of whole squares are many times faster than those of any other scale.
    """
    height, width = max(times, grey.shape[0] // times * times), max(times, grey.shape[1] // times * times)
    size = width // times, height // times
    return np.asarray(cv2.resize(grey[:height, :width], size, interpolation=cv2.INTER_AREA), np.uint8)


def _found(grey: NDArray[np.uint8], lines_share: float) -> Grid:
    """Return the cells of 4 px, 0 or 1, that are screened."""
    smooth = np.asarray(cv2.blur(grey, (FINE_PX, FINE_PX)), np.uint8)
    off = np.asarray(cv2.blur(cv2.absdiff(grey, smooth), (_DEVIATION_PX, _DEVIATION_PX)), np.uint8)
    mean = np.ascontiguousarray(smooth[_STEP // 2 :: _STEP, _STEP // 2 :: _STEP])
    deviation = np.ascontiguousarray(off[_STEP // 2 :: _STEP, _STEP // 2 :: _STEP])
    seeds = _voted(grey, _alike(mean, deviation), lines_share)
    return _spread(seeds, mean, deviation) if seeds.any() else seeds


def _alike(mean: Grid, deviation: Grid) -> Grid:
    """Return the cells around which marks are everywhere alike."""
    least, most = cv2.erode(deviation, _ALIKE), cv2.dilate(deviation, _ALIKE)
    moves = cv2.subtract(cv2.dilate(mean, _ALIKE), cv2.erode(mean, _ALIKE))
    may_move = np.minimum(cv2.convertScaleAbs(least, alpha=_MEAN_MOVES), np.uint8(_MEAN_MOVES_MOST))
    even = (least >= _DEVIATION_MIN) & (least >= cv2.convertScaleAbs(most, alpha=_EVENNESS)) & (moves < may_move)
    return np.asarray(even, np.uint8)


def _voted(grey: NDArray[np.uint8], cells: Grid, lines_share: float) -> Grid:
    """Return those cells around which most blocks repeat themselves; one in 32 is asked, on full pages fewer."""
    rows, columns = np.nonzero(cells)
    top, left = rows * _STEP + _STEP // 2 - BLOCK_PX // 2, columns * _STEP + _STEP // 2 - BLOCK_PX // 2
    asked = (rows % 4 == 0) & (columns % 4 == 0) & ((rows + columns) % 8 == 0) & (top >= 0) & (left >= 0)
    asked &= (top + BLOCK_PX <= grey.shape[0]) & (left + BLOCK_PX <= grey.shape[1])
    asked = np.flatnonzero(asked)[:: 1 + int(np.count_nonzero(asked)) // _ASKED_MOST]
    blocks = np.lib.stride_tricks.sliding_window_view(grey, (BLOCK_PX, BLOCK_PX))[top[asked], left[asked]]
    voters, votes = np.zeros(cells.shape, np.float32), np.zeros(cells.shape, np.float32)
    voters[rows[asked], columns[asked]] = 1
    votes[rows[asked], columns[asked]] = is_screen(blocks, lines_share)
    asked_near = cv2.boxFilter(voters, -1, _VOTERS, normalize=False, borderType=cv2.BORDER_CONSTANT)
    votes_near = cv2.boxFilter(votes, -1, _VOTERS, normalize=False, borderType=cv2.BORDER_CONSTANT)
    chosen = (asked_near >= 0.5) & (votes_near >= _VOTES * asked_near)
    return np.asarray(chosen & (cells > 0), np.uint8)


def _spread(seeds: Grid, mean: Grid, deviation: Grid) -> Grid:
    """Return seeds with the cells near them that go on alike."""
    weight = seeds.astype(np.float32)
    near = np.maximum(cv2.boxFilter(weight, -1, _REACH, borderType=cv2.BORDER_CONSTANT), np.float32(1e-6))
    their_mean = cv2.boxFilter(mean * weight, -1, _REACH, borderType=cv2.BORDER_CONSTANT) / near
    their_deviation = cv2.boxFilter(deviation * weight, -1, _REACH, borderType=cv2.BORDER_CONSTANT) / near
    goes_on = (near > 1e-4) & (deviation >= _GOES_ON * their_deviation)
    goes_on &= np.abs(mean - their_mean) <= _GOES_ON_LEVELS
    return np.asarray(cv2.morphologyEx(goes_on.view(np.uint8) | seeds, cv2.MORPH_CLOSE, _GAP), np.uint8)


def _at_size(cells: Grid, grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    smooth = cv2.resize(cells * np.uint8(255), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(smooth > 127, np.bool_)
