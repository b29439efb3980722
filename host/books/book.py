"""What a reader hands to `irodori colorize`, as pages in reading order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE_BYTES_MAX: Final = 64 * 2**20
PAGES_MAX: Final = 5000
PICTURE_SUFFIXES: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".avif", ".gif"}
    | {".tif", ".tiff", ".bmp", ".jp2", ".j2k", ".jxl"}
)
_DIGITS: Final = re.compile(r"(\d+)")


class UnreadablePage(Exception):
    """A page's bytes cannot be had; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class BookPage:
    """One page. `name` is its relative POSIX path in the book, free of `..`; `read` raises `UnreadablePage`."""

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something in a book that is no page, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """Pages that belong together.

    Attributes:
        name: of the folder, of the archive, or of the single picture; without a suffix.
        sources: every file that the pages come from, resolved; none of them is ever written to.
        folder: the folder that was walked, if it was one.
        close: gives back what reading holds open.
    """

    name: str
    pages: tuple[BookPage, ...]
    left_out: tuple[LeftOut, ...]
    sources: frozenset[Path]
    folder: Path | None = None
    close: Callable[[], None] = lambda: None


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
