"""What zipfile does not do: names whatever their flags say, and the bytes of entries that it refuses."""

from __future__ import annotations

import bz2
import io
import lzma
import mmap
import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Final, Protocol, cast

from host.books.names import decode_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UTF8: Final = 0x800
_LOCAL: Final = b"PK\x03\x04"
_DIRECTORY: Final = b"PK\x01\x02"
_END: Final = b"PK\x05\x06"
_LOCAL_BYTES: Final = 30
_ENTRY_BYTES: Final = 46
_END_BYTES: Final = 22
_COMMENT_BYTES_MAX: Final = 0xFFFF
_ZIP64: Final = 1
_NO_FIELD: Final = b"\xfe\xca"


class _Inflater(Protocol):
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open an archive, also one whose names are not the UTF-8 that they claim to be, or whose extra fields are none.

    Its end is the record whose comment ends with the file, whatever stands in that comment.

    Raises:
        Exception: whatever zipfile meets in a damaged one.
    """
    if (ended := _with_one_end(path)) is not None:
        return zipfile.ZipFile(cast("IO[bytes]", ended))
    try:
        return zipfile.ZipFile(path)
    except UnicodeDecodeError:
        return zipfile.ZipFile(cast("IO[bytes]", _without_flags(path)))
    except (zipfile.BadZipFile, struct.error):
        # One entry's extra field takes all others with it.
        if (mended := _without_extras(path)) is None:
            raise
        return zipfile.ZipFile(cast("IO[bytes]", mended))


def files(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the entries that are no folders; `ZipInfo.is_dir` stumbles over an empty name."""
    return [entry for entry in archive.infolist() if not entry.filename.endswith("/")]


def decoded_name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name as whoever packed it meant it."""
    if entry.flag_bits & _UTF8:
        return entry.orig_filename
    try:
        return decode_name(entry.orig_filename.encode("cp437"))
    except UnicodeEncodeError:  # zipfile took the name from an extra field
        return entry.orig_filename


def salvage(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes | None:
    """Return as many of an entry's bytes as can be unpacked, unchecked; None for none, or for over `most`."""
    packed = packed_bytes(archive, entry, most)
    return None if packed is None else _unpack(packed, entry, most)


def packed_bytes(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes | None:
    """Return an entry's bytes as they lie in the archive; None where they are not there, or there are over `most`.

    A book is read by one thread.
    """
    file = archive.fp
    if file is None or entry.file_size > most:
        return None
    try:
        file.seek(entry.header_offset)
        head = file.read(_LOCAL_BYTES)
        if head[:4] != _LOCAL:
            return None
        name_length, extra_length = struct.unpack("<HH", head[26:30])
        file.seek(name_length + extra_length, io.SEEK_CUR)
        return file.read(min(entry.compress_size, most))
    except (OSError, ValueError, struct.error):
        return None


def is_whole(entry: zipfile.ZipInfo, data: bytes) -> bool:
    """Say whether these are the bytes that the archive's directory tells of."""
    return len(data) == entry.file_size and zlib.crc32(data) == entry.CRC


def _unpack(packed: bytes, entry: zipfile.ZipInfo, most: int) -> bytes | None:
    if entry.compress_type == zipfile.ZIP_STORED:
        return packed
    inflater = _inflater(entry.compress_type)
    if inflater is None:
        return None
    data = bytearray()
    try:
        # In small pieces, so that what comes before the damage is kept.
        for start in range(0, len(packed), 4096):
            data += inflater.decompress(packed[start : start + 4096], max(1, most + 1 - len(data)))
            if len(data) > most:
                return None
    except (zlib.error, lzma.LZMAError, OSError, EOFError, MemoryError):
        pass
    return bytes(data)


def _inflater(compress_type: int) -> _Inflater | None:
    if compress_type == zipfile.ZIP_DEFLATED:
        return zlib.decompressobj(-zlib.MAX_WBITS)
    if compress_type == zipfile.ZIP_BZIP2:
        return bz2.BZ2Decompressor()
    return None


class _Mapped(mmap.mmap):
    """A private copy of a file, as zipfile wants files."""

    def seekable(self) -> bool:
        return True


def _mapped(path: Path) -> _Mapped:
    with path.open("rb") as file:
        return _Mapped(file.fileno(), 0, access=mmap.ACCESS_COPY)


def _with_one_end(path: Path) -> _Mapped | None:
    """Return the archive without what looks like an end within its comment; None where nothing does.

    zipfile takes the last one, without a look at where its comment ends.
    """
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        start = file.seek(max(0, size - _END_BYTES - _COMMENT_BYTES_MAX))
        tail = file.read()
    ends = list(_places(tail, _END))
    whole = [at for at in ends if at + _END_BYTES + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail)]
    if not whole or whole[0] == ends[-1]:
        return None
    data = _mapped(path)
    for at in ends:
        if at > whole[0]:
            data[start + at : start + at + len(_END)] = bytes(len(_END))
    return data


def _places(data: bytes, sought: bytes) -> Iterator[int]:
    at = data.find(sought)
    while at >= 0:
        yield at
        at = data.find(sought, at + 1)


def _without_extras(path: Path) -> _Mapped | None:
    """Return the archive without the extra fields of its directory that are none; None where all of them are."""
    if path.stat().st_size < _END_BYTES:
        return None
    data = _mapped(path)
    end = data.rfind(_END)
    at = end - int.from_bytes(data[end + 12 : end + 16], "little") if end >= 0 else -1
    mended = False
    while at >= 0 and data[at : at + 4] == _DIRECTORY and at + _ENTRY_BYTES <= end:
        name, extra, comment = struct.unpack("<HHH", data[at + 28 : at + 34])
        start = at + _ENTRY_BYTES + name
        if start + extra <= end and not _are_fields(data[start : start + extra], _left_to_extra(data, at)):
            data[start : start + extra] = (_NO_FIELD + struct.pack("<H", max(0, extra - 4)) + bytes(extra))[:extra]
            mended = True
        at = start + extra + comment
    return data if mended else None


def _left_to_extra(data: _Mapped, at: int) -> int:
    """Return how many bytes of sizes and places an entry of the directory leaves to its extra field."""
    return 8 * sum(data[at + place : at + place + 4] == b"\xff" * 4 for place in (20, 24, 42))


def _are_fields(extra: bytes, needed: int) -> bool:
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        if length > len(extra) - 4 or (kind == _ZIP64 and length < needed):
            return False
        extra = extra[4 + length :]
    return True


def _without_flags(path: Path) -> _Mapped:
    """Return the archive without its claims of UTF-8; the file itself stays as it is."""
    data = _mapped(path)
    for signature, place in ((_LOCAL, 6), (_DIRECTORY, 8)):
        at = data.find(signature)
        while at >= 0:
            if at + place + 2 <= len(data):
                flags = int.from_bytes(data[at + place : at + place + 2], "little") & ~_UTF8
                data[at + place : at + place + 2] = flags.to_bytes(2, "little")
            at = data.find(signature, at + 4)
    return data
