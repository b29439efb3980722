"""Entries of archives that only a password opens: copied as they lie, so that whoever has it can still open them."""

from __future__ import annotations

import copy
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import zipfile

_DESCRIPTOR: Final = 0x8
_DESCRIPTOR_MARK: Final = 0x08074B50
_ZIP64_FIELD: Final = 1


@dataclass(frozen=True, slots=True)
class LockedEntry:
    """What the directory tells of an entry, and its bytes, packed and encrypted."""

    facts: zipfile.ZipInfo
    packed: bytes


def write_locked(archive: zipfile.ZipFile, name: str, entry: LockedEntry) -> None:
    """Write an entry into an archive that is being made.

    Flags, date, checksum and extra fields stay: decryption needs them (APPNOTE 6.1.6, and AE-x in field 0x9901).
    """
    file = archive.fp
    if file is None:
        raise ValueError("the archive is closed")
    facts = copy.copy(entry.facts)
    facts.filename = facts.orig_filename = name
    facts.extra = _without_zip64(facts.extra)
    facts.compress_size = len(entry.packed)
    facts.header_offset = file.tell()
    file.write(facts.FileHeader(zip64=False))
    file.write(entry.packed)
    if facts.flag_bits & _DESCRIPTOR:
        file.write(struct.pack("<LLLL", _DESCRIPTOR_MARK, facts.CRC, facts.compress_size, facts.file_size))
    archive.start_dir = file.tell()
    archive.filelist.append(facts)
    archive.NameToInfo[name] = facts


def _without_zip64(extra: bytes) -> bytes:
    """Return extra fields without the sizes that only a large archive needs; zipfile writes them where they are."""
    kept, place = b"", 0
    while place + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, place)
        if kind != _ZIP64_FIELD:
            kept += extra[place : place + 4 + size]
        place += 4 + size
    return kept
