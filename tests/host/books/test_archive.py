"""What is read of an entry: no more than it may have, and what is wrong with it is said."""

from __future__ import annotations

import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from host.books import archive, formats
from host.books.archive import open_archive
from host.books.book import UnreadablePage
from host.books.formats import container_of_head
from host.books.names import on_disk, targets, told_apart
from host.errors import BadRequest, TooLarge

if TYPE_CHECKING:
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n" + bytes(30)


def packed(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, data in entries.items():
            file.writestr(name.replace("__", "."), data)
    return path


def test_an_entry_has_so_many_bytes_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PAGE_BYTES_MAX", 40)
    book = open_archive(packed(tmp_path / "a.cbz", a__png=PNG + b"12", b__png=PNG + b"123"))
    with closing(book):
        assert [page.name for page in book.pages] == ["a.png", "b.png"]
        assert book.pages[0].read() == PNG + b"12"
        with pytest.raises(UnreadablePage, match="over 0 MiB when unpacked"):
            book.pages[1].read()


def test_a_volume_in_a_volume_has_so_many_bytes_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = packed(tmp_path / "inner.cbz", a__png=PNG).read_bytes()
    with closing(open_archive(packed(tmp_path / "a.zip", one__cbz=inner))) as book:
        (nested,) = book.nested
        target = tmp_path / "target"
        monkeypatch.setattr(archive, "VOLUME_BYTES_MAX", len(inner))
        nested.place(target)
        assert target.read_bytes() == inner
        monkeypatch.setattr(archive, "VOLUME_BYTES_MAX", len(inner) - 1)
        with pytest.raises(UnreadablePage, match="over 0 GiB when unpacked"):
            nested.place(target)


def test_an_archive_has_so_many_entries_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path / "a.cbz", a__png=PNG, b__png=PNG)
    monkeypatch.setattr(archive, "ENTRIES_MAX", 2)
    open_archive(path).close()
    monkeypatch.setattr(archive, "ENTRIES_MAX", 1)
    with pytest.raises(TooLarge, match="has 2 entries; the limit is 1"):
        open_archive(path)


def test_what_cannot_be_opened_says_why(tmp_path: Path) -> None:
    empty, cut, other = (tmp_path / name for name in ("empty.cbz", "cut.cbz", "other.cbz"))
    empty.write_bytes(b"")
    cut.write_bytes(packed(tmp_path / "a.cbz", a__png=PNG).read_bytes()[:50])
    other.write_bytes(b"no archive")
    for path, words in ((empty, "is empty"), (cut, "archive, it may be cut off: "), (other, "archive: ")):
        with pytest.raises(BadRequest, match=words) as told:
            open_archive(path)
        assert told.value.hint


def tar_head(said: int | None = None) -> bytes:
    head = bytearray(512)
    head[:5] = b"a.png"
    head[257:262] = b"ustar"
    checksum = sum(head) + 8 * 0x20 if said is None else said
    head[148:156] = b"%06o\0 " % checksum
    return bytes(head)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06", "zip"),
        (b"PK\x01\x02", None),
        (b"Rar!\x1a\x07\x01\0", "rar"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"\x1f\x8b\x08", "tar"),
        (b"BZh9", "tar"),
        (b"junk before %PDF-1.7", "pdf"),
        (tar_head(), "tar"),
        (tar_head() + b"\xff" * 100, "tar"),
        (tar_head()[:511], None),
        (tar_head(tar_head()[0]), None),
        (bytes(512), None),
        (b"\0" + tar_head()[1:], None),
        (b"x" * 512, None),
        (b"", None),
    ],
)
def test_a_container_is_told_by_its_beginning(head: bytes, kind: str | None) -> None:
    assert container_of_head(head) == kind


def test_a_self_extracting_archive_is_one(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.cbz", a__png=PNG)
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    assert formats.container_of(path) == "zip"
    epub = packed(tmp_path / "a.epub", **{"META-INF/container.xml": b"<container/>"})
    assert formats.container_of(epub) == "epub"
    assert formats.container_of(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("names", "apart"),
    [
        (["1.png", "2.png"], ["1.png", "2.png"]),
        (["1.png", "1.PNG", "1.png"], ["1.png", "1 (2).PNG", "1 (3).png"]),
        (["a/1.png", "b/1.png", "a/1.png"], ["a/1.png", "b/1.png", "a/1 (2).png"]),
        (["1.png", "1 (2).png", "1.png"], ["1.png", "1 (2).png", "1 (3).png"]),
    ],
)
def test_names_are_told_apart(names: list[str], apart: list[str]) -> None:
    assert told_apart(names) == apart
    whole = [f"{name}!" for name in names]
    assert told_apart(whole, suffixes=False)[0] == whole[0]
    assert told_apart(["v1.5", "V1.5"], suffixes=False, others=["v1.5 (2)"]) == ["v1.5", "V1.5 (3)"]


@pytest.mark.parametrize(
    ("names", "paths"),
    [
        (["1.jpg"], {"1.jpg": ("1.png", "1.jpg")}),
        (["1.jpg", "1.gif"], {"1.jpg": ("1.jpg.png", "1.jpg"), "1.gif": ("1.gif.png", "1.gif")}),
        (
            ["1.jpg", "1.gif", "1.gif.png"],
            {
                "1.jpg": ("1.jpg.png", "1.jpg"),
                "1.gif": ("1.gif.png", "1.gif"),
                "1.gif.png": ("1.gif.png.png", "1.gif (2).png"),
            },
        ),
        (["1.png"], {"1.png": ("1.png", "1.png")}),
    ],
)
def test_no_page_s_path_is_another_s(names: list[str], paths: dict[str, tuple[str, str]]) -> None:
    found = targets(names, ".png")
    if len(names) < 3:
        assert found == paths
    every = [path.casefold() for name in names for path in set(found[name])]
    assert len(every) == len(set(every))
    assert list(found) == names


def test_a_part_of_a_path_has_two_hundred_bytes_at_most() -> None:
    fits, long, suffix = "é" * 98 + ".png", "é" * 99 + ".png", "x" * 300 + ".notasuffix"
    assert len(fits.encode()) == 200
    assert on_disk(f"a/{fits}") == f"a/{fits}"
    cut = on_disk(f"a/{long}")
    assert cut.startswith("a/" + "é" * 90 + "~")
    assert cut.endswith(".png")
    assert len(cut.encode()) == 2 + 180 + 1 + 8 + 4
    assert on_disk(suffix) == "x" * 180 + on_disk(suffix)[180:]
    assert len(on_disk(suffix)) == 189
    assert on_disk("y" * 300 + ".ninechars").endswith(".ninechars")


def test_an_entry_that_ends_too_early_says_so(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.cbz", one__png=PNG)
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\1\2")
    data[directory + 20 : directory + 28] = (5000).to_bytes(4, "little") * 2
    path.write_bytes(data)
    with closing(open_archive(path)) as book, pytest.raises(UnreadablePage) as told:
        book.pages[0].read()
    assert str(told.value) == "damaged in the archive: it ends too early"


def test_a_picture_that_is_called_an_archive_is_told_as_one(tmp_path: Path) -> None:
    path = tmp_path / "v 1.cbz"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    with pytest.raises(BadRequest) as told:
        open_archive(path)
    assert str(told.value.message) == f"{path} is no archive but a picture (image/png)."
    assert told.value.hint == "Rename it to v 1.png."
