"""Pages that are more than one: long strips and bands, cut at gutters, and double pages, cut at the fold.

A strip is cut where a whole run of rows is even, never through a panel; where nothing is even for too long, at the row
with the least on it. A double page is two where paper or a seam runs down its middle; a picture over the fold is one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import BAND_RATIO, Box
from host.pipeline.analysis.layout.direction import STRIP_RATIO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from host.pipeline.records.page_meta import ReadingDirection

_SAMPLE_WIDTH: Final = 256
_SAMPLE_HEIGHT: Final = 512
# Heights of a strip's part, in widths.
_PART_MIN: Final = 0.7
_PART_BEST: Final = 1.4
_PART_MAX: Final = 2.1
_REACHES: Final = (_PART_MAX, 3.5, 6.0)
_REST_MIN: Final = 0.3
_SIDE_MIN_PX: Final = 48
_EVEN_LEVELS: Final = 20
# Gutters are the longest even runs; shorter ones than this share of the longest are skies and walls.
_LONG_RUN: Final = 0.5
# Frames slant and boxes are loose: this share of a panel, at both ends, may be cut.
_FRAME: Final = 0.03
_IN_PANEL: Final = 300.0
# Widths of a double page, in heights. What is wider is a band: its sample would grow with its width, not its pixels.
_DOUBLE_RATIO: Final = 1.15
_DOUBLE_RATIO_MAX: Final = 4.0
# Each part costs the networks a look, however small it is.
_BAND_PARTS: Final = 100
_FOLD_REACH: Final = 0.04
_FOLD_ROWS: Final = 0.985
_PAPER_LEVELS: Final = 12
_SEAM_LEVELS: Final = 40
_PAPER_ROWS_MIN: Final = 0.2


def find_parts(grey: NDArray[np.uint8], panels: Sequence[Box] = ()) -> list[Box]:
    """Return the boxes that a `(H, W)` uint8 page is read in, from the top or from the left; together the page.

    panels: what a detector took for panels; no cut goes through one.
    """
    height, width = grey.shape
    if height > STRIP_RATIO * width and width >= _SIDE_MIN_PX:
        edges = [0, *_strip_cuts(grey, panels), height]
        return [Box(0, top, width, bottom) for top, bottom in pairwise(edges)]
    if width > BAND_RATIO * height:  # what is looked for has sizes in shares of the page's width
        least = max(_SIDE_MIN_PX, width // _BAND_PARTS)
        edges = [0, *_strip_cuts(grey.T, [_turned(box) for box in panels], least), width]
        return [Box(left, 0, right, height) for left, right in pairwise(edges)]
    is_double = _DOUBLE_RATIO * height <= width <= _DOUBLE_RATIO_MAX * height and height >= _SIDE_MIN_PX
    fold = _fold(grey, panels) if is_double else None
    if fold is not None:
        return [Box(0, 0, fold, height), Box(fold, 0, width, height)]
    return [Box(0, 0, width, height)]


def in_reading_order(parts: list[Box], direction: ReadingDirection) -> list[int]:
    """Return the indices of parts as they are read: strips from the top, double pages by the direction."""
    side_by_side = len(parts) > 1 and parts[0].top == parts[1].top
    places = list(range(len(parts)))
    return places[::-1] if side_by_side and direction == "rtl" else places


def _strip_cuts(grey: NDArray[np.uint8], panels: Sequence[Box], least: int = 1) -> list[int]:
    """Return the rows where a strip is cut, in the middle of gutters where there are any within reach.

    least: a narrower strip is cut as if it were so wide.
    """
    height, width = grey.shape
    busy = _busy_rows(grey)
    width = max(least, width)
    rest = int(_REST_MIN * width)
    for box in panels:
        inset = round(_FRAME * box.height)
        busy[box.top + inset : box.bottom - inset] += _IN_PANEL
    cuts: list[int] = []
    top = 0
    while height - top > _PART_MAX * width:
        first, best = top + int(_PART_MIN * width), round((_PART_BEST - _PART_MIN) * width)
        ends = [min(height - rest, top + int(most * width)) for most in _REACHES]
        cut = next((cut for end in ends if (cut := _gutter(busy[first:end], best)) is not None), None)
        if cut is None:
            limit = _IN_PANEL if height - top <= _REACHES[-1] * width else np.inf
            cut = _calmest(busy[first : ends[-1]], limit) if height - top > _REACHES[1] * width else None
        if cut is None:
            break
        top = first + cut
        cuts.append(top)
    return cuts


def _turned(box: Box) -> Box:
    return Box(box.top, box.left, box.bottom, box.right)


def _busy_rows(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how far each row is from even, in grey levels; 0 for even rows of any tone."""
    height, width = grey.shape
    narrow = grey
    if width > _SAMPLE_WIDTH:
        narrow = np.asarray(cv2.resize(grey, (_SAMPLE_WIDTH, height), interpolation=cv2.INTER_AREA), np.uint8)
    spread = np.ptp(narrow, axis=1).astype(np.int16)
    return np.where(spread <= _EVEN_LEVELS, 0.0, spread).astype(np.float32)


def _gutter(busy: NDArray[np.float32], best: int) -> int | None:
    """Return the middle of the gutter nearest to `best`, None where no rows are even."""
    even = np.concatenate([[False], busy == 0, [False]])
    runs = np.flatnonzero(np.diff(even.astype(np.int8))).reshape(-1, 2)
    if not len(runs):
        return None
    lengths = runs[:, 1] - runs[:, 0]
    middles = runs[lengths >= _LONG_RUN * lengths.max()].mean(axis=1)
    return int(middles[np.argmin(np.abs(middles - best))])


def _calmest(busy: NDArray[np.float32], limit: float) -> int | None:
    """Return the row with the least on it, None where every row has `limit` or more."""
    smooth = cv2.blur(busy.reshape(-1, 1), (1, 9)).ravel()
    return int(np.argmin(smooth)) if smooth.min() < limit else None


def _fold(grey: NDArray[np.uint8], panels: Sequence[Box]) -> int | None:
    """Return the column where a double page falls apart, or None where it is one picture."""
    width = grey.shape[1]
    reach = _FOLD_REACH * width
    if any(box.left < width / 2 - reach and box.right > width / 2 + reach for box in panels):
        return None
    left = [box.right for box in panels if box.left + box.right < width]
    right = [box.left for box in panels if box.left + box.right >= width]
    if left and right:
        return int(max(left) + min(right)) // 2
    return _seam(grey)


def _seam(grey: NDArray[np.uint8]) -> int | None:
    """Return the column of paper, or of a seam where two pictures meet, in the middle of a double page, or None.

    In nearly every row the column is paper, or a seam where two pictures meet; some paper there must be, above and
    below the panels, else a straight edge inside of a picture would do.
    """
    height, width = grey.shape
    small = cv2.resize(grey, (round(width * _SAMPLE_HEIGHT / height), _SAMPLE_HEIGHT), interpolation=cv2.INTER_AREA)
    levels = small.astype(np.int16)
    middle, reach = small.shape[1] // 2, max(3, round(_FOLD_REACH * small.shape[1]))
    band = levels[:, middle - reach : middle + reach]
    paper = _paper_columns(levels, band)
    seam = np.abs(
        levels[:, middle - reach + 2 : middle + reach + 2] - levels[:, middle - reach - 2 : middle + reach - 2]
    )
    told = (paper | (seam >= _SEAM_LEVELS)).mean(axis=0)
    told[paper.mean(axis=0) < _PAPER_ROWS_MIN] = 0
    good = np.flatnonzero(told >= min(1.0, max(_FOLD_ROWS, float(told.max()) - 0.01)))
    if not good.size:
        return None
    place = middle - reach + int(good[np.argmin(np.abs(good - reach))])
    return int((place + 0.5) * width / small.shape[1])


def _paper_columns(levels: NDArray[np.int16], band: NDArray[np.int16]) -> NDArray[np.bool_]:
    ring = np.concatenate([levels[:2].ravel(), levels[-2:].ravel(), levels[:, :2].ravel(), levels[:, -2:].ravel()])
    paper = int(np.argmax(np.bincount(ring.astype(np.intp), minlength=256)))
    return np.asarray(np.abs(band - paper) <= _PAPER_LEVELS, np.bool_)
