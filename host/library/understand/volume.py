"""A volume whose pages are being read and told: its open books, where their records go, and what is noted of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from host.analyses.files import unique_stems
from host.books.names import on_disk
from host.library.ledger import Ledger
from host.library.understand.entries import PAGES, BookAnalysis, PageEntry, page_entry
from host.library.writing import places

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from host.books.book import Book
    from host.library.shelf import Source
    from host.vocabulary import Direction


@dataclass(slots=True, eq=False)
class Volume:
    """A volume under way, by number of its books. folders: where the records of each are, at `places` of the output.

    stems: the names of a book's records. reading, telling: how many of its pages are. untold: how many were in vain.
    """

    source: Source
    books: list[Book]
    places: list[str]
    folders: list[Path]
    stems: list[tuple[str, ...]]
    ledgers: list[Ledger[PageEntry]]
    reading: int = 0
    telling: int = 0
    is_sent: bool = False
    is_whole: bool = True
    is_settled: bool = False
    seconds: float = 0.0
    untold: Counter[int] = field(default_factory=Counter)

    def path(self, number: int, entry: PageEntry, suffix: str) -> Path:
        """Return where a record of a page is."""
        return self.folders[number] / f"{entry.stem}{suffix}"

    def outvoted(self, number: int) -> Iterator[tuple[int, Direction]]:
        """Return the pages of a book, by their place, that are read another way than most, and that way."""
        entries = {one.name: one for one in self.ledgers[number].records if one.direction and not one.fault}
        votes = Counter(one.direction for one in entries.values() if one.direction in ("rtl", "ltr"))
        if len(votes) < 2:
            return
        chosen = cast("Direction", max(sorted(votes), key=lambda way: votes[way]))
        for place, page in enumerate(self.books[number].pages):
            entry = entries.get(page.name)
            if entry is not None and entry.direction in votes and entry.direction != chosen:
                yield place, chosen

    def analyses(self) -> tuple[BookAnalysis, ...]:
        """Return what is noted of its books."""
        return tuple(self._analysis(number) for number in range(len(self.books)))

    def close(self) -> None:
        """Close its books."""
        for book in self.books:
            book.close()

    def _analysis(self, number: int) -> BookAnalysis:
        book, info = self.books[number], self.books[number].info
        entries = {one.name: one for one in self.ledgers[number].records}
        return BookAnalysis(
            place=self.places[number],
            within=number,
            pages=len(book.pages),
            failed=sum(bool(one.fault) for one in entries.values()),
            told=sum(bool(one.story) for one in entries.values()),
            untold=self.untold[number],
            series=info.series if info is not None else "",
            issue=info.number if info is not None else "",
            title=info.title if info is not None else "",
            direction=book.direction,
            kinds={str(place): facts.kind for place, facts in info.pages.items() if facts.kind} if info else {},
        )


def volume_of(source: Source, books: list[Book], output: Path, taken: Sequence[str]) -> Volume:
    """Return a volume of open books, and make the folders of its records. taken: the places of all of the shelf."""
    where = places(source.place, books, taken, "folder")
    folders = [output / place for place in where]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    ledgers = [Ledger(folder / PAGES, lambda entry: entry.name, page_entry) for folder in folders]
    stems = [unique_stems([on_disk(page.name) for page in book.pages]) for book in books]
    return Volume(source, books, where, folders, stems, ledgers)
