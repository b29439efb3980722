"""From the paths on a command line to books; everything that can be wrong with them is said before work starts."""

from __future__ import annotations

import zipfile
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from host.books.archive import ARCHIVE_SUFFIXES, open_archive
from host.books.book import PAGES_MAX, is_picture_name
from host.books.folder import open_folder, open_pictures
from host.errors import BadRequest, TooLarge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from host.books.book import Book

_NOT_YET: Final = frozenset({".cbr", ".rar", ".cb7", ".7z", ".cbt", ".tar", ".pdf", ".epub"})


def open_inputs(paths: Sequence[Path], output: Path) -> list[Book]:
    """Return one book for each folder and archive, and one for all single pictures; no two have one name.

    The caller closes them.

    Raises:
        BadRequest: an input is missing, of no kind that we read, or the output would overwrite it. TooLarge
    """
    for path in paths:
        _check(path, output)
    books: list[Book] = []
    try:
        for path in paths:
            if path.is_dir():
                books.append(open_folder(path, output))
            elif _is_archive(path):
                books.append(open_archive(path))
        pictures = [path for path in paths if path.is_file() and not _is_archive(path)]
        if pictures:
            books.append(open_pictures(pictures))
        _check_pages(books)
        return _named_apart(books)
    except BaseException:
        for book in books:
            book.close()
        raise


def _is_archive(path: Path) -> bool:
    if not path.is_file() or is_picture_name(path.name):
        return False
    return path.suffix.casefold() in ARCHIVE_SUFFIXES or zipfile.is_zipfile(path)


def _check(path: Path, output: Path) -> None:
    if not path.exists():
        raise BadRequest(f"There is no {path}.", "Check the path; quote names with spaces.")
    if path.suffix.casefold() in _NOT_YET and path.is_file():
        raise BadRequest(f"{path}: {path.suffix} files are not read.", "Unpack it to a folder, or convert it to CBZ.")
    if output.exists() and path.resolve() == output.resolve():
        raise BadRequest(f"{output} is the input itself.", "Choose another --output; sources are never overwritten.")


def _check_pages(books: Sequence[Book]) -> None:
    for book in books:
        if len(book.pages) > PAGES_MAX:
            raise TooLarge(f"{book.name} has {len(book.pages)} pages; the limit is {PAGES_MAX}.", "Split it.")
    if not any(book.pages for book in books):
        reasons = "; ".join(f"{each.name}: {each.reason}" for book in books for each in book.left_out[:5])
        raise BadRequest(f"There is no page in the input{f' ({reasons})' if reasons else ''}.", "Pages are pictures.")


def _named_apart(books: Sequence[Book]) -> list[Book]:
    seen: Counter[str] = Counter()
    apart = []
    for book in books:
        seen[book.name.casefold()] += 1
        count = seen[book.name.casefold()]
        apart.append(book if count == 1 else replace(book, name=f"{book.name} ({count})"))
    return apart
