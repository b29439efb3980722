"""PDF and EPUB in and out."""

from __future__ import annotations

import io
import zipfile
from functools import partial
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import img2pdf
import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image

from host.books.book import UnreadablePage
from host.books.chapter_file import Chapter, Picture, write_chapter
from host.books.epub import open_epub
from host.books.inputs import open_inputs
from host.books.pdf import open_pdf
from host.books.volume import open_volume
from host.errors import BadRequest

if TYPE_CHECKING:
    from pathlib import Path

OPF = "{http://www.idpf.org/2007/opf}"


def picture(kind: str, number: int = 0, size: tuple[int, int] = (60, 90), mode: str = "RGB") -> bytes:
    noise = np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def make_pdf(path: Path, *pictures: bytes) -> Path:
    path.write_bytes(img2pdf.convert(list(pictures)))
    return path


def test_a_page_that_is_one_picture_gives_that_picture(tmp_path: Path) -> None:
    jpeg, grey = picture("JPEG", 1), picture("JPEG", 2, mode="L")
    png, fax = picture("PNG", 3), picture("TIFF", 4, mode="1")
    book = open_pdf(make_pdf(tmp_path / "v.pdf", jpeg, grey, png, fax))
    assert [page.name for page in book.pages][:3] == ["0001.jpg", "0002.jpg", "0003.png"]
    assert book.pages[0].read() == jpeg
    assert book.pages[1].read() == grey
    for page, source in zip(book.pages[2:], (png, fax), strict=True):
        with Image.open(io.BytesIO(page.read())) as taken, Image.open(io.BytesIO(source)) as told:
            assert np.array_equal(np.asarray(taken.convert("RGB")), np.asarray(told.convert("RGB")))
    book.close()


@pytest.mark.parametrize(
    ("content", "is_drawn"),
    [
        (b"q 60 0 0 90 0 0 cm /Im0 Do Q", False),
        (b"q 0 0 60 90 re W n 60 0 0 90 0 0 cm /Im0 Do Q BT 3 Tr /F1 9 Tf (read by a scanner) Tj ET", False),
        (b"q 60 0 0 90 0 0 cm /Im0 Do Q 1 0 0 rg 5 5 20 20 re f", True),
        (b"q 20 0 0 30 10 10 cm /Im0 Do Q", True),
        (b"q 120 0 0 180 -30 -30 cm /Im0 Do Q", True),
        (b"q 0 90 -60 0 60 0 cm /Im0 Do Q", True),
        (b"q 60 0 0 -90 0 90 cm /Im0 Do Q", True),
        (b"q 30 0 0 90 0 0 cm /Im0 Do Q q 30 0 0 90 30 0 cm /Im0 Do Q", True),
        (b"1 0 0 rg 0 0 60 90 re f", True),
    ],
)
def test_only_a_page_that_shows_its_picture_whole_and_upright_gives_it(
    tmp_path: Path, content: bytes, is_drawn: bool
) -> None:
    jpeg = picture("JPEG", 1)
    with pikepdf.open(make_pdf(tmp_path / "one.pdf", jpeg)) as document:
        page = document.pages[0]
        page.MediaBox = pikepdf.Array([0, 0, 60, 90])
        page.Resources.XObject = pikepdf.Dictionary({"/Im0": next(iter(page.Resources.XObject.values()))})
        page.Contents = document.make_stream(content)
        document.save(tmp_path / "v.pdf")
    book = open_pdf(tmp_path / "v.pdf")
    data = book.pages[0].read()
    assert (data != jpeg) == is_drawn
    if is_drawn:
        assert book.pages[0].name == "0001.png"
        with Image.open(io.BytesIO(data)) as drawn:
            assert drawn.size == pytest.approx((1333, 2000), abs=2)
    book.close()


def test_a_picture_that_does_not_say_its_size_is_drawn(tmp_path: Path) -> None:
    jpeg = picture("JPEG")
    with pikepdf.open(make_pdf(tmp_path / "one.pdf", jpeg)) as document:
        del next(iter(document.pages[0].Resources.XObject.values()))["/Height"]
        document.save(tmp_path / "v.pdf")
    book = open_pdf(tmp_path / "v.pdf")
    assert book.pages[0].read() != jpeg
    book.close()


def test_a_turned_page_is_drawn_as_it_is_seen(tmp_path: Path) -> None:
    with pikepdf.open(make_pdf(tmp_path / "one.pdf", picture("JPEG"))) as document:
        document.pages[0].Rotate = 90
        document.save(tmp_path / "v.pdf")
    book = open_pdf(tmp_path / "v.pdf")
    with Image.open(io.BytesIO(book.pages[0].read())) as drawn:
        assert drawn.width > drawn.height
    book.close()


def test_a_drawn_page_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = pikepdf.new()
    document.add_blank_page(page_size=(60, 90))
    document.save(tmp_path / "v.pdf")
    (tmp_path / "without" / "pypdfium2").mkdir(parents=True)
    (tmp_path / "without" / "pypdfium2" / "__init__.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "without"))
    book = open_pdf(tmp_path / "v.pdf")
    with pytest.raises(UnreadablePage, match=r"irodori\[library\]"):
        book.pages[0].read()
    book.close()


def test_a_page_that_ends_its_drawing_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = pikepdf.new()
    document.add_blank_page(page_size=(60, 90))
    document.save(tmp_path / "v.pdf")
    monkeypatch.setattr("host.books.pdf_draw._WALL_S", 0.01)
    book = open_pdf(tmp_path / "v.pdf")
    with pytest.raises(UnreadablePage, match="too long"):
        book.pages[0].read()
    book.close()
    (tmp_path / "without" / "pypdfium2").mkdir(parents=True)
    (tmp_path / "without" / "pypdfium2" / "__init__.py").write_text("import os; os.abort()")
    monkeypatch.setattr("host.books.pdf_draw._WALL_S", 60)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "without"))
    book = open_pdf(tmp_path / "v.pdf")
    with pytest.raises(UnreadablePage, match="cannot be drawn"):
        book.pages[0].read()
    book.close()


def test_a_password_and_damage_are_told(tmp_path: Path) -> None:
    with pikepdf.open(make_pdf(tmp_path / "one.pdf", picture("JPEG"))) as document:
        document.save(tmp_path / "v.pdf", encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(BadRequest, match="password"):
        open_pdf(tmp_path / "v.pdf")
    (tmp_path / "w.pdf").write_bytes(b"%PDF-1.7 rubbish")
    with pytest.raises(BadRequest, match="not a readable PDF"):
        open_volume(tmp_path / "w.pdf")


def test_a_pdf_reads_from_right_to_left_where_it_says_so(tmp_path: Path) -> None:
    with pikepdf.open(make_pdf(tmp_path / "one.pdf", picture("JPEG"))) as document:
        document.Root.ViewerPreferences = pikepdf.Dictionary({"/Direction": pikepdf.Name("/R2L")})
        document.save(tmp_path / "v.pdf")
    book = open_pdf(tmp_path / "v.pdf")
    assert book.direction == "rtl"
    book.close()


def make_epub(path: Path, files: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="O/c.opf"/></rootfiles></container>',
        )
        for name, data in files.items():
            archive.writestr(name, data)
    return path


PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/>
<manifest>
<item id="a" href="x/a.xhtml" media-type="application/xhtml+xml"/>
<item id="b" href="x/b%20b.xhtml" media-type="application/xhtml+xml"/>
<item id="t" href="t.xhtml" media-type="application/xhtml+xml"/>
<item id="cov" href="img/cover.jpg" media-type="image/jpeg" properties="cover-image"/>
</manifest>
<spine page-progression-direction="rtl"><itemref idref="b"/><itemref idref="t"/><itemref idref="a"/></spine>
</package>"""
EPUB = {
    "O/c.opf": PACKAGE,
    "O/x/a.xhtml": '<html><head><title>A</title></head><body><img src="../img/1.png"/>&nbsp;</body></html>',
    "O/x/b b.xhtml": '<html xmlns:xlink="x"><svg><image xlink:href="../img/2.png"/></svg></html>',
    "O/t.xhtml": "<html><body><p>words alone</p></body></html>",
    "O/img/1.png": b"one",
    "O/img/2.png": b"two",
    "O/img/cover.jpg": b"cover",
    "O/img/unused.png": b"unused",
}


def test_the_pictures_of_an_epub_come_in_the_order_of_its_spine(tmp_path: Path) -> None:
    book = open_epub(make_epub(tmp_path / "v.zip", EPUB))
    assert [(page.name, page.read()) for page in book.pages] == [
        ("0001.jpg", b"cover"), ("0002.png", b"two"), ("0003.png", b"one")
    ]  # fmt: skip
    assert book.direction == "rtl"
    assert [extra.name for extra in book.extras] == ["O/img/unused.png"]
    assert [(each.name, each.lost) for each in book.left_out] == [("O/t.xhtml", False)]
    book.close()
    [opened] = open_inputs([tmp_path / "v.zip"], tmp_path / "out")
    assert len(opened.pages) == 3
    opened.close()


def test_an_epub_under_protection_or_without_a_spine_is_told(tmp_path: Path) -> None:
    locked = '<encryption><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></encryption>'
    with pytest.raises(BadRequest, match="DRM"):
        open_volume(make_epub(tmp_path / "v.epub", EPUB | {"META-INF/encryption.xml": locked}))
    with pytest.raises(BadRequest, match="spine"):
        open_volume(make_epub(tmp_path / "w.epub", EPUB | {"O/c.opf": "<package/>"}))
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><package>&b;</package>'
    with pytest.raises(BadRequest, match="not a readable EPUB"):
        open_volume(make_epub(tmp_path / "z.epub", EPUB | {"O/c.opf": bomb}))


def chapter(*pictures: bytes, direction: str = "rtl") -> Chapter:
    pages = [partial(Picture, one, mime, True) for one, mime in ((p, _mime(p)) for p in pictures)]
    return Chapter("A & B", "7", direction, pages)  # type: ignore[arg-type]


def _mime(data: bytes) -> str:
    from host.picture_types import mime_of

    return mime_of(data)


def test_an_epub_holds_every_page_unchanged_and_says_which_way_it_is_read(tmp_path: Path) -> None:
    pictures = [picture("PNG", 1), picture("JPEG", 2), picture("PNG", 3, size=(120, 90))]
    written = write_chapter(chapter(*pictures), "epub", tmp_path / "v.epub")
    assert written.coloured == [1, 2, 3]
    with zipfile.ZipFile(tmp_path / "v.epub") as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        package = ElementTree.fromstring(archive.read("OEBPS/content.opf"))
        spine = package.find(f"{OPF}spine")
        assert spine is not None
        assert spine.get("page-progression-direction") == "rtl"
        assert [each.get("properties") for each in spine] == [None, None, "rendition:page-spread-center"]
        assert 'content="width=60, height=90"' in archive.read("OEBPS/pages/0001.xhtml").decode()
    book = open_volume(tmp_path / "v.epub")
    assert [page.read() for page in book.pages] == pictures
    assert book.direction == "rtl"
    book.close()


def test_the_same_pages_make_the_same_epub(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_chapter(chapter(picture("PNG", 1)), "epub", tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_no_reader_of_epub_shows_becomes_png_and_what_is_no_picture_is_missing(tmp_path: Path) -> None:
    pages = [
        partial(Picture, picture("TIFF", 1), "image/tiff", False),
        partial(Picture, b"rubbish", "image/png", False),
    ]
    written = write_chapter(Chapter("s", "", "auto", pages), "epub", tmp_path / "v.epub")
    assert (written.as_they_were, written.missing) == ([1], [2])
    book = open_volume(tmp_path / "v.epub")
    assert [page.name for page in book.pages] == ["0001.png"]
    book.close()


def test_a_pdf_of_ours_is_read_by_another_reader(tmp_path: Path) -> None:
    write_chapter(chapter(picture("PNG", 1), picture("JPEG", 2)), "pdf", tmp_path / "v.pdf")
    document = pypdfium2.PdfDocument(tmp_path / "v.pdf")
    assert len(document) == 2
    document.close()
