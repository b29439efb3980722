"""What is written into an EPUB: its order, its way of reading, its series, and nothing that changes by itself."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from host.books.epub_file import EpubFile
from host.errors import ImageInvalid

if TYPE_CHECKING:
    from pathlib import Path


def picture(width: int = 30, height: int = 40, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (width, height, 7)).save(buffer, kind)
    return buffer.getvalue()


def written(
    path: Path, *pages: tuple[int, bytes], series: str = "S", chapter: str = "7", direction: Any = "rtl"
) -> dict[str, str]:
    """Return the texts of an EPUB with these pages."""
    with EpubFile(path, series, chapter, direction) as epub:
        for number, page in pages:
            epub.add(number, page)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist()[0] == "mimetype"
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist())
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


def package_of(path: Path, *pages: tuple[int, bytes], **facts: Any) -> str:
    return written(path, *pages, **facts)["OEBPS/content.opf"]


def test_every_page_is_a_document_with_its_picture(tmp_path: Path) -> None:
    files = written(tmp_path / "a.epub", (3, picture()), (12, picture(50, 20, "JPEG")))
    assert list(files) == [
        "mimetype", "META-INF/container.xml", "OEBPS/images/0003.png", "OEBPS/pages/0003.xhtml",
        "OEBPS/images/0012.jpg", "OEBPS/pages/0012.xhtml", "OEBPS/nav.xhtml", "OEBPS/content.opf",
    ]  # fmt: skip
    assert files["mimetype"] == "application/epub+zip"
    assert 'full-path="OEBPS/content.opf"' in files["META-INF/container.xml"]
    page = files["OEBPS/pages/0012.xhtml"]
    assert 'content="width=50, height=20"' in page
    assert "width: 50px; height: 20px" in page
    assert '<img src="../images/0012.jpg" alt="12"/>' in page
    for name, text in files.items():
        if name.endswith(("xhtml", "opf", "xml")):
            ElementTree.fromstring(text)


def test_the_package_lists_pages_in_their_order_the_first_one_as_cover(tmp_path: Path) -> None:
    package = package_of(tmp_path / "a.epub", (3, picture()), (12, picture(50, 20, "JPEG")), (13, picture(20, 20)))
    assert re.findall(r"<item .*?/>", package) == [
        '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>',
        '<item id="p3" href="pages/0003.xhtml" media-type="application/xhtml+xml"/>',
        '<item id="i3" href="images/0003.png" media-type="image/png" properties="cover-image"/>',
        '<item id="p12" href="pages/0012.xhtml" media-type="application/xhtml+xml"/>',
        '<item id="i12" href="images/0012.jpg" media-type="image/jpeg"/>',
        '<item id="p13" href="pages/0013.xhtml" media-type="application/xhtml+xml"/>',
        '<item id="i13" href="images/0013.png" media-type="image/png"/>',
    ]
    assert (
        '<itemref idref="p3"/><itemref idref="p12" properties="rendition:page-spread-center"/><itemref idref="p13"/>'
        in package
    )


@pytest.mark.parametrize(
    ("direction", "spine"),
    [
        ("rtl", '<spine page-progression-direction="rtl">'),
        ("ltr", '<spine page-progression-direction="ltr">'),
        ("auto", "<spine>"),
    ],
)
def test_it_says_which_way_it_is_read(tmp_path: Path, direction: str, spine: str) -> None:
    assert spine in package_of(tmp_path / "a.epub", (1, picture()), direction=direction)


COLLECTION = (
    '<meta property="belongs-to-collection" id="series">{}</meta>'
    '<meta refines="#series" property="collection-type">series</meta>\n'
)
POSITION = '<meta refines="#series" property="group-position">{}</meta>\n'


@pytest.mark.parametrize(
    ("series", "chapter", "title", "told"),
    [
        ("S", "7", "S 7", COLLECTION.format("S") + POSITION.format("7")),
        ("S", "7.5", "S 7.5", COLLECTION.format("S") + POSITION.format("7.5")),
        ("S", "7.5.1", "S 7.5.1", COLLECTION.format("S")),
        ("S", "Extra", "S Extra", COLLECTION.format("S")),
        ("S", "", "S", COLLECTION.format("S")),
        ("", "7", "7", ""),
        ("", "", "Pages", ""),
        ("A & <B>", "\x007", "A &amp; &lt;B&gt; 7", COLLECTION.format("A &amp; &lt;B&gt;") + POSITION.format("7")),
    ],
)
def test_it_says_of_which_series_and_which_chapter_it_is(
    tmp_path: Path, series: str, chapter: str, title: str, told: str
) -> None:
    files = written(tmp_path / "a.epub", (1, picture()), series=series, chapter=chapter)
    package = files["OEBPS/content.opf"]
    assert f"<dc:title>{title}</dc:title>" in package
    assert f'<meta property="rendition:spread">landscape</meta>\n{told}</metadata>' in package
    assert f"<head><title>{title}</title></head>" in files["OEBPS/nav.xhtml"]


def test_the_navigation_leads_to_the_first_page_and_lists_all(tmp_path: Path) -> None:
    navigation = written(tmp_path / "a.epub", (3, picture()), (4, picture()))["OEBPS/nav.xhtml"]
    assert '<li><a href="pages/0003.xhtml">S 7</a></li>' in navigation
    assert '<ol><li><a href="pages/0003.xhtml">3</a></li><li><a href="pages/0004.xhtml">4</a></li></ol>' in navigation
    assert '<a href="nav.xhtml">' in written(tmp_path / "b.epub")["OEBPS/nav.xhtml"]


def test_the_same_pages_have_one_name_and_others_another(tmp_path: Path) -> None:
    def name(*pages: bytes, **facts: str) -> str:
        package = package_of(tmp_path / "a.epub", *enumerate(pages, 1), **facts)
        return re.findall(r"urn:uuid:([0-9a-f-]{36})<", package)[0]

    one, other = picture(), picture(31)
    names = {
        name(one), name(one, other), name(other, one), name(one, chapter="8"), name(one, series="T"),
        name(one, series="S7", chapter=""),
    }  # fmt: skip
    assert len(names) == 6
    assert name(one) == name(one)


def test_what_is_no_picture_is_told_and_a_fault_completes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.epub"
    with pytest.raises(ImageInvalid, match="it is no picture") as told, EpubFile(path, "S", "7", "rtl") as epub:
        epub.add(1, b"nothing")
    assert told.value.hint == "Export as CBZ instead."
    with zipfile.ZipFile(path) as archive:
        assert "OEBPS/content.opf" not in archive.namelist()
