"""CBZ and ZIP archives as books. An archive is a stranger's: nothing in it names a place to write to.

Entries are read one at a time, at most `PAGE_BYTES_MAX` of each, whatever their headers claim; names that leave the
archive's own tree are left out, and so are encrypted entries, doubles and whatever is no picture.
"""

from __future__ import annotations

import zipfile
import zlib
from functools import partial
from typing import TYPE_CHECKING, Final

from host.books.book import PAGE_BYTES_MAX, Book, BookPage, LeftOut, UnreadablePage, is_picture_name, natural_key
from host.errors import BadRequest, TooLarge

if TYPE_CHECKING:
    from pathlib import Path

ARCHIVE_SUFFIXES: Final = frozenset({".cbz", ".zip"})
_ENTRIES_MAX: Final = 20_000
_ENCRYPTED: Final = 0x1
_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


def open_archive(path: Path) -> Book:
    """Return an archive as a book, in natural order.

    Raises:
        BadRequest: it is no readable ZIP archive. TooLarge: it has too many entries.
    """
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGE as exc:
        raise BadRequest(
            f"{path} is not a readable ZIP archive: {exc}.", "Open it in a reader, or pack it anew."
        ) from exc
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > _ENTRIES_MAX:
        archive.close()
        raise TooLarge(f"{path} has {len(entries)} entries; the limit is {_ENTRIES_MAX}.", "Split it.")
    pages: dict[str, BookPage] = {}
    left_out = []
    for entry in entries:
        name = safe_name(entry.filename)
        reason = _reason_to_leave_out(entry, name, pages)
        if name is None or reason:
            left_out.append(LeftOut(entry.filename, reason))
        elif not _is_litter(name):
            pages[name] = BookPage(name, partial(_read, archive, entry))
    ordered = tuple(sorted(pages.values(), key=lambda page: natural_key(page.name)))
    return Book(path.stem, ordered, tuple(left_out), frozenset({path.resolve()}), close=archive.close)


def safe_name(name: str) -> str | None:
    """Return an entry's name as a relative POSIX path, None where it points outside of the archive."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    rooted = name.startswith(("/", "\\")) or (bool(parts) and parts[0].endswith(":"))
    if not parts or rooted or ".." in parts or any(ord(letter) < 32 or letter == ":" for letter in "".join(parts)):
        return None
    return "/".join(parts)


def _reason_to_leave_out(entry: zipfile.ZipInfo, name: str | None, known: dict[str, BookPage]) -> str:
    if name is None:
        return "its name leads out of the archive"
    if _is_litter(name):
        return ""
    if not is_picture_name(name):
        return "not a picture"
    if entry.flag_bits & _ENCRYPTED:
        return "encrypted"
    if entry.file_size > PAGE_BYTES_MAX:
        return f"over {PAGE_BYTES_MAX >> 20} MiB"
    return "a second entry of this name" if name in known else ""


def _is_litter(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(entry) as file:
            data = file.read(PAGE_BYTES_MAX + 1)
    except _DAMAGE as exc:
        raise UnreadablePage(f"damaged in the archive: {exc}") from exc
    if len(data) > PAGE_BYTES_MAX:
        raise UnreadablePage(f"over {PAGE_BYTES_MAX >> 20} MiB when unpacked")
    return data
