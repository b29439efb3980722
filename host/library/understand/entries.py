"""What is known of a page, of a book and of a volume that was analysed: lines of the ledgers in the output."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGES: Final = "pages.jsonl"
META_SUFFIX: Final = ".meta.json"
STORY_SUFFIX: Final = ".story.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEntry:
    """A page of a book, in the file `pages.jsonl` of its folder.

    id: the book's place and the page's name, the key of a page everywhere. stem: of its records, below the folder.
    number: its place in the book, from 0. sha256, md5: of its bytes. order: how pass 1 was asked for. story: whom a
    story was asked of, empty where there is none. fault, story_fault: why there is no record, or no story.
    """

    id: str
    name: str
    stem: str
    number: int
    sha256: str = ""
    md5: str = ""
    order: str = ""
    direction: str = ""
    story: str = ""
    fault: str = ""
    story_fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAnalysis:
    """A book of a volume. place: its folder below the output. within: its place among the volume's books.

    series, issue, title, direction, kinds: what its ComicInfo.xml says; kinds by page number.
    """

    place: str
    within: int
    pages: int
    failed: int = 0
    told: int = 0
    untold: int = 0
    series: str = ""
    issue: str = ""
    title: str = ""
    direction: str = "auto"
    kinds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeAnalysis:
    """A volume that was gone through. path: its file or folder. order, teller: how it was asked for, and of whom.

    teller is empty unless every page has a story. seconds: that reading took, all workers together.
    """

    place: str
    path: str
    stamp: str
    order: str
    teller: str = ""
    is_folder: bool = False
    series: str = ""
    books: tuple[BookAnalysis, ...] = ()
    fault: str = ""
    seconds: float = 0.0

    @property
    def has_failures(self) -> bool:
        """Whether a page could not be read, or was not told where that was asked for."""
        return bool(self.fault) or any(one.failed or one.untold for one in self.books)


def page_entry(told: dict[str, Any]) -> PageEntry:
    """Return a line of `pages.jsonl` as an entry."""
    return PageEntry(**told)


def volume_analysis(told: dict[str, Any]) -> VolumeAnalysis:
    """Return a line of the volumes' ledger."""
    books = tuple(BookAnalysis(**one) for one in told.pop("books", ()))
    return VolumeAnalysis(**told, books=books)
