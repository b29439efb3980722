"""What archives of every kind have in common as books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host.books.book import Book, natural_key
from host.books.names import plain_name
from host.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from host.books.book import BookPage, LeftOut, Nested
    from host.books.comic_info import ComicInfo

ENTRIES_MAX: Final = 20_000
LOCKED: Final = "it is encrypted; unpack the archive with its password"
"""Why an entry cannot be read."""


def needs_password(path: Path) -> BadRequest:
    """Return what is said of an archive of which nothing can be read without a password."""
    return BadRequest(f"{path}: the archive has a password.", "Unpack it with the password, and pass the folder.")


def archive_book(
    path: Path,
    pages: Sequence[BookPage],
    *,
    is_locked: bool,
    left_out: Sequence[LeftOut],
    extras: Sequence[BookPage],
    nested: Sequence[Nested],
    info: ComicInfo | None,
    close: Callable[[], None],
) -> Book:
    """Return an archive's pages as a book, in natural order; is_locked: a password is needed for all of them.

    Raises:
        BadRequest: it is locked.
    """
    if is_locked:
        raise needs_password(path)
    ordered = tuple(sorted(pages, key=lambda page: natural_key(page.name)))
    return Book(
        plain_name(path.stem), ordered, tuple(left_out), frozenset({path.resolve()}), close=close,
        extras=tuple(extras), nested=tuple(nested), info=info, direction=info.direction if info else "auto",
    )  # fmt: skip
