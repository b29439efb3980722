"""Whose colours each volume takes.

What the reader named for it, else what was named for all, else its own cover where that is in colour, else the first
coloured cover of its series. Nothing of this depends on the order in which volumes are coloured.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Final

from host.books.book import UnreadablePage
from host.books.references import read_references
from host.errors import BadRequest, IrodoriError
from host.library.opening import open_source
from host.library.orders import reference_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from host.books.book import Book
    from host.library.shelf import Source
    from host.pipeline.series import ReferencePicture

_FILE_BYTES_MAX: Final = 1 << 20
_FIRST_PAGES: Final = 3
_VOLUMES_ASKED_MAX: Final = 5
# Volumes come series by series: so few covers wait for their next one, each of some megabytes.
_SERIES_KEPT: Final = 4
_SAY_HOW: Final = 'A JSON object: {"Series/*": ["cover.jpg"]}, with paths from its own folder.'


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The references of a volume, and in words where they come from."""

    pictures: tuple[ReferencePicture, ...] = ()
    words: str = ""


class References:
    """The choice of one run."""

    def __init__(
        self,
        named: Chosen,
        mapping: Mapping[str, Chosen],
        sources: Sequence[Source],
        has_colour: Callable[[bytes], bool],
    ) -> None:
        """Take what the reader named. has_colour: says whether a page is in colour, so that others may take it."""
        self._named = named
        self._mapping = mapping
        self._has_colour = has_colour
        self._series: dict[str, list[Source]] = {}
        for source in sources:
            self._series.setdefault(source.series, []).append(source)
        self._covers: dict[str, Chosen] = {}

    def told(self, source: Source, series: str = "") -> Chosen | None:
        """Return what the reader named for a volume, or for all; None where its cover decides."""
        for pattern, chosen in self._mapping.items():
            if any(name and fnmatchcase(name, pattern) for name in (source.place, source.series, series)):
                return chosen
        return self._named if self._named.pictures else None

    def of(self, source: Source, book: Book) -> Chosen:
        """Return the references of a book of a volume."""
        told = self.told(source, book.series)
        if told is not None:
            return told
        own = self._cover(book)
        if own is not None:
            return Chosen(own.pictures, f"its {own.words}")
        return self._of_series(source) or Chosen(words="no reference: no cover in colour")

    def _of_series(self, source: Source) -> Chosen | None:
        if source.series not in self._covers:
            while len(self._covers) >= _SERIES_KEPT:
                self._covers.pop(next(iter(self._covers)))
            self._covers[source.series] = self._first_of_series(source.series)
        return self._covers[source.series] if self._covers[source.series].pictures else None

    def _first_of_series(self, series: str) -> Chosen:
        for source in self._series.get(series, [])[:_VOLUMES_ASKED_MAX]:
            try:
                books = open_source(source)
            except IrodoriError:
                continue
            try:
                found = next(filter(None, map(self._cover, books)), None)
            finally:
                for book in books:
                    book.close()
            if found is not None:
                return Chosen(found.pictures, f"{found.words} of {source.path.name}")
        return Chosen()

    def _cover(self, book: Book) -> Chosen | None:
        """Return the first page in colour among those that may be a cover."""
        kinds = book.info.pages if book.info is not None else {}
        covers = [place for place, facts in sorted(kinds.items()) if facts.kind == "FrontCover"]
        for place in covers or range(_FIRST_PAGES):
            if place < len(book.pages):
                try:
                    encoded = book.pages[place].read()
                    if self._has_colour(encoded):
                        return Chosen((reference_picture(encoded),), f"page {book.pages[place].name}")
                except (UnreadablePage, IrodoriError):
                    continue
        return None


def read_named(paths: Sequence[Path]) -> tuple[Chosen, list[str]]:
    """Return these pictures as references, and words about those that have no colour.

    Raises:
        BadRequest: one is no picture, or none has colour.
    """
    kept, said = read_references(paths)
    return Chosen(tuple(reference_picture(data) for _, data in kept), ", ".join(name for name, _ in kept)), said


def read_mapping(path: Path | None) -> dict[str, Chosen]:
    """Return the references of a mapping file by their patterns, in its order.

    Raises:
        BadRequest: it is no such file, or one of its pictures cannot be used.
    """
    if path is None:
        return {}
    try:
        with path.open("rb") as file:
            told = json.loads(file.read(_FILE_BYTES_MAX + 1))
    except (OSError, ValueError, RecursionError) as exc:
        raise BadRequest(f"{path} cannot be read: {exc}.", _SAY_HOW) from exc
    if not isinstance(told, dict):
        raise BadRequest(f"{path} is no mapping.", _SAY_HOW)
    return {pattern: _mapped(path, pattern, names) for pattern, names in told.items()}


def _mapped(path: Path, pattern: str, names: object) -> Chosen:
    listed = [names] if isinstance(names, str) else names
    if not isinstance(listed, list) or not listed or not all(isinstance(name, str) for name in listed):
        raise BadRequest(f"{path}: {pattern!r} names no pictures.", _SAY_HOW)
    return read_named([path.parent / Path(name) for name in listed])[0]
