"""Which pages of a PDF are one picture and are taken out as it is, and which are drawn: by table."""

from __future__ import annotations

import zlib
from contextlib import closing
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest

from host.books import pdf
from host.books.book import UnreadablePage
from host.books.pdf import open_pdf
from host.errors import BadRequest, TooLarge

if TYPE_CHECKING:
    from pathlib import Path


class Page(dict[str, Any]):
    """A page by its boxes."""

    @property
    def MediaBox(self) -> Any:  # noqa: N802 - as pikepdf calls it
        return self["/MediaBox"]


PAGE = Page({"/MediaBox": [0, 0, 100, 200]})
CROPPED = Page({"/MediaBox": [0, 0, 300, 400], "/CropBox": [50, 60, 150, 260]})


@pytest.mark.parametrize(
    ("page", "matrix", "fills"),
    [
        (PAGE, (100, 0, 0, 200, 0, 0), True),
        (PAGE, (100, 0.2, 0.09, 200, 0, 0), True),
        (PAGE, (100, 0.2, 0.11, 200, 0, 0), False),  # it leans
        (PAGE, (-100, 0, 0, 200, 100, 0), False),
        (PAGE, (100, 0, 0, -200, 0, 200), False),
        (PAGE, (0, 100, 200, 0, 0, 0), False),
        (PAGE, (80, 0, 0, 200, 0, 0), True),  # four fifths
        (PAGE, (79.9, 0, 0, 200, 0, 0), False),
        (PAGE, (100, 0, 0, 160, 0, 0), True),
        (PAGE, (100, 0, 0, 159, 0, 0), False),
        (PAGE, (100, 0, 0, 200, 1.99, 0), True),  # two hundredths beyond
        (PAGE, (100, 0, 0, 200, 2.01, 0), False),
        (PAGE, (100, 0, 0, 200, -1.99, 0), True),
        (PAGE, (100, 0, 0, 200, -2.01, 0), False),
        (PAGE, (100, 0, 0, 200, 0, 3.99), True),
        (PAGE, (100, 0, 0, 200, 0, 4.01), False),
        (PAGE, (100, 0, 0, 200, 0, -3.99), True),
        (PAGE, (100, 0, 0, 200, 0, -4.01), False),
        (CROPPED, (100, 0, 0, 200, 50, 60), True),
        (CROPPED, (300, 0, 0, 400, 0, 0), False),
        (CROPPED, (100, 0, 0, 200, 0, 0), False),
        (Page({"/MediaBox": [0, 0, 0, 200]}), (100, 0, 0, 200, 0, 0), False),
        (Page({"/MediaBox": [0, 0, 100, 0]}), (100, 0, 0, 200, 0, 0), False),
    ],
)
def test_a_picture_is_the_page_where_it_fills_it(page: Page, matrix: tuple[float, ...], *, fills: bool) -> None:
    assert pdf._fills(page, matrix) == fills


def test_one_place_after_another_is_one_place() -> None:
    moved, scaled = (1, 0, 0, 1, 5, 7), (2, 0, 0, 3, 0, 0)
    assert pdf._times(moved, scaled) == (2, 0, 0, 3, 10, 21)
    assert pdf._times(scaled, moved) == (2, 0, 0, 3, 5, 7)
    assert pdf._times((1, 2, 3, 4, 5, 6), (7, 8, 9, 10, 11, 12)) == (25, 28, 57, 64, 100, 112)


def page_of(content: bytes, **facts: Any) -> tuple[pikepdf.Pdf, Any]:
    document = pikepdf.new()
    document.add_blank_page(page_size=(100, 200))
    page = document.pages[0]
    picture = pikepdf.Stream(document, bytes(10 * 20))
    picture.update(
        {
            "/Type": pikepdf.Name("/XObject"), "/Subtype": pikepdf.Name("/Image"), "/Width": 10, "/Height": 20,
            "/ColorSpace": pikepdf.Name("/DeviceGray"), "/BitsPerComponent": 8, **facts,
        }
    )  # fmt: skip
    page.Resources = pikepdf.Dictionary({"/XObject": pikepdf.Dictionary({"/Im0": picture, "/Im1": picture})})
    page.Contents = pikepdf.Stream(document, content)
    return document, page


WHOLE = b"100 0 0 200 0 0 cm /Im0 Do"


@pytest.mark.parametrize(
    ("content", "is_one"),
    [
        (WHOLE, True),
        (b"q " + WHOLE + b" Q", True),
        (b"50 0 0 50 0 0 cm q 2 0 0 4 0 0 cm /Im0 Do Q", True),
        (b"q 50 0 0 50 0 0 cm Q " + WHOLE, True),
        (b"Q " + WHOLE, True),  # one too many
        (b"q 2 0 0 2 0 0 cm " + WHOLE + b" Q", False),
        (WHOLE + b" /Im1 Do", False),
        (WHOLE + b" 0 0 10 10 re f", False),
        (WHOLE + b" 0 0 10 10 re n", True),
        (WHOLE + b" 0 0 m 10 10 l S", False),
        (b"BT 3 Tr (read by a scanner) Tj ET " + WHOLE, True),
        (b"BT 0 Tr (a word) Tj ET " + WHOLE, False),
        (b"BT (a word) Tj ET " + WHOLE, False),
        (b"BT 3 Tr ET BT [(a) 5 (b)] TJ ET " + WHOLE, True),
        (b"", False),
    ],
)
def test_a_page_is_a_picture_where_nothing_else_is_painted(content: bytes, *, is_one: bool) -> None:
    document, page = page_of(content)
    with document:
        assert (pdf._only_picture(page) is not None) == is_one


@pytest.mark.parametrize(
    ("facts", "is_one"),
    [
        ({}, True),
        ({"/Subtype": pikepdf.Name("/Form")}, False),
        ({"/SMask": 1}, False),
        ({"/Mask": pikepdf.Array([1, 2])}, False),
    ],
)
def test_a_picture_that_is_seen_through_is_drawn(facts: dict[str, Any], *, is_one: bool) -> None:
    document, page = page_of(WHOLE, **facts)
    with document:
        assert (pdf._only_picture(page) is not None) == is_one


@pytest.mark.parametrize(("turn", "is_one"), [(0, True), (360, True), (90, False), (-180, False)])
def test_a_page_that_is_turned_is_drawn(turn: int, *, is_one: bool) -> None:
    document, page = page_of(WHOLE)
    with document:
        page["/Rotate"] = turn
        assert (pdf._only_picture(page) is not None) == is_one


def test_very_long_contents_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    document, page = page_of(b"q Q " * 3 + WHOLE)  # eight steps
    with document:
        monkeypatch.setattr(pdf, "_STEPS_MAX", 7)
        assert pdf._only_picture(page) is not None
        monkeypatch.setattr(pdf, "_STEPS_MAX", 6)
        assert pdf._only_picture(page) is None


@pytest.mark.parametrize(
    ("filters", "last"),
    [
        (None, "None"),
        ("/DCTDecode", "/DCTDecode"),
        (["/DCTDecode"], "/DCTDecode"),
        (["/FlateDecode", "/DCTDecode"], ""),
    ],
)
def test_how_a_picture_is_packed(filters: Any, last: str) -> None:
    assert pdf._last_filter({} if filters is None else {"/Filter": filters}) == last


@pytest.mark.parametrize(("most", "is_within"), [(1000, True), (999, False)])
def test_no_more_is_inflated_than_a_picture_has(most: int, *, is_within: bool) -> None:
    packed = zlib.compress(bytes(1000))
    assert pdf._inflates_within(packed, most) == is_within
    assert not pdf._inflates_within(b"nonsense", 10**6)
    assert pdf._inflates_within(b"", 0)


@pytest.mark.parametrize(
    ("sides", "drawn"), [((), 2000), ((1999,), 2000), ((2001, 300), 2001), ((300, 5000), 5000), ((5001,), 5000)]
)
def test_a_page_is_drawn_as_fine_as_its_finest_picture(sides: tuple[int, ...], drawn: int) -> None:
    images = {str(number): SimpleNamespace(Width=side, Height=10) for number, side in enumerate(sides)}
    upright = {str(number): SimpleNamespace(Width=10, Height=side) for number, side in enumerate(sides)}
    for given in (images, upright):
        document = pdf._Document(None, SimpleNamespace(pages=[SimpleNamespace(images=given)]))  # type: ignore[arg-type]
        assert document._long_side_px(0) == drawn
    broken = pdf._Document(None, SimpleNamespace(pages=[]))  # type: ignore[arg-type]
    assert broken._long_side_px(0) == 2000


@pytest.mark.parametrize(("said", "direction"), [("/R2L", "rtl"), ("/L2R", "ltr"), ("/Other", "auto"), (None, "auto")])
def test_it_says_which_way_it_is_read(tmp_path: Path, said: str | None, direction: str) -> None:
    document, _ = page_of(WHOLE)
    with document:
        if said:
            document.Root.ViewerPreferences = pikepdf.Dictionary({"/Direction": pikepdf.Name(said)})
        document.save(tmp_path / "v.pdf")
    with closing(open_pdf(tmp_path / "v.pdf")) as book:
        assert book.direction == direction


def test_pages_are_numbered_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document, _ = page_of(WHOLE)
    with document:
        document.add_blank_page(page_size=(100, 200))
        document.save(tmp_path / "v.pdf")
    with closing(open_pdf(tmp_path / "v.pdf")) as book:
        assert [page.name for page in book.pages] == ["0001.png", "0002.png"]
        first = book.pages[0].read()
        assert first.startswith(b"\x89PNG")
        monkeypatch.setattr(pdf, "PAGE_BYTES_MAX", len(first))
        assert book.pages[0].read() == first
        monkeypatch.setattr(pdf, "_taken_out", lambda _: first + b"x")
        with pytest.raises(UnreadablePage, match="over 0 MiB when taken out"):
            book.pages[0].read()
    monkeypatch.setattr(pdf, "PAGES_MAX", 2)
    open_pdf(tmp_path / "v.pdf").close()
    monkeypatch.setattr(pdf, "PAGES_MAX", 1)
    with pytest.raises(TooLarge, match="has 2 pages; the limit is 1"):
        open_pdf(tmp_path / "v.pdf")


def test_a_document_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    document, _ = page_of(WHOLE)
    with document:
        document.save(tmp_path / "v.pdf", encryption=pikepdf.Encryption(owner="o", user="u"))
    (tmp_path / "w.pdf").write_bytes(b"%PDF-1.7 rubbish")
    with pytest.raises(BadRequest, match="the document has a password"):
        open_pdf(tmp_path / "v.pdf")
    with pytest.raises(BadRequest, match="is not a readable PDF: "):
        open_pdf(tmp_path / "w.pdf")
