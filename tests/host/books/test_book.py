"""Names of pages, and what a volume's files say of it."""

from __future__ import annotations

import pytest

from host.books.book import (
    Book,
    BookPage,
    UnreadablePage,
    is_picture,
    is_picture_name,
    natural_key,
    told_info,
    why_no_page,
)
from host.books.comic_info import read_comic_info

INFO = b"<ComicInfo><Series>Pepper</Series></ComicInfo>"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


def page(name: str, data: bytes | None = b"") -> BookPage:
    def read() -> bytes:
        if data is None:
            raise UnreadablePage("it is locked")
        return data

    return BookPage(name, read)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("1.png", True),
        ("1.PNG", True),
        ("a.b/1.jfif", True),
        ("png", False),
        (".png", True),
        ("1.txt", False),
        ("", False),
    ],
)
def test_a_picture_is_known_by_its_suffix(name: str, is_one: bool) -> None:
    assert is_picture_name(name) is is_one
    assert why_no_page(page(name)) == ("a picture that is on no page" if is_one else "not a picture")


@pytest.mark.parametrize(
    ("name", "head", "is_one"),
    [
        ("1.png", b"", True),
        ("page", PNG, True),
        ("page.dat", PNG, True),
        ("page", b"text", False),
        ("1.png.bak", PNG, False),
        ("1.png.PART", PNG, False),
        ("1.png~", PNG, False),
    ],
)
def test_where_a_name_says_nothing_the_first_bytes_do(name: str, head: bytes, is_one: bool) -> None:
    asked: list[str] = []

    def first() -> bytes:
        asked.append(name)
        return head

    assert is_picture(name, first) is is_one
    assert len(asked) == (0 if name == "1.png" or (not is_one and name != "page") else 1)


def test_names_are_sorted_as_people_count() -> None:
    names = ["10.png", "2.png", "B/1.png", "a/10.png", "a/9.png", "1a.png", "1.png"]
    assert sorted(names, key=natural_key) == ["1.png", "1a.png", "2.png", "10.png", "a/9.png", "a/10.png", "B/1.png"]


def test_the_first_comic_info_that_can_be_read_counts() -> None:
    told = told_info(
        [page("1.png"), page("a/ComicInfo.xml", None), page("b/COMICINFO.XML", INFO), page("ComicInfo.xml")]
    )
    assert told is not None
    assert told.series == "Pepper"
    assert told_info([page("ComicInfo.xml.bak", INFO)]) is None
    assert told_info([page("ComicInfo.xml", None)]) is None
    assert told_info([]) is None


def test_a_book_has_the_series_of_its_file_and_a_page_its_bytes() -> None:
    assert Book("b", (), (), frozenset()).series == ""
    assert Book("b", (), (), frozenset(), info=read_comic_info(INFO)).series == "Pepper"
    assert page("1.png", b"x").original() == b"x"
    assert BookPage("1.png", lambda: b"x", as_it_was=lambda: b"damaged").original() == b"damaged"
    Book("b", (), (), frozenset()).close()
