"""From the paths on a command line to books; everything that can be wrong with them is said before work starts."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from host.books.book import PAGES_MAX, LeftOut, why_no_page
from host.books.folder import is_volume, open_folder, open_pictures
from host.books.names import told_apart
from host.books.volume import open_volumes
from host.errors import BadRequest, IrodoriError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from host.books.book import Book


def open_inputs(paths: Sequence[Path], output: Path) -> list[Book]:
    """Return one book for each folder and volume, and one for all single pictures; no two have one name.

    A volume in a folder, or in another volume, is a book as well. The caller closes them.

    Raises:
        BadRequest: an input is missing, of no kind that we read, or the output would overwrite it. TooLarge
    """
    for path in paths:
        _check(path, output)
    books: list[Book] = []
    try:
        for path in paths:
            if path.is_dir():
                books += _books_in(open_folder(path, output))
            elif _is_archive(path):
                books += open_volumes(path)
        pictures = [path for path in paths if path.is_file() and not _is_archive(path)]
        if pictures:
            books.append(open_pictures(pictures))
        _check_pages(books)
        return _named_apart([book for book in books if book.pages or book.left_out])
    except BaseException:
        for book in books:
            book.close()
        raise


def _books_in(folder: Book) -> Iterator[Book]:
    """Yield the folder's own pages as a book, where there are any, and each volume in it as another."""
    archives: list[Book] = []
    faults = []
    for path in folder.archives:
        try:
            found = [replace(book, within=True) for book in open_volumes(path)]
        except IrodoriError as exc:
            faults.append(LeftOut(path.name, exc.words, lost=True))
            continue
        archives += found
        if not any(book.pages or book.left_out for book in found):
            faults.append(LeftOut(path.name, "there is no page in it"))
    own = replace(folder, left_out=(*folder.left_out, *faults))
    if own.pages or own.left_out or not archives:
        yield own
    yield from (book for book in archives if book.pages or book.left_out)


def _is_archive(path: Path) -> bool:
    return path.is_file() and is_volume(path)


def _check(path: Path, output: Path) -> None:
    if os.path.realpath(path) == os.path.realpath(output) and os.path.lexists(path):
        raise BadRequest(f"{output} is the input itself.", "Choose another --output; sources are never overwritten.")
    try:
        path.stat()
    except OSError as exc:
        if os.path.lexists(path):
            raise BadRequest(f"{path} cannot be read: {exc.strerror}.", "Check where the link leads.") from exc
        raise BadRequest(f"There is no {path}.", "Check the path; quote names with spaces.") from exc
    if not (path.is_file() or path.is_dir()):
        raise BadRequest(f"{path} is neither a file nor a folder.", "Pass pictures, folders, or volumes (CBZ, PDF, …).")


def _check_pages(books: Sequence[Book]) -> None:
    for book in books:
        if len(book.pages) > PAGES_MAX:
            raise TooLarge(f"{book.name} has {len(book.pages)} pages; the limit is {PAGES_MAX}.", "Split it.")
    if not any(book.pages for book in books):
        told = [f"{each.name}: {each.reason}" for book in books for each in book.left_out[:5]]
        told += [f"{each.name}: {why_no_page(each)}" for book in books for each in book.extras[:5]]
        reasons = "; ".join(told)
        raise BadRequest(f"There is no page in the input{f' ({reasons})' if reasons else ''}.", "Pages are pictures.")


def _named_apart(books: Sequence[Book]) -> list[Book]:
    # An archive's pages go into a folder of its name, beside the folders that the book around it has.
    folders = {page.name.split("/")[0] for book in books if book.folder for page in book.pages if "/" in page.name}
    within = told_apart([book.name for book in books if book.within], suffixes=False, others=folders)
    alone = told_apart([book.name for book in books if not book.within], suffixes=False, others=within)
    names = {True: iter(within), False: iter(alone)}
    return [replace(book, name=next(names[book.within])) for book in books]
