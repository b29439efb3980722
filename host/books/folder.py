"""Pictures on disk, alone or in a folder, as a book."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from host.books.book import PAGE_BYTES_MAX, Book, BookPage, LeftOut, UnreadablePage, is_picture_name, natural_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def open_pictures(paths: Sequence[Path]) -> Book:
    """Return single pictures as one book, in the order given."""
    pages = tuple(BookPage(path.name, partial(_read, path)) for path in paths)
    name = paths[0].stem if len(paths) == 1 else "pages"
    return Book(name, pages, (), frozenset(path.resolve() for path in paths))


def open_folder(folder: Path, output: Path) -> Book:
    """Return a folder with all folders in it as one book, in natural order; what is at `output` is not looked at."""
    found = sorted(_walk(folder, output.resolve()), key=lambda path: natural_key(path.relative_to(folder).as_posix()))
    names = {path: path.relative_to(folder).as_posix() for path in found}
    pictures = [path for path in found if is_picture_name(path.name)]
    pages = tuple(BookPage(names[path], partial(_read, path)) for path in pictures)
    left_out = tuple(LeftOut(names[path], "not a picture") for path in found if not is_picture_name(path.name))
    name = folder.resolve().name or "pages"
    return Book(name, pages, left_out, frozenset(path.resolve() for path in pictures), folder.resolve())


def _walk(folder: Path, output: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name.startswith(".") or entry.name == "__MACOSX" or entry.resolve() == output:
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry, output)
        elif entry.is_file():
            yield entry


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > PAGE_BYTES_MAX:
            raise UnreadablePage(f"the file has over {PAGE_BYTES_MAX >> 20} MiB")
        return path.read_bytes()
    except OSError as exc:
        raise UnreadablePage(exc.strerror or str(exc)) from exc
