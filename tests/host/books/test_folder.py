"""Which files of a folder are pages, which go along, and why the others are left out."""

import os
import sys

import pytest

from host.books.book import UnreadablePage
from host.books.folder import _read, is_volume, open_folder, open_pictures, walk_files

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def write(root, **files):
    for name, data in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def names(pages):
    return [page.name for page in pages]


def test_pages_are_in_natural_order_and_what_is_no_picture_goes_along(tmp_path):
    root = tmp_path / "Title"
    write(root, p10_DOT_png=PNG, p9_DOT_png=PNG, b__p1_DOT_png=PNG, notes_DOT_txt=b"text", unnamed=PNG)
    book = open_folder(root, tmp_path / "out")
    assert book.name == "Title"
    assert names(book.pages) == ["b/p1.png", "p9.png", "p10.png", "unnamed"]
    assert names(book.extras) == ["notes.txt"]
    assert (book.left_out, book.archives, book.direction, book.info) == ((), (), "auto", None)
    assert len(book.sources) == 5
    assert book.pages[1].read() == PNG


def test_a_books_record_says_which_way_it_is_read(tmp_path):
    record = b"<?xml version='1.0'?><ComicInfo><Series>S</Series><Manga>YesAndRightToLeft</Manga></ComicInfo>"
    write(tmp_path, ComicInfo_DOT_xml=record, p1_DOT_png=PNG)
    book = open_folder(tmp_path, tmp_path / "out")
    assert book.direction == "rtl"
    assert book.info is not None
    assert names(book.extras) == ["ComicInfo.xml"]


def test_volumes_are_books_of_their_own_and_what_is_written_is_not_read(tmp_path):
    write(tmp_path, v1_DOT_cbz=b"", v2_DOT_pdf=b"", disguised_DOT_dat=b"PK\x03\x04" + b"\0" * 60, p_DOT_png=PNG)
    write(tmp_path, out__p_DOT_png=PNG)
    book = open_folder(tmp_path, tmp_path / "out")
    assert names(book.pages) == ["p.png"]
    assert [path.name for path in book.archives] == ["disguised.dat", "v1.cbz", "v2.pdf"]
    assert book.extras == ()


@pytest.mark.parametrize(
    ("name", "data", "volume"),
    [
        ("a.cbz", b"", True),
        ("a.CBZ", b"", True),
        ("a.png", b"PK\x03\x04" + b"\0" * 60, False),
        ("a.dat", b"PK\x03\x04" + b"\0" * 60, True),
        ("a.dat", b"plain text", False),
    ],
)
def test_a_volume_is_one_by_its_name_or_its_content(tmp_path, name, data, volume):
    path = tmp_path / name
    path.write_bytes(data)
    assert is_volume(path) == volume


@pytest.mark.skipif(sys.platform == "win32", reason="makes links")
def test_why_a_file_is_left_out(tmp_path):
    root = tmp_path / "root"
    write(root, p_DOT_png=PNG, _DOT_hidden=b"", inner__q_DOT_png=PNG)
    write(tmp_path, outside_DOT_png=PNG)
    (root / "out.png").symlink_to(tmp_path / "outside.png")
    (root / "folder").symlink_to(root / "inner")
    (root / "broken.png").symlink_to(root / "nothing.png")
    (root / "again.png").symlink_to(root / "p.png")
    os.mkfifo(root / "pipe")
    found = {
        path.relative_to(root).as_posix(): (why, lost) for path, why, lost in walk_files(root, str(tmp_path / "o"))
    }
    assert found == {
        "p.png": ("", False),
        "again.png": ("", False),
        "inner/q.png": ("", False),
        ".hidden": ("a hidden file", False),
        "out.png": ("a link that leads out of the folder", False),
        "folder": ("a link to a folder", False),
        "broken.png": ("a broken link", False),
        "pipe": ("not a file", False),
    }
    book = open_folder(root, tmp_path / "o")
    assert sorted((one.name, one.reason, one.lost) for one in book.left_out) == sorted(
        (name, *said) for name, said in found.items() if said[0]
    )


def test_single_pictures_keep_their_order_and_are_told_apart_by_their_folders(tmp_path):
    write(tmp_path, b__1_DOT_png=PNG, a__1_DOT_png=PNG, a__2_DOT_png=PNG)
    one, two, three = tmp_path / "b/1.png", tmp_path / "a/1.png", tmp_path / "a/2.png"
    book = open_pictures([one, two])
    assert (book.name, names(book.pages)) == ("pages", ["b/1.png", "a/1.png"])
    assert names(open_pictures([three, two]).pages) == ["2.png", "1.png"]
    alone = open_pictures([three])
    assert (alone.name, names(alone.pages), len(alone.sources)) == ("2", ["2.png"], 1)


def test_a_file_that_is_too_large_or_gone_is_told(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * (2 << 20))
    assert len(_read(path, 2 << 20)) == 2 << 20
    with pytest.raises(UnreadablePage, match="the file has over 1 MiB"):
        _read(path, (2 << 20) - 1)
    with pytest.raises(UnreadablePage, match="No such file"):
        _read(tmp_path / "gone", 10)
