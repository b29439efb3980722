"""`irodori export`: pages with the colour that is in the cache, as one file. Nothing is coloured here."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, get_args

from host.application import Application
from host.books.book import UnreadablePage
from host.books.chapter_file import Chapter, Picture, write_chapter
from host.books.inputs import open_inputs
from host.books.whole_files import require_nameable, require_writable, sweep_parts, temporary_beside
from host.cli.console import say
from host.errors import BadRequest, IrodoriError, NotFound
from host.paths import state_paths
from host.picture_types import mime_of
from host.store.disk import disk_errors
from host.vocabulary import ExportFormat

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from host.books.book import Book, BookPage
    from host.store.store import Store
    from host.vocabulary import Direction

_FORMATS: Final[dict[str, ExportFormat]] = {f".{one}": one for one in get_args(ExportFormat)}
_ANY_SUFFIX: Final = " or ".join(_FORMATS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for on the command line. None: what the input says."""

    inputs: tuple[Path, ...]
    output: Path
    format: ExportFormat | None = None
    series: str | None = None
    chapter: str = ""
    direction: Direction = "auto"


def run(request: Request) -> int:
    """Write the file and say which pages are in colour; return 0.

    Raises:
        BadRequest: an input cannot be used, or the output not be written. NotFound: no page is in the cache.
    """
    kind = request.format or _FORMATS.get(request.output.suffix.casefold())
    if kind is None:
        raise BadRequest(f"{request.output} has no suffix of an export.", f"Name a {_ANY_SUFFIX}, or give --format.")
    _check(request.output)
    with ExitStack() as closing:
        books = open_inputs(request.inputs, request.output)
        for book in books:
            closing.callback(book.close)
        application = closing.enter_context(Application.open(state_paths(), lambda _: None))
        pages = [(book, page) for book in books for page in book.pages]
        sources = frozenset(source for book in books for source in book.sources)
        store, latest = application.store, application.store.results.latest_keys()
        content = _chapter(request, books, [partial(_picture, store, latest, page) for _, page in pages])
        with disk_errors(str(request.output)), temporary_beside(request.output, sources) as temporary:
            written = write_chapter(content, kind, temporary)
            if not written.coloured:
                raise NotFound("No page of this is coloured yet.", "Colour it first: irodori colorize.")
    say(f"{request.output}: {len(written.coloured)} of {len(pages)} pages in colour")
    for numbers, what in ((written.as_they_were, "as it was"), (written.missing, "not in the file")):
        for number in numbers:
            say(f"  {number}: {pages[number - 1][1].name}, {what}")
    return 0


def _check(output: Path) -> None:
    require_nameable(output)
    if output.is_dir():
        raise BadRequest(f"{output} is a folder.", f"Name a file that ends in {_ANY_SUFFIX}.")
    require_writable(output.parent)
    sweep_parts(output.parent)


def _chapter(request: Request, books: Sequence[Book], pages: Sequence[partial[Picture | None]]) -> Chapter:
    series = books[0].name if request.series is None else request.series
    told = {book.direction for book in books}
    direction = next(iter(told)) if request.direction == "auto" and len(told) == 1 else request.direction
    return Chapter(series, request.chapter, direction, pages)


def _picture(store: Store, latest: dict[str, str], page: BookPage) -> Picture | None:
    try:
        encoded = page.read()
    except UnreadablePage:
        return _as_it_was(page)
    key = latest.get(_pixels_of(store, encoded))
    stored = None if key is None else store.results.get(key)
    if stored is not None:
        return Picture(stored.image, stored.mime, is_coloured=True)
    return Picture(encoded, mime_of(encoded), is_coloured=False)


def _as_it_was(page: BookPage) -> Picture | None:
    try:
        original = page.original()
    except UnreadablePage:
        return None
    return Picture(original, mime_of(original), is_coloured=False)


def _pixels_of(store: Store, encoded: bytes) -> str:
    """Return the SHA-256 of a page's pixels; empty for what is no picture."""
    encoded_sha256 = hashlib.sha256(encoded).hexdigest()
    known = store.sources.get([encoded_sha256]).get(encoded_sha256)
    if known is not None:
        return known.pixels_sha256
    from host.pipeline.decode import decode_page

    try:
        return decode_page(encoded).pixels_sha256
    except IrodoriError:
        return ""
