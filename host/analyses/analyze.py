"""`irodori analyze`: what analysis reads on the pages of a book, page by page, without colouring anything.

Which way an `auto` chapter is read is settled by all of its pages: a page that was read otherwise, before enough pages
had voted, is read once more at the end.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from host.analyses.read import read_page
from host.books.book import UnreadablePage
from host.errors import ImageInvalid, InternalError, IrodoriError
from host.pipeline.analysis.layout.direction import ChapterDirection
from host.pipeline.decode import decode_page
from host.pipeline.faults import faults_mapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host.books.book import Book, BookPage
    from host.pipeline.analysis.reader import PageReader
    from host.pipeline.decode import DecodedPage
    from host.pipeline.records.layers import Layers
    from host.pipeline.records.page_meta import PageMeta
    from host.vocabulary import Direction

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """A page that was read. `place`: where it stands in its book, from 0. `meta` has the signals without references."""

    place: int
    page: DecodedPage
    layers: Layers
    meta: PageMeta


@dataclass(frozen=True, slots=True)
class Unread:
    """A page that could not be read, and why."""

    place: int
    error: IrodoriError


def analyze_book(book: Book, reader: PageReader, direction: Direction) -> Iterator[Analysis | Unread]:
    """Yield what each page of a book is read as, one at a time; none raises.

    Under `auto` a page comes a second time where the chapter turned out to be read the other way: the later counts.
    """
    chapter = ChapterDirection()
    read_as: dict[int, str] = {}
    for place, page in enumerate(book.pages):
        found = _analyze(place, page, reader, direction, chapter)
        if isinstance(found, Analysis):
            read_as[place] = found.meta.direction
        yield found
    settled = next(reversed(read_as.values()), "")
    for place in [place for place, was in read_as.items() if direction == "auto" and was != settled]:
        yield _analyze(place, book.pages[place], reader, direction, chapter)


def _analyze(
    place: int, page: BookPage, reader: PageReader, direction: Direction, chapter: ChapterDirection
) -> Analysis | Unread:
    try:
        with faults_mapped():
            decoded = decode_page(page.read())
            meta, layers = read_page(decoded, reader, direction, chapter)
    except UnreadablePage as exc:
        return Unread(place, ImageInvalid(f"It cannot be read: {exc}."))
    except IrodoriError as exc:
        return Unread(place, exc)
    # One page that trips a fault of ours must not cost the others; the log keeps where it was.
    except Exception as exc:  # noqa: BLE001
        _LOG.exception("%s could not be analyzed", page.name)
        return Unread(place, InternalError(f"Reading it failed ({type(exc).__name__}).", "The log has the details."))
    return Analysis(place, decoded, layers, meta)
