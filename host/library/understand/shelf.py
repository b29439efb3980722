"""A shelf that was analysed, as whoever works with it wants it: page by page, records and pictures, one volume open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from host.books.book import UnreadablePage
from host.errors import BadRequest, IrodoriError
from host.library.ledger import FOLDER, Ledger, read_lines
from host.library.opening import open_source
from host.library.shelf import Source
from host.library.understand.entries import (
    META_SUFFIX,
    PAGES,
    STORY_SUFFIX,
    BookAnalysis,
    PageEntry,
    VolumeAnalysis,
    page_entry,
    volume_analysis,
)
from host.library.understand.story import PageStory
from host.pipeline.records.validation import page_meta_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from host.pipeline.records.page_meta import PageMeta

VOLUMES: Final = "analysis.jsonl"


@dataclass(frozen=True, slots=True)
class AnalysedPage:
    """A page and where its records lie."""

    volume: VolumeAnalysis
    book: BookAnalysis
    entry: PageEntry
    folder: Path

    @property
    def id(self) -> str:
        """The key of the page: its book's place and its name."""
        return self.entry.id

    @property
    def picture_path(self) -> str:
        """Where its picture is: a file, or a file's path and the page's name within it."""
        return str(Path(self.volume.path) / self.entry.name)

    def meta(self) -> PageMeta | None:
        """Return its record; None where it could not be read, or the record is damaged."""
        try:
            return page_meta_of((self.folder / f"{self.entry.stem}{META_SUFFIX}").read_bytes())
        except (OSError, IrodoriError):
            return None

    def story(self) -> PageStory | None:
        """Return what a model said of it; None where none did."""
        try:
            return PageStory.model_validate_json((self.folder / f"{self.entry.stem}{STORY_SUFFIX}").read_bytes())
        except (OSError, ValidationError):
            return None


class AnalysedShelf:
    """What `irodori library analyse` wrote to a folder."""

    def __init__(self, root: Path) -> None:
        """Open it.

        Raises:
            BadRequest: nothing was analysed there.
        """
        self.root = root
        if not (root / FOLDER / VOLUMES).is_file():
            raise BadRequest(f"There is no analysis in {root}.", "Run `irodori library analyse SHELF -o DIR` first.")
        self._ledger = volumes_ledger(root)

    @property
    def volumes(self) -> list[VolumeAnalysis]:
        """All volumes that were gone through, in the order in which they first ended."""
        return [volume for volume in self._ledger.records if not volume.fault]

    def pages(self) -> Iterator[AnalysedPage]:
        """Yield every page, volume by volume, in its book's order."""
        for volume in sorted(self.volumes, key=lambda one: one.place):
            for book in volume.books:
                yield from self.pages_of(volume, book)

    def pages_of(self, volume: VolumeAnalysis, book: BookAnalysis) -> Iterator[AnalysedPage]:
        """Yield the pages of a book."""
        folder = self.root / book.place
        entries = {entry.name: entry for entry in read_lines(folder / PAGES, page_entry)}
        for entry in sorted(entries.values(), key=lambda one: one.number):
            yield AnalysedPage(volume, book, entry, folder)

    def with_pictures(self) -> Iterator[tuple[AnalysedPage, Callable[[], bytes]]]:
        """Yield every page with what gives its bytes (raises `UnreadablePage`); each volume is opened once."""
        for volume in sorted(self.volumes, key=lambda one: one.place):
            yield from self.pictures_of(volume)

    def pictures_of(self, volume: VolumeAnalysis) -> Iterator[tuple[AnalysedPage, Callable[[], bytes]]]:
        """Yield the pages of a volume so."""
        books, why = [], ""
        try:
            books = open_source(source_of(volume, self.root))
        except (IrodoriError, OSError) as exc:
            why = exc.words if isinstance(exc, IrodoriError) else str(exc)
        try:
            for book in volume.books:
                there = books[book.within].pages if book.within < len(books) else ()
                by_name = {page.name: page.read for page in there}
                for page in self.pages_of(volume, book):
                    yield page, by_name.get(page.entry.name) or _gone(why)
        finally:
            for one in books:
                one.close()


def volumes_ledger(root: Path) -> Ledger[VolumeAnalysis]:
    """Return the ledger of volumes in an output."""
    return Ledger(root / FOLDER / VOLUMES, lambda record: record.place, volume_analysis)


def source_of(volume: VolumeAnalysis, output: Path) -> Source:
    """Return a volume as the shelf has it."""
    return Source(Path(volume.path), volume.place, volume.series, 0, volume.stamp, output, volume.is_folder)


def _gone(why: str) -> Callable[[], bytes]:
    def read() -> bytes:
        raise UnreadablePage(why or "it is gone from its volume")

    return read
