"""A source of the shelf as books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host.books.book import PAGES_MAX
from host.books.folder import open_folder
from host.books.volume import open_volumes
from host.errors import BadRequest, TooLarge

if TYPE_CHECKING:
    from host.books.book import Book
    from host.library.shelf import Source


def open_source(source: Source) -> list[Book]:
    """Return a volume's books: itself, and what lies in it. The caller closes them.

    Raises:
        BadRequest: it cannot be read, or has no page. TooLarge
    """
    # Volumes in a folder are sources of their own.
    books = [open_folder(source.path, source.output)] if source.is_folder else open_volumes(source.path)
    try:
        for book in books:
            if len(book.pages) > PAGES_MAX:
                raise TooLarge(f"{book.name} has {len(book.pages)} pages; the limit is {PAGES_MAX}.", "Split it.")
        if not any(book.pages for book in books):
            told = "; ".join(f"{each.name}: {each.reason}" for book in books for each in book.left_out[:5])
            raise BadRequest(f"There is no page in it{f' ({told})' if told else ''}.", "Pages are pictures.")
    except BaseException:
        for book in books:
            book.close()
        raise
    return books
