"""CBZ and ZIP archives as books. An archive is a stranger's: nothing in it names a place to write to.

Entries are read one at a time, at most `PAGE_BYTES_MAX` of each, whatever their headers claim. Every picture is a page:
one that is encrypted or damaged fails when it is read. What is no picture travels along; litter is not looked at.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from host.books import locked, zip_entries
from host.books.book import (
    AS_IT_WAS_BYTES_MAX,
    PAGE_BYTES_MAX,
    Book,
    BookPage,
    LeftOut,
    UnreadablePage,
    is_picture,
    natural_key,
    told_direction,
)
from host.books.names import is_litter, plain_name, safe_name, told_apart
from host.errors import BadRequest, TooLarge
from host.picture_types import HEAD_BYTES

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator
    from pathlib import Path

ARCHIVE_SUFFIXES: Final = frozenset({".cbz", ".zip"})
UNREAD_SUFFIXES: Final = frozenset({".cbr", ".rar", ".cb7", ".7z", ".cbt", ".tar", ".pdf", ".epub"})
"""Books of kinds that are not read."""
_ENTRIES_MAX: Final = 20_000
_ENCRYPTED: Final = 0x1
_HEAD_BYTES: Final = 262
_CONVERT: Final = "Unpack it to a folder and pass that, or pack it anew as a ZIP (CBZ)."


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


def kind_of(path: Path) -> str:
    """Return what kind of archive a file's first bytes are: ZIP, RAR, 7z, TAR, gzip, PDF, or nothing."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return ""
    starts = {b"PK\x03\x04": "ZIP", b"PK\x05\x06": "ZIP", b"Rar!": "RAR", b"7z\xbc\xaf\x27\x1c": "7z"}
    starts |= {b"\x1f\x8b": "gzip", b"%PDF": "PDF"}
    if head[257:262] == b"ustar":
        return "TAR"
    return next((kind for start, kind in starts.items() if head.startswith(start)), "")


def _book(path: Path, archive: zipfile.ZipFile) -> Book:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > _ENTRIES_MAX:
        raise TooLarge(f"{path} has {len(entries)} entries; the limit is {_ENTRIES_MAX}.", "Split it.")
    named = [(safe_name(zip_entries.decoded_name(entry)), entry) for entry in entries]
    left_out = [LeftOut(entry.filename, "it has no name", lost=True) for name, entry in named if name is None]
    kept = [(name, entry) for name, entry in named if name is not None and not is_litter(name)]
    files = list(_files(archive, kept))
    is_page = [is_picture(name, partial(_head, archive, entry)) for name, entry in kept]
    pages = [page for page, yes in zip(files, is_page, strict=True) if yes]
    extras = tuple(page for page, yes in zip(files, is_page, strict=True) if not yes)
    if pages and all(page.locked is not None for page in pages):
        raise BadRequest(f"{path}: the archive has a password.", "Unpack it with the password, and pass the folder.")
    ordered = tuple(sorted(pages, key=lambda page: natural_key(page.name)))
    sources = frozenset({path.resolve()})
    name = plain_name(path.stem)
    book = Book(name, ordered, tuple(left_out), sources, close=archive.close, extras=extras)
    return replace(book, direction=told_direction(extras))


def _files(archive: zipfile.ZipFile, entries: list[tuple[str, zipfile.ZipInfo]]) -> Iterator[BookPage]:
    for name, (_, entry) in zip(told_apart([name for name, _ in entries]), entries, strict=True):
        key = partial(_locked, archive, entry) if entry.flag_bits & _ENCRYPTED else None
        yield BookPage(name, partial(_read, archive, entry), partial(_as_it_was, archive, entry), locked=key)


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
    kind = kind_of(path)
    if path.stat().st_size == 0:
        return f"{path} is empty.", "Fetch or pack it anew."
    if kind in ("", "ZIP"):
        cut = ", it may be cut off" if kind == "ZIP" else ""
        return f"{path} is not a readable ZIP archive{cut}: {exc}.", "Open it in a reader, or pack it anew."
    return f"{path} is a {kind} archive, whatever its name says; only ZIP is read.", _CONVERT


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.flag_bits & _ENCRYPTED:
        raise UnreadablePage("it is encrypted; unpack the archive with its password")
    try:
        with archive.open(entry) as file:
            data = file.read(PAGE_BYTES_MAX + 1)
    # zipfile and its decompressors raise whatever they meet: BadZipFile, zlib.error, LZMAError, RuntimeError, ...
    except Exception as exc:
        whole = zip_entries.salvage(archive, entry, PAGE_BYTES_MAX)
        if whole is not None and zip_entries.is_whole(entry, whole):
            return whole  # a header that contradicts the directory in its name alone
        raise UnreadablePage(f"damaged in the archive: {exc}") from exc
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
