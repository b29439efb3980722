"""Pages that only a password opens go along as they are, and can still be opened."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from host.books import locked
from host.books.archive import open_archive
from host.books.book import UnreadablePage
from host.books.outputs import ArchiveOutput, FolderOutput

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = b"open sesame"


def encrypt(data: bytes) -> bytes:
    """Encrypt as APPNOTE 6.1 tells ("traditional PKWARE encryption")."""

    def crc(key: int, byte: int) -> int:
        return (key >> 8) ^ zip_table[(key ^ byte) & 0xFF]

    zip_table = []
    for each in range(256):
        value = each
        for _ in range(8):
            value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
        zip_table.append(value)
    keys = [0x12345678, 0x23456789, 0x34567890]

    def turn(byte: int) -> None:
        keys[0] = crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[2], keys[1] >> 24)

    for byte in PASSWORD:
        turn(byte)
    out = bytearray()
    for byte in data:
        mask = keys[2] | 2
        out.append(byte ^ ((mask * (mask ^ 1) >> 8) & 0xFF))
        turn(byte)
    return bytes(out)


def locked_zip(path: Path, entries: dict[str, bytes], locked: set[str], flags: int) -> Path:
    """Pack entries, some of them encrypted; `flags` besides, such as 8 for a descriptor behind the data."""
    body, directory = bytearray(), bytearray()
    for name, data in entries.items():
        check, time = zlib.crc32(data), 0x6C32
        bits = (flags | 1) if name in locked else 0
        squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = squeezer.compress(data) + squeezer.flush()
        if name in locked:
            packed = encrypt(bytes(11) + bytes([time >> 8 if flags & 8 else check >> 24]) + packed)
        sizes = (0, 0, 0) if bits & 8 else (check, len(packed), len(data))
        start = len(body)
        body += struct.pack("<4sHHHHHLLLHH", b"PK\3\4", 20, bits, 8, time, 0x5A21, *sizes, len(name), 0) + name.encode()
        body += packed
        if bits & 8:
            body += struct.pack("<4sLLL", b"PK\7\x08", check, len(packed), len(data))
        directory += struct.pack("<4sHHHHHHLLLHHHHHLL", b"PK\1\2", 20, 20, bits, 8, time, 0x5A21, check, len(packed),
                                 len(data), len(name), 0, 0, 0, 0, 0, start) + name.encode()  # fmt: skip
    tail = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    path.write_bytes(bytes(body + directory) + tail)
    return path


@pytest.mark.parametrize("flags", [0, 8])
def test_a_locked_page_and_a_locked_note_go_along_and_the_password_still_opens_them(tmp_path: Path, flags: int) -> None:
    entries = {"1.jpg": b"secret" * 500, "2.jpg": b"open", "note.txt": b"of the scanner"}
    book = open_archive(locked_zip(tmp_path / "in.cbz", entries, {"1.jpg", "note.txt"}, flags))
    output = ArchiveOutput(tmp_path / "out.cbz", book, frozenset(), ".png", tmp_path / "waiting")
    with pytest.raises(UnreadablePage, match="encrypted"):
        book.pages[0].read()
    assert output.keep(book.pages[0], left=False) == tmp_path / "out.cbz"
    output.put(book.pages[1], b"coloured", ".png")
    finished = output.finish()
    book.close()
    assert (finished.path, finished.words) == (tmp_path / "out.cbz", "")
    with zipfile.ZipFile(tmp_path / "out.cbz") as made:
        assert made.namelist() == ["1.jpg", "2.png", "note.txt"]
        assert made.read("2.png") == b"coloured"
        with pytest.raises(RuntimeError, match="password"):
            made.read("1.jpg")
        for name in ("1.jpg", "note.txt"):
            assert made.read(name, PASSWORD) == entries[name]


def test_a_folder_has_no_place_for_a_locked_page(tmp_path: Path) -> None:
    book = open_archive(locked_zip(tmp_path / "in.cbz", {"1.jpg": b"secret", "2.jpg": b"open"}, {"1.jpg"}, 0))
    output = FolderOutput(tmp_path / "out", book, frozenset(), ".png")
    with pytest.raises(UnreadablePage):
        output.keep(book.pages[0], left=False)
    book.close()


def field(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


@pytest.mark.parametrize(
    ("extra", "kept"),
    [
        (b"", b""),
        (field(1, b"12345678"), b""),
        (field(0x9901, b"aes") + field(1, b"1234") + field(0x5455, b""), field(0x9901, b"aes") + field(0x5455, b"")),
        (field(0x9901, b"aes") + b"\1\0", field(0x9901, b"aes")),  # what is cut off is none
    ],
)
def test_of_the_extra_fields_the_sizes_of_large_archives_go(extra: bytes, kept: bytes) -> None:
    assert locked._without_zip64(extra) == kept


def test_nothing_is_written_into_an_archive_that_is_closed(tmp_path: Path) -> None:
    archive = zipfile.ZipFile(tmp_path / "a.cbz", "w")
    archive.close()
    with pytest.raises(ValueError, match="closed"):
        locked.write_locked(archive, "a", locked.LockedEntry(zipfile.ZipInfo("a"), b""))
