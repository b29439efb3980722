"""The one door to volumes: a file of any kind that we read becomes a book, and so does each volume that lies in it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from host.books.archive import open_archive
from host.books.book import LeftOut, UnreadablePage
from host.books.epub import open_epub
from host.books.formats import VOLUME_SUFFIXES, container_of
from host.books.pdf import open_pdf
from host.books.scratch import Scratch
from host.books.unpacked import open_unpacked
from host.errors import IrodoriError
from host.store.disk import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

    from host.books.book import Book, Nested

NESTING_MAX: Final = 3
NESTED_MAX: Final = 1000


def open_volume(path: Path) -> Book:
    """Return a file as a book, whatever its name is; volumes within it are named, not opened.

    Raises:
        BadRequest: it is of no kind that we read, damaged, or has a password. TooLarge: it has too many entries.
    """
    kind = container_of(path)
    if kind == "pdf":
        return open_pdf(path)
    if kind == "epub":
        return open_epub(path)
    if kind in ("rar", "7z", "tar"):
        return open_unpacked(path, kind)
    return open_archive(path)


def open_volumes(path: Path) -> list[Book]:
    """Return a file as a book, and after it each volume that lies in it. The caller closes them.

    A volume within is called after those around it, `outer/inner`. What cannot be opened, or holds no page, travels
    along in the volume around it.

    Raises:
        as `open_volume`.
    """
    opened = _Opened()
    outer = open_volume(path)
    opened.books.append(outer)
    try:
        opened.books[0] = opened.with_nested(outer, 1)
    except BaseException:
        for book in opened.books:
            book.close()
        raise
    return opened.books


class _Opened:
    """The books of one file so far."""

    def __init__(self) -> None:
        self.books: list[Book] = []

    def with_nested(self, book: Book, depth: int) -> Book:
        """Open what lies in a book; return the book with what turned out to be no volume."""
        extras, left_out = [], []
        for nested in book.nested:
            try:
                self._open(book, nested, depth)
            except _NoVolume as exc:
                extras.append(nested.file)
                left_out += [LeftOut(nested.file.name, str(exc), lost=True)] if exc.is_lost else []
        return replace(book, nested=(), extras=(*book.extras, *extras), left_out=(*book.left_out, *left_out))

    def _open(self, around: Book, nested: Nested, depth: int) -> None:
        name = nested.file.name
        if depth > NESTING_MAX or len(self.books) > NESTED_MAX:
            raise _NoVolume("it lies too deep, or too many lie here", is_lost=True)
        scratch = Scratch()
        scratch_path = scratch.path
        try:
            file = scratch_path / PurePosixPath(name).name.encode()[-100:].decode("utf-8", "ignore")
            with disk_errors("what an archive holds"):
                nested.place(file)
            inner = open_volume(file)
        except (UnreadablePage, IrodoriError) as exc:
            scratch.close()
            raise _NoVolume(
                _words(exc).replace(f"{scratch_path}/", ""),
                is_lost=PurePosixPath(name).suffix.casefold() in VOLUME_SUFFIXES,
            ) from exc
        book = replace(
            inner, name=f"{around.name}/{PurePosixPath(name).with_suffix('')}", sources=around.sources, within=True,
            close=_Closing(inner, scratch),
        )  # fmt: skip
        place = len(self.books)
        self.books.append(book)
        self.books[place] = self.with_nested(book, depth + 1)
        whole = self.books[place]
        if not (whole.pages or any(each.lost for each in whole.left_out)) and len(self.books) == place + 1:
            self.books.pop().close()
            raise _NoVolume("it holds no page", is_lost=False)


class _NoVolume(Exception):
    def __init__(self, words: str, *, is_lost: bool) -> None:
        super().__init__(words)
        self.is_lost = is_lost


def _words(exc: Exception) -> str:
    return exc.words if isinstance(exc, IrodoriError) else str(exc)


class _Closing:
    """Closes a book, then removes the file that it was read from."""

    def __init__(self, book: Book, scratch: Scratch) -> None:
        self._book, self._scratch = book, scratch

    def __call__(self) -> None:
        with ExitStack() as stack:
            stack.callback(self._scratch.close)
            stack.callback(self._book.close)
