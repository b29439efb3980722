"""Which way a chapter is read, where nobody said: votes of its pages, counted up.

A page votes by its lettering and its shape. Columns of vertical writing speak for right to left. Lines of horizontal
writing speak for left to right where they stand in balloons wider than tall; in tall balloons, drawn for columns, they
are a translation of a manga and speak for right to left. A strip, taller than two and a half widths, speaks for
top to bottom. Without any vote a page is a manga's.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from engines.components import find_components
from engines.geometry import box_around
from host.pipeline.analysis.classical.lettering import typical_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from engines.geometry import Box, Size
    from host.pipeline.records.page_meta import ReadingDirection

STRIP_RATIO: Final = 2.5
_STRIP_VOTE: Final = 6.0
# Nothing but Japanese and Chinese stands in columns; captions and signs of theirs lie in lines as well.
_COLUMNS_VOTE: Final = 1.5
_WIDE: Final = 1.15
_TALL: Final = 0.9
# Ink that a row may have and still be a gap between lines, as a share of the fullest row.
_GAP_INK: Final = 0.12
_CLEAR: Final = 0.06
_ONE_LINE: Final = 1.9


class DirectionVote(NamedTuple):
    """How much speaks for each direction; what pages say is added up."""

    rtl: float = 0.0
    ltr: float = 0.0
    ttb: float = 0.0


class ChapterDirection:
    """The votes of a chapter's pages so far; safe to be asked by several threads. One per job."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._votes: dict[str, DirectionVote] = {}

    def decide(self, page: str, votes: Iterable[DirectionVote]) -> ReadingDirection:
        """Count a page's votes, once however often the page is read, and return the chapter's direction."""
        with self._lock:
            self._votes[page] = added(votes)
            return winner(self._votes.values())


def added(votes: Iterable[DirectionVote]) -> DirectionVote:
    """Return the sum of votes."""
    return DirectionVote(*(sum(column) for column in zip(DirectionVote(), *votes, strict=True)))


def winner(votes: Iterable[DirectionVote]) -> ReadingDirection:
    """Return the direction that most speaks for; right to left where nothing speaks for another."""
    rtl, ltr, ttb = added(votes)
    if ttb > max(rtl, ltr):
        return "ttb"
    return "ltr" if ltr > rtl else "rtl"


def shape_vote(size: Size) -> DirectionVote:
    """Return the vote of a page's shape."""
    return DirectionVote(ttb=_STRIP_VOTE if size.height > STRIP_RATIO * size.width else 0.0)


def lettering_vote(lettering: NDArray[np.bool_], blocks: Sequence[tuple[Box, Box | None]]) -> DirectionVote:
    """Return the vote of a page's lettering.

    lettering: `(H, W)` bool. blocks: each block of lettering, in the mask's pixels, with the body of its balloon.
    """
    rtl = ltr = 0.0
    for block, body in blocks:
        lines = _lines(np.ascontiguousarray(lettering[block.top : block.bottom, block.left : block.right]))
        shape = body.width / max(1, body.height) if body else 1.0
        if lines == "columns":
            rtl += _COLUMNS_VOTE
        elif lines == "rows" and shape >= _WIDE:
            ltr += 1.0
        elif lines == "rows" and shape <= _TALL:
            rtl += 0.5
        elif lines == "rows":
            ltr += 0.25
    return DirectionVote(rtl, ltr)


def _lines(ink: NDArray[np.bool_]) -> Literal["rows", "columns", ""]:
    """Tell rows from columns of writing by where the gaps between lines run; empty where neither is clear."""
    box = box_around(ink)
    if not box.area:
        return ""
    ink = ink[box.top : box.bottom, box.left : box.right]
    one_row, one_column = (side < _ONE_LINE * _letter_size(ink) for side in ink.shape)
    if one_row != one_column:
        return "rows" if one_row else "columns"
    clear = _gaps(ink, 1) - _gaps(ink, 0)
    if one_row or abs(clear) < _CLEAR:
        return ""
    return "rows" if clear > 0 else "columns"


def _letter_size(ink: NDArray[np.bool_]) -> float:
    stats = find_components(ink, 8).stats
    return typical_size(stats[1:, 2:4].max(axis=1).astype(np.float64))


def _gaps(ink: NDArray[np.bool_], axis: int) -> float:
    """Return the share of rows (axis 1) or columns (axis 0) that are gaps."""
    profile = ink.sum(axis=axis)
    return float(np.mean(profile <= _GAP_INK * profile.max()))
