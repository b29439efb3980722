from pathlib import Path

import pytest

from host.books.book import Book, BookPage
from host.books.inputs import open_inputs
from host.books.layout import Layout
from host.books.outputs import ArchiveOutput, FileOutput, FolderOutput
from host.errors import BadRequest


def make_book(name: str, *pages: str) -> Book:
    return Book(name, tuple(BookPage(page, lambda: b"") for page in pages), (), frozenset())


ONE = [make_book("ch1", "1.png")]
TWO = [make_book("ch1", "1.png", "2.png"), make_book("ch2", "1.png")]


def places(layout: Layout, books: list[Book], tmp_path: Path) -> list[str]:
    outputs = layout.outputs(books, "png")
    found = [str(output.put("1.png", b"x", ".png").relative_to(tmp_path)) for output in outputs]
    for output in outputs:
        output.discard()
    return found


@pytest.mark.parametrize(
    ("target", "options", "books", "kind", "expected"),
    [
        ("out", {}, ONE, FolderOutput, ["out/1.png"]),
        ("out", {}, TWO, FolderOutput, ["out/ch1/1.png", "out/ch2/1.png"]),
        ("out.cbz", {}, ONE, ArchiveOutput, ["out.cbz"]),
        ("out", {"as_archives": True}, ONE, ArchiveOutput, ["out/ch1.cbz"]),
        ("out", {"as_archives": True}, TWO, ArchiveOutput, ["out/ch1.cbz", "out/ch2.cbz"]),
        ("page.png", {}, ONE, FileOutput, ["page.png"]),
        ("page.png", {"as_archives": True}, ONE, ArchiveOutput, ["page.png/ch1.cbz"]),
    ],
)
def test_the_target_decides(tmp_path: Path, target, options, books, kind, expected) -> None:
    layout = Layout(tmp_path / target, **options)
    assert {type(output) for output in layout.outputs(books, "png")} == {kind}
    assert places(layout, books, tmp_path) == expected


@pytest.mark.parametrize(
    ("target", "options", "books"),
    [("page.png", {}, TWO), ("out.cbz", {}, TWO), ("out.cbz", {"as_images": True}, ONE)],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, target, options, books) -> None:
    with pytest.raises(BadRequest):
        Layout(tmp_path / target, **options).outputs(books, "png")


@pytest.mark.parametrize(
    ("target", "output_format"),
    [
        ("a.jpg", "jpeg"),
        ("a.JPEG", "jpeg"),
        ("a.webp", "webp_lossless"),
        ("a.png", "png"),
        ("a", None),
        ("a.cbz", None),
    ],
)
def test_the_suffix_of_a_picture_decides_its_encoding(tmp_path: Path, target: str, output_format: str | None) -> None:
    assert Layout(tmp_path / target).output_format == output_format


def test_the_report_goes_into_a_folder_or_beside_a_file(tmp_path: Path) -> None:
    assert Layout(tmp_path / "out").report == tmp_path / "out" / "report.html"
    assert Layout(tmp_path / "out.cbz").report == tmp_path / "out.report.html"
    assert Layout(tmp_path / "a.png").report == tmp_path / "a.report.html"


def test_books_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for folder in ("a/ch", "b/ch"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "1.png").write_bytes(b"x")
    books = open_inputs([tmp_path / "a/ch", tmp_path / "b/ch"], tmp_path / "out")
    assert [book.name for book in books] == ["ch", "ch (2)"]
