"""Entries of archives that zipfile refuses: their names, and what can be had of their bytes."""

from __future__ import annotations

import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from host.books.pack import pack
from host.books.zip_entries import decoded_name, is_whole, open_zip, packed_bytes, salvage

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = bytes(range(256)) * 60


def archive(path: Path, method: int = zipfile.ZIP_DEFLATED, name: str = "1.png") -> zipfile.ZipFile:
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr(name, CONTENT)
    return open_zip(path)


def damaged(path: Path, method: int, at: int, by: bytes) -> zipfile.ZipFile:
    archive(path, method).close()
    data = bytearray(path.read_bytes())
    data[at : at + len(by)] = by
    path.write_bytes(data)
    return open_zip(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_what_is_whole_is_salvaged_whole(tmp_path: Path, method: int) -> None:
    with archive(tmp_path / "a.zip", method) as opened:
        [entry] = opened.infolist()
        assert salvage(opened, entry, len(CONTENT)) == CONTENT
        assert salvage(opened, entry, len(CONTENT) - 1) is None
        assert is_whole(entry, CONTENT)
        assert not is_whole(entry, CONTENT[:-1])
        assert not is_whole(entry, b"x" + CONTENT[1:])


def test_what_comes_before_the_damage_is_kept(tmp_path: Path) -> None:
    """A stream of two blocks, the second one garbled."""
    noise = b"".join(bytes([(place * place * 7 + place) % 251]) for place in range(60_000))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("1.png", noise)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40] = b"\xff" * 40
    (tmp_path / "a.zip").write_bytes(data)
    with open_zip(tmp_path / "a.zip") as opened:
        found = salvage(opened, opened.infolist()[0], 100_000)
    assert found is not None
    assert len(found) > 0
    assert noise.startswith(found[: len(found) // 3])


def test_a_method_that_nothing_here_unpacks_gives_nothing(tmp_path: Path) -> None:
    with archive(tmp_path / "a.zip", zipfile.ZIP_LZMA) as opened:
        assert salvage(opened, opened.infolist()[0], 1 << 20) is None


def test_packed_bytes_are_those_of_the_archive_and_none_where_no_entry_begins(tmp_path: Path) -> None:
    with archive(tmp_path / "a.zip", zipfile.ZIP_STORED) as opened:
        [entry] = opened.infolist()
        assert packed_bytes(opened, entry, len(CONTENT)) == CONTENT
        assert packed_bytes(opened, entry, len(CONTENT) - 1) is None
        entry.header_offset = 5
        assert packed_bytes(opened, entry, len(CONTENT)) is None
        entry.header_offset = 1 << 40
        assert packed_bytes(opened, entry, len(CONTENT)) is None
    assert packed_bytes(opened, entry, len(CONTENT)) is None  # the archive is closed


def test_a_name_is_decoded_unless_it_says_that_it_is_utf_8(tmp_path: Path) -> None:
    with archive(tmp_path / "a.zip", name="表.png") as opened:
        assert decoded_name(opened.infolist()[0]) == "表.png"
    entry = zipfile.ZipInfo("x.png")
    entry.orig_filename = "表.png".encode("cp932").decode("cp437")
    assert decoded_name(entry) == "表.png"
    entry.orig_filename = "\u2603.png"  # of an extra field
    assert decoded_name(entry) == "\u2603.png"


def test_the_same_entries_are_packed_to_the_same_bytes_in_their_order(tmp_path: Path) -> None:
    entries = [("b.png", b"2"), ("a.png", b"1")]
    for name in ("one.zip", "two.zip"):
        pack(tmp_path / name, entries)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as file:
        assert [(one.filename, one.compress_type) for one in file.infolist()] == [("b.png", 0), ("a.png", 0)]
        assert file.read("a.png") == b"1"


def with_extra(path: Path, extra: bytes, sizes: bytes = b"") -> None:
    """Write two entries, the second with this in the place of its extra field and of its sizes, behind something."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("1.png", CONTENT)
        facts = zipfile.ZipInfo("2.png")
        facts.extra = b"\xfe\xca" + struct.pack("<H", len(extra) - 4) + bytes(len(extra) - 4)
        file.writestr(facts, CONTENT)
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\1\2")
    data[entry + 51 : entry + 51 + len(extra)] = extra
    data[entry + 20 : entry + 20 + len(sizes)] = sizes
    path.write_bytes(b"before" + data)


@pytest.mark.parametrize(
    "extra",
    [
        b"\1\0\x18\0",
        b"up\xff\xff\1",
        b"\xff\xff\xff\xff",
        b"UT\5\0\3\0\0\0\0xx\x09\0",
        b"\1\0\0\0\1\0\x10\0" + bytes(15),
    ],
)
def test_an_extra_field_that_is_none_costs_no_entry(tmp_path: Path, extra: bytes) -> None:
    path = tmp_path / "a.cbz"
    with_extra(path, extra)
    before = path.read_bytes()
    with open_zip(path) as found:
        assert [(name, found.read(name)) for name in found.namelist()] == [("1.png", CONTENT), ("2.png", CONTENT)]
    assert path.read_bytes() == before


def test_sizes_that_an_extra_field_does_not_have_cost_their_own_entry_alone(tmp_path: Path) -> None:
    with_extra(tmp_path / "a.cbz", b"\1\0\x08\0" + bytes(8), sizes=b"\xff" * 8)
    with open_zip(tmp_path / "a.cbz") as found:
        assert found.namelist() == ["1.png", "2.png"]
        assert found.read("1.png") == CONTENT


def test_what_is_no_archive_for_another_reason_stays_none(tmp_path: Path) -> None:
    path = tmp_path / "a.cbz"
    with_extra(path, b"\xfe\xca\0\0")
    whole = path.read_bytes()
    for data in (b"", b"PK\5\6", whole[:-30], b"PK\5\6" + bytes(4) + b"\xff" * 14):
        path.write_bytes(data)
        with pytest.raises(zipfile.BadZipFile):
            open_zip(path)


@pytest.mark.parametrize(
    "comment",
    [
        pytest.param(b"PK\5\6" + bytes(18) + b"c" * 60_000, id="an empty one before the end"),
        pytest.param(b"PK\5\6" * 3 + b"words", id="its name alone"),
        pytest.param(b"words PK\5\6" + bytes(18), id="an empty one at the end"),
    ],
)
def test_what_looks_like_an_end_within_the_comment_is_none(tmp_path: Path, comment: bytes) -> None:
    archive(tmp_path / "a.zip").close()
    whole = (tmp_path / "a.zip").read_bytes()
    written = whole[:-2] + struct.pack("<H", len(comment)) + comment
    (tmp_path / "a.zip").write_bytes(written)
    with open_zip(tmp_path / "a.zip") as opened:
        assert opened.namelist() == ["1.png"]
        assert opened.read("1.png") == CONTENT
    assert (tmp_path / "a.zip").read_bytes() == written


@pytest.mark.parametrize("tail", [b"", bytes(5000)])
def test_an_archive_with_something_after_its_end_is_left_to_zipfile(tmp_path: Path, tail: bytes) -> None:
    archive(tmp_path / "a.zip").close()
    (tmp_path / "a.zip").write_bytes((tmp_path / "a.zip").read_bytes() + tail)
    with open_zip(tmp_path / "a.zip") as opened:
        assert opened.namelist() == ["1.png"]


def test_nothing_is_not_a_whole_entry_because_its_sum_is_nought() -> None:
    """Where a directory lost its sums, an entry without a byte has the sum that it tells of."""
    entry = zipfile.ZipInfo("1.png")
    entry.CRC, entry.file_size = 0, 1
    assert not is_whole(entry, b"")
    entry.file_size = 0
    assert is_whole(entry, b"")
