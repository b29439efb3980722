"""A fixed-layout EPUB 3 whose pages are pictures (EPUB 3.3, 8.2). The same pages give the same file, byte for byte."""

from __future__ import annotations

import hashlib
import io
import uuid
import zipfile
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from host.books.comic_info import xml_text
from host.errors import ImageInvalid
from host.picture_types import mime_of, suffix_of

if TYPE_CHECKING:
    from pathlib import Path

    from host.vocabulary import Direction

_MODIFIED: Final = "2000-01-01T00:00:00Z"  # a date of the file's making would make each file another
_CONTAINER: Final = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
_PAGE: Final = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml">
<head><title>{number}</title><meta name="viewport" content="width={width}, height={height}"/>
<style>html, body {{ margin: 0 }} img {{ display: block; width: {width}px; height: {height}px }}</style></head>
<body><img src="{address}" alt="{number}"/></body>
</html>
"""
_NAVIGATION: Final = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">
<head><title>{title}</title></head>
<body><nav epub:type="toc"><ol><li><a href="{first}">{title}</a></li></ol></nav>
<nav epub:type="page-list" hidden="hidden"><ol>{pages}</ol></nav></body>
</html>
"""
_PACKAGE: Final = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier><dc:title>{title}</dc:title><dc:language>und</dc:language>
<meta property="dcterms:modified">{modified}</meta>
<meta property="rendition:layout">pre-paginated</meta><meta property="rendition:spread">landscape</meta>
{series}</metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
{items}</manifest>
<spine{progression}>{spine}</spine>
</package>
"""


class _Page(NamedTuple):
    number: int
    picture: str
    mime: str
    is_wide: bool


class EpubFile:
    """Takes pages one at a time; a context manager. Leaving it completes the file."""

    def __init__(self, target: Path, series: str, chapter: str, direction: Direction) -> None:
        self._archive = zipfile.ZipFile(target, "w", zipfile.ZIP_STORED)
        self._series, self._chapter, self._direction = xml_text(series), xml_text(chapter), direction
        self._pages: list[_Page] = []
        self._digest = hashlib.sha256(f"{series}\0{chapter}".encode("utf-8", "replace"))
        self._write("mimetype", b"application/epub+zip")
        self._write("META-INF/container.xml", _CONTAINER.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._complete()
        self._archive.close()

    def add(self, number: int, picture: bytes) -> None:
        """Add a page: a PNG, JPEG, GIF or WebP picture.

        Raises:
            ImageInvalid: it is no picture.
        """
        width, height = _size(picture)
        mime = mime_of(picture)
        name = f"images/{number:04}{suffix_of(mime)}"
        self._digest.update(hashlib.sha256(picture).digest())
        self._write(f"OEBPS/{name}", picture)
        page = _PAGE.format(number=number, width=width, height=height, address=f"../{name}")
        self._write(f"OEBPS/pages/{number:04}.xhtml", page.encode())
        self._pages.append(_Page(number, name, mime, width > height))

    def _complete(self) -> None:
        title = escape(" ".join(filter(None, [self._series, self._chapter]))) or "Pages"
        hrefs = [f"pages/{page.number:04}.xhtml" for page in self._pages]
        listed = "".join(
            f'<li><a href="{href}">{page.number}</a></li>' for href, page in zip(hrefs, self._pages, strict=True)
        )
        navigation = _NAVIGATION.format(title=title, first=hrefs[0] if hrefs else "nav.xhtml", pages=listed)
        self._write("OEBPS/nav.xhtml", navigation.encode())
        progression = f' page-progression-direction="{self._direction}"' if self._direction in ("rtl", "ltr") else ""
        package = _PACKAGE.format(
            identifier=uuid.UUID(bytes=self._digest.digest()[:16], version=4),
            title=title,
            modified=_MODIFIED,
            series=self._collection(),
            items="".join(self._items(hrefs)),
            progression=progression,
            spine="".join(map(_itemref, self._pages)),
        )
        self._write("OEBPS/content.opf", package.encode())

    def _collection(self) -> str:
        if not self._series:
            return ""
        position = f'<meta refines="#series" property="group-position">{escape(self._chapter)}</meta>\n'
        is_number = self._chapter.replace(".", "", 1).isdecimal()
        return (
            f'<meta property="belongs-to-collection" id="series">{escape(self._series)}</meta>'
            f'<meta refines="#series" property="collection-type">series</meta>\n{position if is_number else ""}'
        )

    def _items(self, hrefs: list[str]) -> list[str]:
        items = []
        for place, (page, href) in enumerate(zip(self._pages, hrefs, strict=True)):
            cover = ' properties="cover-image"' if place == 0 else ""
            items.append(
                f'<item id="p{page.number}" href="{href}" media-type="application/xhtml+xml"/>'
                f'<item id="i{page.number}" href="{page.picture}" media-type="{page.mime}"{cover}/>\n'
            )
        return items

    def _write(self, name: str, data: bytes) -> None:
        self._archive.writestr(zipfile.ZipInfo(name), data)


def _itemref(page: _Page) -> str:
    centre = ' properties="rendition:page-spread-center"' if page.is_wide else ""
    return f'<itemref idref="p{page.number}"{centre}/>'


def _size(picture: bytes) -> tuple[int, int]:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(picture)) as image:
            return image.size
    # Pillow's plugins raise whatever their parsers meet.
    except Exception as exc:
        raise ImageInvalid("A page does not fit into an EPUB: it is no picture.", "Export as CBZ instead.") from exc
