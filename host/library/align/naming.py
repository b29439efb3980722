"""Series, volume, issue: what ComicInfo.xml says of a book, else what its place says."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from host.library.understand.entries import BookAnalysis

_VOLUME: Final = re.compile(r"(?:\bv(?:ol(?:ume)?)?[ ._]*|第)(\d{1,4})(?:巻)?(?!\d)", re.IGNORECASE)
_ISSUE: Final = re.compile(r"(?:#[ ]*|\b(?:issue|no|ch(?:apter)?|c)[ ._]*)(\d{1,5}(?:\.\d+)?)(?!\d)", re.IGNORECASE)
_LAST: Final = re.compile(r"(\d{1,5}(?:\.\d+)?)(?=\D*$)")


class BookName(NamedTuple):
    """What a book is called; empty where nobody says."""

    series: str
    volume: str
    issue: str


def book_name(book: BookAnalysis) -> BookName:
    """Return the names of a book."""
    found = name_of(book.place)
    return BookName(book.series or found.series, found.volume, book.issue or found.issue)


def name_of(place: str) -> BookName:
    """Return what a book's place says: `Series A/Series A v02 #7` is volume 2, issue 7 of Series A."""
    path = PurePosixPath(place)
    volume, issue = _VOLUME.search(path.name), _ISSUE.search(path.name)
    last = None if volume or issue else _LAST.search(path.name)
    folder = path.parent.name
    starts = [found.start() for found in (volume, issue, last) if found is not None]
    before = path.name[: min(starts)].strip(" -_.#(") if starts else path.name
    return BookName(
        folder or before or path.name,
        _number(volume.group(1)) if volume else "",
        _number((issue or last).group(1)) if issue or last else "",  # type: ignore[union-attr]
    )


def _number(digits: str) -> str:
    whole, dot, rest = digits.partition(".")
    return f"{int(whole)}{dot}{rest}"
