"""A folder for what lies on disk while a book is read, and what archives have in common."""

import pytest

from host.books.archived import archive_book, needs_password
from host.books.book import BookPage, LeftOut
from host.books.comic_info import ComicInfo
from host.books.scratch import Scratch
from host.errors import BadRequest
from host.paths import state_paths


def test_a_scratch_folder_is_made_at_need_and_goes_with_all_in_it(irodori_home):
    scratch, other = Scratch(), Scratch()
    unpacked = state_paths().cache / "unpacked"
    scratch.close()
    assert not unpacked.exists()
    path = scratch.path
    assert path.is_dir()
    assert path.is_relative_to(unpacked)
    assert irodori_home in path.parents
    assert scratch.path == path
    assert other.path != path
    (path / "inner").mkdir()
    (path / "inner" / "page").write_bytes(b"x")
    scratch.close()
    scratch.close()
    assert not path.exists()
    assert other.path.is_dir()
    again = scratch.path
    assert again.is_dir()
    scratch.close()
    other.close()


def book(path, *names, **facts):
    pages = [BookPage(name, lambda: b"") for name in names]
    given = {"is_locked": False, "left_out": (), "extras": (), "nested": (), "info": None, "close": lambda: None}
    return archive_book(path, pages, **given | facts)


def test_an_archives_pages_are_in_natural_order(tmp_path):
    closed = []
    left, extra = LeftOut("x", "why"), BookPage("notes.txt", lambda: b"")
    made = book(
        tmp_path / "Vol. 1.cbz", "p10.png", "P9.png", "a/1.png",
        left_out=[left], extras=[extra], close=lambda: closed.append(1),
    )  # fmt: skip
    assert [page.name for page in made.pages] == ["a/1.png", "P9.png", "p10.png"]
    assert (made.name, made.left_out, made.extras) == ("Vol. 1", (left,), (extra,))
    assert (made.direction, made.info, made.nested) == ("auto", None, ())
    assert made.sources == frozenset({(tmp_path / "Vol. 1.cbz").resolve()})
    made.close()
    assert closed == [1]


def test_an_archives_record_says_which_way_it_is_read(tmp_path):
    info = ComicInfo(data=b"", series="", number="", title="", direction="rtl", pages={})
    made = book(tmp_path / "a.cbz", info=info)
    assert (made.direction, made.info) == ("rtl", info)


def test_a_locked_archive_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "a.cbz"
    with pytest.raises(BadRequest) as refused:
        book(path, "p.png", is_locked=True)
    said = needs_password(path)
    assert (refused.value.message, refused.value.hint) == (said.message, said.hint)
    assert said.message == f"{path}: the archive has a password."
    assert said.hint == "Unpack it with the password, and pass the folder."
