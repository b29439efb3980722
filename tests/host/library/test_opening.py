"""A volume as books, or why it is none; its files are given back where it is none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from host.books.volume import open_volumes
from host.errors import BadRequest, TooLarge
from host.library import opening
from host.library.shelf import find_volumes
from tests.host.library.shelves import make_cbz, picture

if TYPE_CHECKING:
    from pathlib import Path

    from host.books.book import Book
    from host.library.shelf import Source


def source_of(path: Path, output: Path) -> Source:
    [found] = find_volumes([path], output).sources
    return found


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    closed: list[str] = []

    def opened(path: Path) -> list[Book]:
        def closing(book: Book) -> Book:
            def close() -> None:
                closed.append(book.name)
                book.close()

            return replace(book, close=close)

        return [closing(book) for book in open_volumes(path)]

    monkeypatch.setattr(opening, "open_volumes", opened)
    return closed


def test_a_file_and_a_folder_are_books_that_their_caller_closes(watched: list[str], tmp_path: Path) -> None:
    [book] = opening.open_source(source_of(make_cbz(tmp_path / "v.cbz", {"1.png": picture(1)}), tmp_path / "out"))
    assert [page.name for page in book.pages] == ["1.png"]
    assert watched == []
    book.close()
    (tmp_path / "shelf" / "folder").mkdir(parents=True)
    (tmp_path / "shelf" / "folder" / "2.png").write_bytes(picture(2))
    [book] = opening.open_source(source_of(tmp_path / "shelf", tmp_path / "out"))
    assert [page.name for page in book.pages] == ["2.png"]


def test_a_volume_without_a_page_says_what_is_in_it(watched: list[str], tmp_path: Path) -> None:
    make_cbz(tmp_path / "v.cbz", {"1.png": picture(1)})
    source = source_of(tmp_path / "v.cbz", tmp_path / "out")
    make_cbz(tmp_path / "v.cbz", {"notes.txt": b"x"})
    with pytest.raises(BadRequest, match="There is no page in it") as told:
        opening.open_source(source)
    assert told.value.hint == "Pages are pictures."
    assert watched == ["v"]


def test_a_book_of_too_many_pages_is_refused_with_how_many(
    watched: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = source_of(make_cbz(tmp_path / "v.cbz", {f"{n}.png": picture(n) for n in range(3)}), tmp_path / "out")
    monkeypatch.setattr(opening, "PAGES_MAX", 3)
    opening.open_source(source)[0].close()
    watched.clear()
    monkeypatch.setattr(opening, "PAGES_MAX", 2)
    with pytest.raises(TooLarge) as told:
        opening.open_source(source)
    assert told.value.message == "v has 3 pages; the limit is 2."
    assert told.value.hint == "Split it."
    assert watched == ["v"]
