import zipfile
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
    outputs = layout.outputs(books, "png", tmp_path / "waiting")
    found = [
        str(output.put(book.pages[0], b"x", ".png").relative_to(tmp_path))
        for book, output in zip(books, outputs, strict=True)
    ]
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
    assert {type(output) for output in layout.outputs(books, "png", tmp_path / "waiting")} == {kind}
    assert places(layout, books, tmp_path) == expected


@pytest.mark.parametrize(
    ("target", "options", "books"),
    [("page.png", {}, TWO), ("out.cbz", {}, TWO), ("out.cbz", {"as_images": True}, ONE)],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, target, options, books) -> None:
    with pytest.raises(BadRequest):
        Layout(tmp_path / target, **options).outputs(books, "png", tmp_path / "waiting")


@pytest.mark.parametrize(
    ("target", "output_format"),
    [
        ("a.jpg", "jpeg"),
        ("a.JPEG", "jpeg"),
        ("a.webp", "webp_lossless"),
        ("a.png", "png"),
        ("a.avif", "avif"),
        ("A.JXL", "jxl"),
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


@pytest.mark.parametrize("name", ["o.cb7", "o.cbr", "o.tiff", "O.RAR"])
def test_what_is_not_written_is_refused_by_its_suffix(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadRequest, match="are not written"):
        Layout(tmp_path / name).outputs(ONE, "png", tmp_path / "waiting")
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("target", ["out", "out.cbz"])
def test_a_page_whose_suffix_is_written_large_is_one_page(tmp_path: Path, target: str) -> None:
    book = [make_book("ch1", "1.PNG", "2.Png", "P/1.jpg", "p/1 (2).PNG")]
    (output,) = Layout(tmp_path / target).outputs(book, "png", tmp_path / "waiting")
    written = [output.put(page, b"x", ".png") for page in book[0].pages]
    assert len(set(written)) == (4 if target == "out" else 1)
    output.discard()


def test_no_output_is_a_reference_or_another_file_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    reference = tmp_path / "out" / "1.PNG"
    reference.write_bytes(b"reference")
    with pytest.raises(BadRequest, match="is a source"):
        Layout(tmp_path / "out").outputs(ONE, "png", tmp_path / "waiting", reads=[reference])
    with pytest.raises(BadRequest, match="is a source"):
        Layout(tmp_path / "a.png").outputs(
            ONE, "png", tmp_path / "waiting", reads=[tmp_path / "a.report.html"], report=True
        )


def test_a_page_as_it_was_takes_no_reference_s_place(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    reference = tmp_path / "out" / "1.jpg"
    reference.write_bytes(b"reference")
    with pytest.raises(BadRequest, match="is a source"):
        Layout(tmp_path / "out").outputs([make_book("ch1", "1.jpg")], "png", tmp_path / "waiting", reads=[reference])


def test_a_page_may_stand_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"page")
    books = open_inputs([tmp_path / "1.jpg"], tmp_path)
    [output] = Layout(tmp_path).outputs(books, "png", tmp_path / "waiting")
    assert output.keep(books[0].pages[0], left=False) == tmp_path / "1.jpg"


def test_an_archive_beside_a_folder_of_its_name_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "series" / "v01").mkdir(parents=True)
    (tmp_path / "series" / "v01" / "1.jpg").write_bytes(b"x")
    with zipfile.ZipFile(tmp_path / "series" / "V01.cbz", "w") as file:
        file.writestr("1.jpg", b"x")
    books = open_inputs([tmp_path / "series"], tmp_path / "out")
    assert places(Layout(tmp_path / "out"), books, tmp_path) == ["out/v01/1.png", "out/V01 (2)/1.png"]
    for book in books:
        book.close()


def test_archives_of_a_folder_are_books_beside_its_own_pages(tmp_path: Path) -> None:
    folder = tmp_path / "series"
    folder.mkdir()
    (folder / "cover.png").write_bytes(b"x")
    for name in ("v01.cbz", "v02.CBZ"):
        with zipfile.ZipFile(folder / name, "w") as file:
            file.writestr("1.jpg", b"x")
    (folder / "v03.cbz").write_bytes(b"Rar!\x1a\x07\x01\x00")
    books = open_inputs([folder], tmp_path / "out")
    assert [(book.name, len(book.pages)) for book in books] == [("series", 1), ("v01", 1), ("v02", 1)]
    assert [(each.name, each.lost) for each in books[0].left_out] == [("v03.cbz", True)]
    assert places(Layout(tmp_path / "out"), books, tmp_path) == ["out/cover.png", "out/v01/1.png", "out/v02/1.png"]
    for book in books:
        book.close()


@pytest.mark.parametrize(
    ("target", "options", "books", "message", "hint"),
    [
        ("page.png", {}, TWO, "page.png is one picture, but there are 3 pages.", "Choose a folder."),
        ("page.png", {}, [], "page.png is one picture, but there are 0 pages.", "Choose a folder."),
        ("out.cbz", {}, TWO, "out.cbz is one archive, but there are 2 books.", "Choose a folder"),
        ("out.CBZ", {"as_images": True}, ONE, "out.CBZ is an archive, but --format is images.", "Choose a folder."),
        ("out.pdf", {"as_images": True}, ONE, "out.pdf is an archive, but --format is images.", "Choose a folder."),
        (
            *("out.cbz", {"as_document": "pdf"}, ONE),
            "out.cbz is named otherwise than --format pdf.",
            "Name a .pdf, or a folder.",
        ),
        (
            *("out.pdf", {"as_archives": True}, ONE),
            "out.pdf is named otherwise than --format cbz.",
            "Name a .cbz, or a folder.",
        ),
        ("out.cbr", {}, ONE, "out.cbr: .cbr files are not written.", "Name a folder, a .cbz, .pdf or .epub"),
    ],
)
def test_a_refusal_says_what_does_not_fit_and_what_does(tmp_path: Path, target, options, books, message, hint) -> None:
    with pytest.raises(BadRequest) as told:
        Layout(tmp_path / target, **options).outputs(books, "png", tmp_path / "waiting")
    assert told.value.message == f"{tmp_path / message}"
    assert told.value.hint.startswith(hint)


def test_a_folder_may_be_called_like_anything(tmp_path: Path) -> None:
    for name in ("out.cbr", "page.png"):
        (tmp_path / name).mkdir()
        Layout(tmp_path / name).outputs(ONE, "png", tmp_path / "waiting")
