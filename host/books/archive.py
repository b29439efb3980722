"""ZIP archives (CBZ) as books. An archive is a stranger's: nothing in it names a place to write to.

Entries are read one at a time, at most `PAGE_BYTES_MAX` of each, whatever their headers claim. Every picture is a page:
one that is encrypted or damaged fails when it is read. What is no picture travels along; litter is not looked at.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from host.books import locked, zip_entries
from host.books.archived import ENTRIES_MAX, LOCKED, archive_book
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
    told_info,
)
from host.books.formats import HEAD_BYTES, container_of_head
from host.books.names import NAMELESS, is_litter, safe_name, told_apart
from host.errors import BadRequest, TooLarge
from host.picture_types import UNKNOWN, mime_of, suffix_of

if TYPE_CHECKING:
    import zipfile
    from pathlib import Path

_ENCRYPTED: Final = 0x1
_BLOCK_BYTES: Final = 1 << 20
_CUT_OFF: Final = "it ends too early"  # EOFError has no words


def open_archive(path: Path) -> Book:
    """Return an archive as a book, in natural order.

    Raises:
        BadRequest: it is no readable ZIP archive, or nothing in it can be read without a password.
        TooLarge: it has too many entries.
    """
    try:
        archive = zip_entries.open_zip(path)
    # zipfile raises whatever its parsers meet.
    except Exception as exc:
        raise BadRequest(*_why_unreadable(path, exc)) from exc
    try:
        return _book(path, archive)
    except BaseException:
        archive.close()
        raise


def entry_page(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> BookPage:
    """Return an entry as a page of this name, or as a file that travels along."""
    key = partial(_locked, archive, entry) if entry.flag_bits & _ENCRYPTED else None
    return BookPage(name, partial(_read, archive, entry), partial(_as_it_was, archive, entry), locked=key)


def _book(path: Path, archive: zipfile.ZipFile) -> Book:
    entries = zip_entries.files(archive)
    if len(entries) > ENTRIES_MAX:
        raise TooLarge(f"{path} has {len(entries)} entries; the limit is {ENTRIES_MAX}.", "Split it.")
    named = [(_name(archive, entry), entry) for entry in entries]
    left_out = [LeftOut(entry.filename, "it has no name", lost=True) for name, entry in named if name is None]
    kept = [(name, entry) for name, entry in named if name is not None and not is_litter(name)]
    pages: list[BookPage] = []
    extras: list[BookPage] = []
    nested: list[Nested] = []
    for name, (_, entry) in zip(told_apart([name for name, _ in kept]), kept, strict=True):
        file, head = entry_page(archive, entry, name), partial(_head, archive, entry)
        if is_picture(name, head):
            pages.append(file)
        elif container_of_head(head()):
            nested.append(Nested(file, partial(_place, archive, entry)))
        else:
            extras.append(file)
    return archive_book(
        path,
        pages,
        is_locked=bool(pages) and all(page.locked is not None for page in pages),
        left_out=left_out,
        extras=extras,
        nested=nested,
        info=told_info(extras),
        close=archive.close,
    )


def _name(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str | None:
    """Return what an entry is called; a picture without a name is a page all the same."""
    name = safe_name(zip_entries.decoded_name(entry))
    return NAMELESS if name is None and mime_of(_head(archive, entry)) != UNKNOWN else name


def _place(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    try:
        with archive.open(entry) as file, target.open("wb") as copy:
            size = 0
            while block := file.read(_BLOCK_BYTES):
                size += len(block)
                if size > VOLUME_BYTES_MAX:
                    raise UnreadablePage(f"over {VOLUME_BYTES_MAX >> 30} GiB when unpacked")
                copy.write(block)
    except UnreadablePage:
        raise
    except Exception as exc:
        raise UnreadablePage(f"damaged in the archive: {str(exc) or _CUT_OFF}") from exc


def _head(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.flag_bits & _ENCRYPTED:
        return b""
    try:
        with archive.open(entry) as file:
            return file.read(HEAD_BYTES)
    # Whatever is wrong with it is told when it is read.
    except Exception:  # noqa: BLE001
        return b""


def _why_unreadable(path: Path, exc: Exception) -> tuple[str, str]:
    if path.stat().st_size == 0:
        return f"{path} is empty.", "Fetch or pack it anew."
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if (kind := mime_of(head)) != UNKNOWN:
        return f"{path} is no archive but a picture ({kind}).", f"Rename it to {path.stem}{suffix_of(kind)}."
    cut = ", it may be cut off" if container_of_head(head) == "zip" else ""
    return f"{path} is not a readable ZIP archive{cut}: {exc}.", "Open it in a reader, or pack it anew as a ZIP (CBZ)."


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.flag_bits & _ENCRYPTED:
        raise UnreadablePage(LOCKED)
    try:
        with archive.open(entry) as file:
            data = file.read(PAGE_BYTES_MAX + 1)
    # zipfile and its decompressors raise whatever they meet: BadZipFile, zlib.error, LZMAError, RuntimeError, ...
    except Exception as exc:
        whole = zip_entries.salvage(archive, entry, PAGE_BYTES_MAX)
        if whole is not None and zip_entries.is_whole(entry, whole):
            return whole  # a header that contradicts the directory in its name alone
        raise UnreadablePage(f"damaged in the archive: {str(exc) or _CUT_OFF}") from exc
    if len(data) > PAGE_BYTES_MAX:
        raise UnreadablePage(f"over {PAGE_BYTES_MAX >> 20} MiB when unpacked")
    return data


def _as_it_was(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    data = None if entry.flag_bits & _ENCRYPTED else zip_entries.salvage(archive, entry, AS_IT_WAS_BYTES_MAX)
    if data is None:
        raise UnreadablePage("nothing of it can be had")
    return data


def _locked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> locked.LockedEntry:
    packed = zip_entries.packed_bytes(archive, entry, AS_IT_WAS_BYTES_MAX)
    if packed is None:
        raise UnreadablePage("nothing of it can be had")
    return locked.LockedEntry(entry, packed)
