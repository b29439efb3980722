"""Volumes of every kind become books, by what they are and not by what they are called."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import libarchive
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.books import members, unpacked
from host.books.book import UnreadablePage
from host.books.formats import container_of
from host.books.inputs import open_inputs
from host.books.volume import open_volume, open_volumes
from host.errors import BadRequest, TooLarge
from tests.host.books.rar import make_rar

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "ch/10.png": b"ten" * 50,
    "ch/9.png": b"nine" * 50,
    "ch/notes.txt": b"hello",
    "ComicInfo.xml": b"<ComicInfo><Manga>YesAndRightToLeft</Manga></ComicInfo>",
    "__MACOSX/._9.png": b"litter",
}


@pytest.fixture(autouse=True)
def home(irodori_home: Path) -> Path:
    return irodori_home


def make_7z(path: Path, files: dict[str, bytes], kind: str = "7zip", filter_name: str | None = None) -> Path:
    with libarchive.file_writer(str(path), kind, filter_name) as archive:
        for name, data in files.items():
            archive.add_file_from_memory(name, len(data), data)
    return path


def make_tar(path: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            facts = tarfile.TarInfo(name)
            facts.size = len(data)
            archive.addfile(facts, io.BytesIO(data))
    return path


def make_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


MAKERS = {
    "zip": make_zip,
    "rar": make_rar,
    "7z": make_7z,
    "tar": make_tar,
    "tar.gz": lambda path, files: make_tar(path, files, "w:gz"),
    "tar.bz2": lambda path, files: make_tar(path, files, "w:bz2"),
    "tar.xz": lambda path, files: make_tar(path, files, "w:xz"),
    "tar.zst": lambda path, files: make_7z(path, files, "pax", "zstd"),
}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("name", ["v.cbz", "v.cbr", "v.epub"])
def test_a_volume_is_read_whatever_it_is_called(tmp_path: Path, kind: str, name: str) -> None:
    book = open_volume(MAKERS[kind](tmp_path / name, FILES))
    assert [page.name for page in book.pages] == ["ch/9.png", "ch/10.png"]
    assert [page.read() for page in book.pages] == [FILES["ch/9.png"], FILES["ch/10.png"]]
    assert {extra.name: extra.read() for extra in book.extras} == {
        name: FILES[name] for name in ("ch/notes.txt", "ComicInfo.xml")
    }
    assert book.direction == "rtl"
    book.close()


def test_what_was_unpacked_goes_with_the_book(tmp_path: Path, home: Path) -> None:
    book = open_volume(make_rar(tmp_path / "v.cbr", FILES))
    assert not (home / "cache" / "unpacked").exists()
    book.pages[0].read()
    assert [each for each in (home / "cache" / "unpacked").iterdir() if each.is_dir()]
    book.close()
    assert list((home / "cache" / "unpacked").iterdir()) == []


@pytest.mark.parametrize("kind", ["rar", "tar", "7z"])
def test_no_name_in_an_archive_leads_out_of_its_folder(tmp_path: Path, home: Path, kind: str) -> None:
    files = {"../../up.png": b"1", "/abs.png": b"2", "C:\\w.png": b"3", "a\x1b[2J.png": b"4"}
    before = set(tmp_path.iterdir())
    book = open_volume(MAKERS[kind](tmp_path / "v.cbz", files))
    assert sorted(page.read() for page in book.pages) == [b"1", b"2", b"3", b"4"]
    assert all(".." not in page.name and "\x1b" not in page.name for page in book.pages)
    book.close()
    assert set(tmp_path.iterdir()) - before - {home} == {tmp_path / "v.cbz"}


def test_links_and_devices_in_a_tar_are_told_and_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "v.cbt"
    with tarfile.open(path, "w") as archive:
        for name, kind in (("1.png", tarfile.SYMTYPE), ("2.png", tarfile.FIFOTYPE), ("3.png", tarfile.LNKTYPE)):
            facts = tarfile.TarInfo(name)
            facts.type, facts.linkname = kind, "/etc/passwd"
            archive.addfile(facts)
    book = open_volume(path)
    assert not book.pages
    link = "a link, which has no bytes of its own"  # a page that the archive should have held
    assert [(each.name, each.reason, each.lost) for each in book.left_out] == [
        ("1.png", link, True), ("2.png", "not a file", False), ("3.png", link, True)
    ]  # fmt: skip
    book.close()


@pytest.mark.parametrize("kind", ["rar", "tar", "tar.gz"])
def test_of_an_archive_that_is_cut_off_the_whole_pages_are_read_and_the_rest_is_told(tmp_path: Path, kind: str) -> None:
    files = {f"{n}.png": bytes([n]) * 40_000 for n in range(1, 6)}
    path = MAKERS[kind](tmp_path / "v.cbz", files)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.55)])
    book = open_volume(path)
    read, lost = 0, 0
    for page in book.pages:
        try:
            assert page.read() == files[page.name]
            read += 1
        except UnreadablePage:
            lost += 1
    assert read >= 1
    assert lost or any(each.lost for each in book.left_out)
    book.close()


def test_of_a_damaged_member_what_is_there_can_be_had(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "v.cbt", {"1.png": b"a" * 99_000, "2.png": b"b" * 999})
    path.write_bytes(path.read_bytes()[:60_000])
    book = open_volume(path)
    with pytest.raises(UnreadablePage, match="damaged"):
        book.pages[0].read()
    assert book.pages[0].original().startswith(b"a" * 40_000)
    book.close()


def test_a_bomb_fills_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked, "_RATIO_FROM_BYTES", 1 << 20)
    book = open_volume(make_tar(tmp_path / "v.cbt", {"1.png": bytes(3 << 20), "2.png": b"x"}, "w:gz"))
    for page in book.pages:
        with pytest.raises(UnreadablePage, match="too much"):
            page.read()
    book.close()


def test_too_many_entries_and_headers_that_are_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacked, "ENTRIES_MAX", 3)
    with pytest.raises(TooLarge):
        open_volume(make_tar(tmp_path / "v.cbt", {f"{n}.png": b"" for n in range(4)}))
    monkeypatch.setattr(members, "_TAR_READ_MAX", 10_000)
    with pytest.raises(BadRequest, match="too large"):
        open_volume(make_tar(tmp_path / "w.cbt", {"n" * 20_000: b"x"}))


def test_where_nothing_reads_an_archive_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "libarchive", None)
    with pytest.raises(BadRequest, match="RAR archive, and nothing here reads") as refused:
        open_volume(make_rar(tmp_path / "v.cbr", FILES))
    assert "libarchive" in refused.value.hint
    open_volume(make_tar(tmp_path / "v.cbt", FILES, "w:xz")).close()


def test_volumes_in_volumes_are_books_of_their_own(tmp_path: Path) -> None:
    make_zip(tmp_path / "inner.cbz", {"1.png": b"inner"})
    make_rar(tmp_path / "deep.cbr", {"1.png": b"deep"})
    make_zip(tmp_path / "mid.zip", {"x/deep.cbr": (tmp_path / "deep.cbr").read_bytes()})
    make_zip(tmp_path / "doc.zip", {"word/document.xml": b"<x/>"})
    outer = make_tar(
        tmp_path / "outer.tar",
        {
            "1.png": b"outer",
            "v1.cbz": (tmp_path / "inner.cbz").read_bytes(),
            "mid.zip": (tmp_path / "mid.zip").read_bytes(),
            "notes.docx": (tmp_path / "doc.zip").read_bytes(),
        },
    )
    books = open_volumes(outer)
    found = {book.name: [page.read() for page in book.pages] for book in books if book.pages}
    assert found == {"outer": [b"outer"], "outer/v1": [b"inner"], "outer/mid/x/deep": [b"deep"]}
    assert [extra.name for extra in books[0].extras] == ["notes.docx"]
    assert not books[0].nested
    for book in books:
        book.close()


def test_a_broken_volume_in_a_volume_is_told_and_travels_along(tmp_path: Path) -> None:
    books = open_volumes(make_zip(tmp_path / "o.cbz", {"1.png": b"x", "v.cbz": b"PK\x03\x04rubbish"}))
    assert [extra.name for extra in books[0].extras] == ["v.cbz"]
    assert [(each.name, each.lost) for each in books[0].left_out] == [("v.cbz", True)]
    assert "unpacked" not in books[0].left_out[0].reason
    books[0].close()


def test_nesting_ends(tmp_path: Path) -> None:
    data = make_zip(tmp_path / "z.zip", {"1.png": b"x"}).read_bytes()
    for _ in range(6):
        data = make_zip(tmp_path / "z.zip", {"z.zip": data}).read_bytes()
    books = open_volumes(tmp_path / "z.zip")
    assert len(books) <= 4
    assert any(each.lost for book in books for each in book.left_out)
    for book in books:
        book.close()


def test_a_folder_of_volumes_gives_each_of_them(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    make_rar(shelf / "a.cbr", {"1.png": b"a"})
    make_7z(shelf / "b.dat", {"1.png": b"b"})
    (shelf / "readme.txt").write_text("hello")
    books = open_inputs([shelf], tmp_path / "out")
    assert {book.name: book.pages[0].read() for book in books} == {"a": b"a", "b": b"b"}
    for book in books:
        book.close()


STARTS = [b"Rar!\x1a\x07\x01\0", b"Rar!\x1a\x07\0", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"%PDF-1.4\n"]


@given(st.sampled_from(STARTS), st.binary(max_size=400))
def test_any_bytes_are_a_volume_or_refused(tmp_path_factory: pytest.TempPathFactory, head: bytes, rest: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "v.cbz"
    path.write_bytes(head + rest)
    assert container_of(path) is not None
    try:
        book = open_volume(path)
    except BadRequest:
        return
    for page in book.pages:
        try:
            page.read()
        except UnreadablePage:
            continue
    book.close()
