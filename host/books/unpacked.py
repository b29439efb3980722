"""RAR, 7z and TAR archives as books: listed first, unpacked to a folder of ours when the first page is asked for.

On disk a member has a number for a name, so that no name in the archive leads anywhere.
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from host.books.archived import ENTRIES_MAX, LOCKED, archive_book, needs_password
from host.books.book import (
    AS_IT_WAS_BYTES_MAX,
    PAGE_BYTES_MAX,
    VOLUME_BYTES_MAX,
    Book,
    BookPage,
    LeftOut,
    Nested,
    UnreadablePage,
    is_picture,
    is_picture_name,
)
from host.books.comic_info import INFO_BYTES_MAX, NAME, read_comic_info
from host.books.formats import HEAD_BYTES, LABELS, container_of_head
from host.books.members import ArchiveFault, open_members
from host.books.names import NAMELESS, is_litter, safe_name, told_apart
from host.books.scratch import Scratch
from host.errors import BadRequest, TooLarge
from host.picture_types import UNKNOWN, mime_of
from host.store.disk import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

    from host.books.formats import Container
    from host.books.members import Member

# What pictures are packed to; text and blank bitmaps reach this, bombs go far beyond.
_RATIO_MAX: Final = 200
_RATIO_FROM_BYTES: Final = 256 << 20
_LINK: Final = "a link, which has no bytes of its own"
_TOO_MUCH: Final = "the archive unpacks to too much"


def open_unpacked(path: Path, container: Container) -> Book:
    """Return an archive as a book, in natural order.

    Raises:
        BadRequest: it is damaged from the start, has a password, or nothing here reads it. TooLarge: too many entries.
    """
    listing = _listed(path, container)
    if not listing.entries and not listing.left_out:
        if "crypt" in listing.fault or "passphrase" in listing.fault:
            raise needs_password(path)
        fault = listing.fault or "nothing is in it, it may be cut off"
        words = f"{path} is not a readable {LABELS[container]} archive: {fault}."
        raise BadRequest(words, "Open it in a reader, or pack it anew as a ZIP (CBZ).")
    return _book(path, listing, _Unpacking(path, container, listing))


class _Entry:
    """A file in the archive: its number in it, its name as packed, whether it is locked, how it begins.

    A ComicInfo.xml is there as a whole: it is asked for before any page.
    """

    __slots__ = ("head", "is_info", "is_locked", "name", "number", "safe")

    def __init__(self, number: int, member: Member, safe: str) -> None:
        self.number, self.name, self.safe = number, member.name, safe
        self.is_locked = member.is_encrypted
        self.is_info = PurePosixPath(safe).name.casefold() == NAME
        self.head = b"" if self.is_locked or is_picture_name(safe) else _beginning(member, self.is_info)


class _Listing:
    def __init__(self) -> None:
        self.entries: list[_Entry] = []
        self.left_out: list[LeftOut] = []
        self.fault = ""


def _listed(path: Path, container: Container) -> _Listing:
    listing = _Listing()
    try:
        with open_members(path, container) as members:
            for number, member in enumerate(members):
                if number >= ENTRIES_MAX:
                    raise TooLarge(f"{path} has over {ENTRIES_MAX} entries.", "Split it.")
                _list(listing, number, member)
    except ArchiveFault as exc:
        listing.fault = str(exc)
        if listing.entries:
            listing.left_out.append(LeftOut("the rest of the archive", f"it is damaged: {exc}", lost=True))
    except OSError as exc:
        raise BadRequest(f"{path} cannot be read: {exc.strerror}.", "Check the file.") from exc
    return listing


def _list(listing: _Listing, number: int, member: Member) -> None:
    safe = safe_name(member.name)
    if member.is_folder or (safe is not None and is_litter(safe)):
        return
    if not member.is_file:
        is_page = member.is_link and is_picture_name(member.name)
        listing.left_out.append(LeftOut(member.name, _LINK if is_page else "not a file", lost=is_page))
        return
    entry = _Entry(number, member, safe or NAMELESS)
    if safe is None and mime_of(entry.head) == UNKNOWN:  # a picture without a name is a page all the same
        listing.left_out.append(LeftOut(member.name, "it has no name", lost=True))
        return
    listing.entries.append(entry)


def _beginning(member: Member, is_info: bool) -> bytes:
    most, head = (INFO_BYTES_MAX if is_info else HEAD_BYTES), b""
    try:
        for block in member.blocks():
            head += block[: most - len(head)]
            if len(head) >= most:
                break
    except ArchiveFault:
        pass
    return head


class _Unpacking:
    """The archive's files on disk, once they are asked for."""

    def __init__(self, path: Path, container: Container, listing: _Listing) -> None:
        self._path, self._container = path, container
        self._wanted = {entry.number: entry.name for entry in listing.entries if not entry.is_locked}
        self._scratch = Scratch()
        self._faults: dict[int, str] | None = None
        self._end = ""
        self._room = max(_RATIO_FROM_BYTES, _RATIO_MAX * path.stat().st_size)

    def read(self, entry: _Entry, most: int, *, damaged: bool = False) -> bytes:
        """Return a file's bytes; with `damaged` also those of one that is not whole."""
        file, fault = self._file(entry)
        if fault and not damaged:
            raise UnreadablePage(fault)
        try:
            size = file.stat().st_size
            if size > most:
                raise UnreadablePage(f"over {most >> 20} MiB when unpacked")
            if fault and not size:
                raise UnreadablePage("nothing of it can be had")
            return file.read_bytes()
        except OSError as exc:
            raise UnreadablePage(fault or exc.strerror or str(exc)) from exc

    def place(self, entry: _Entry, target: Path) -> None:
        """Put a file, which is whole, at `target`."""
        file, fault = self._file(entry)
        if fault:
            raise UnreadablePage(fault)
        shutil.copyfile(file, target)

    def close(self) -> None:
        """Remove what was unpacked."""
        self._scratch.close()

    def _file(self, entry: _Entry) -> tuple[Path, str]:
        if entry.is_locked:
            raise UnreadablePage(LOCKED)
        if self._faults is None:
            self._faults = {}
            self._unpack(self._faults)
        file = self._scratch.path / str(entry.number)
        return file, self._faults.get(entry.number, "" if file.exists() else self._end or "it is gone")

    def _unpack(self, faults: dict[int, str]) -> None:
        folder = self._scratch.path
        try:
            with open_members(self._path, self._container) as members:
                for number, member in enumerate(members):
                    if number in self._wanted:
                        fault = self._write(number, member, folder / str(number))
                        faults.update({number: fault} if fault else {})
        except (ArchiveFault, OSError, BadRequest) as exc:
            self._end = f"damaged in the archive: {exc}"

    def _write(self, number: int, member: Member, target: Path) -> str:
        if member.name != self._wanted[number]:
            return "the archive changed while it was read"
        with disk_errors("what an archive holds"), target.open("wb") as file:
            size = 0
            try:
                for block in member.blocks():
                    size += len(block)
                    self._room -= len(block)
                    if size > VOLUME_BYTES_MAX or self._room < 0:
                        return _TOO_MUCH
                    file.write(block)
            except ArchiveFault as exc:
                return f"damaged in the archive: {exc}"
        return "" if member.size in (None, size) else "damaged in the archive: it is cut off"


def _book(path: Path, listing: _Listing, files: _Unpacking) -> Book:
    entries = listing.entries
    names = told_apart([entry.safe for entry in entries])
    kinds = [_kind_of(entry) for entry in entries]
    made: dict[str, list[tuple[str, _Entry]]] = {"page": [], "extra": [], "volume": []}
    for name, entry, kind in zip(names, entries, kinds, strict=True):
        made[kind].append((name, entry))
    told = next((entry for _, entry in made["extra"] if entry.is_info), None)
    return archive_book(
        path,
        [_page(name, entry, files) for name, entry in made["page"]],
        is_locked=bool(made["page"]) and all(entry.is_locked for _, entry in made["page"]),
        left_out=listing.left_out,
        extras=[_page(name, entry, files) for name, entry in made["extra"]],
        nested=[Nested(_page(name, entry, files), partial(files.place, entry)) for name, entry in made["volume"]],
        info=None if told is None else read_comic_info(told.head),
        close=files.close,
    )


def _kind_of(entry: _Entry) -> str:
    if is_picture(entry.safe, lambda: entry.head):
        return "page"
    return "volume" if container_of_head(entry.head) else "extra"


def _page(name: str, entry: _Entry, files: _Unpacking) -> BookPage:
    return BookPage(
        name,
        partial(files.read, entry, PAGE_BYTES_MAX),
        partial(files.read, entry, AS_IT_WAS_BYTES_MAX, damaged=True),
    )
