"""What a reader hands to `irodori colorize`, as pages in reading order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from host.books.comic_info import NAME, ComicInfo, read_comic_info
from host.picture_types import UNKNOWN, mime_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from host.books.locked import LockedEntry
    from host.vocabulary import Direction

PAGE_BYTES_MAX: Final = 64 * 2**20
AS_IT_WAS_BYTES_MAX: Final = 512 * 2**20
VOLUME_BYTES_MAX: Final = 4 * 2**30
"""The most that a volume within another one may have."""
PAGES_MAX: Final = 5000
PICTURE_SUFFIXES: Final = frozenset(
    {".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".avif", ".gif", ".heic", ".heif"}
    | {".tif", ".tiff", ".bmp", ".dib", ".jp2", ".j2k", ".jpf", ".jpx", ".jxl"}
)
# Copies that programs keep, and downloads under way.
_NO_PAGES: Final = frozenset({".bak", ".old", ".orig", ".tmp", ".part", ".crdownload", ".download"})
_DIGITS: Final = re.compile(r"(\d+)")


class UnreadablePage(Exception):
    """A page's bytes cannot be had; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class BookPage:
    """One page, or a file that travels along with the pages.

    Attributes:
        name: its relative POSIX path in the book, free of `..`; no two of a book are one.
        read: gives its bytes, at most `PAGE_BYTES_MAX`; raises `UnreadablePage`.
        as_it_was: gives what can be had of its bytes, damaged or not; raises `UnreadablePage`. None: `read`.
        source: its own file, where it is one.
        locked: gives an entry that only a password opens, to be copied as it lies; raises `UnreadablePage`.
    """

    name: str
    read: Callable[[], bytes]
    as_it_was: Callable[[], bytes] | None = None
    source: Path | None = None
    locked: Callable[[], LockedEntry] | None = None

    def original(self) -> bytes:
        """Return the page as it was.

        Raises:
            UnreadablePage: nothing of it can be had.
        """
        return self.as_it_was() if self.as_it_was is not None else self.read()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something in a book that is no page, and why. `lost`: there may be pages in it."""

    name: str
    reason: str
    lost: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """A volume within a volume.

    Attributes:
        file: it as a file that travels along, where it holds no pages.
        place: writes it to a file, at most `VOLUME_BYTES_MAX`; raises `UnreadablePage`.
    """

    file: BookPage
    place: Callable[[Path], None]


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """Pages that belong together.

    Attributes:
        name: of the folder, of the archive, or of the single picture; without a suffix.
        sources: every file that the pages come from, resolved; none of them is ever written to.
        folder: the folder that was walked, if it was one.
        close: gives back what reading holds open.
        extras: what is no picture and travels along into an archive.
        direction: which way it is read, where it says so.
        archives: volumes that were found in the folder.
        within: whether it was found in a folder or in another volume.
        info: what its ComicInfo.xml says, where it has one.
        nested: volumes that lie in it.
    """

    name: str
    pages: tuple[BookPage, ...]
    left_out: tuple[LeftOut, ...]
    sources: frozenset[Path]
    folder: Path | None = None
    close: Callable[[], None] = lambda: None
    extras: tuple[BookPage, ...] = ()
    direction: Direction = "auto"
    archives: tuple[Path, ...] = field(default=())
    within: bool = False
    info: ComicInfo | None = None
    nested: tuple[Nested, ...] = ()

    @property
    def series(self) -> str:
        """What its ComicInfo.xml calls its series; empty where nobody says."""
        return self.info.series if self.info is not None else ""


def natural_key(name: str) -> list[list[tuple[int, int, str]]]:
    """Return a key that sorts `2.png` before `10.png`, folder by folder, whatever the case."""
    return [
        [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _DIGITS.split(folder.casefold()) if part]
        for folder in name.split("/")
    ]


def is_picture_name(name: str) -> bool:
    """Say whether the name has a suffix of a page."""
    dot = name.rfind(".")
    return dot >= 0 and name[dot:].casefold() in PICTURE_SUFFIXES


def why_no_page(extra: BookPage) -> str:
    """Return why a file that travels along is no page."""
    return "a picture that is on no page" if is_picture_name(extra.name) else "not a picture"


def is_picture(name: str, head: Callable[[], bytes]) -> bool:
    """Say whether a file is a page: by its name or, where that says nothing, by what it begins with.

    head: gives the first `HEAD_BYTES`; asked only where the name does not tell.
    """
    if is_picture_name(name):
        return True
    dot = name.rfind(".")
    return name[dot:].casefold() not in _NO_PAGES and not name.endswith("~") and mime_of(head()) != UNKNOWN


def told_info(extras: Iterable[BookPage]) -> ComicInfo | None:
    """Return what the ComicInfo.xml among these files says; None where there is none that can be read."""
    for extra in extras:
        if extra.name.rpartition("/")[2].casefold() == NAME:
            try:
                return read_comic_info(extra.read())
            except UnreadablePage:
                continue
    return None
