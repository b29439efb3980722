"""ComicInfo.xml, what readers of comics know of a volume: read, used, and kept up to date on the way out.

After the schema of the Anansi project (ComicInfo 2.1). What is not known here stays in the file as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from host.vocabulary import Direction

NAME: Final = "comicinfo.xml"
INFO_BYTES_MAX: Final = 4 << 20
_DIRECTIONS: Final[dict[str, Direction]] = {"yesandrighttoleft": "rtl", "no": "ltr"}
_MANGA: Final[dict[Direction, str]] = {"rtl": "YesAndRightToLeft", "ltr": "No"}
_TEXT_MAX: Final = 4096


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What the file says of a page. kind: `FrontCover`, `Story`, `Advertisement`, …, empty for nothing."""

    kind: str = ""
    is_double: bool = False


@dataclass(frozen=True, slots=True)
class ComicInfo:
    """What the file says of the volume; empty texts where it says nothing. pages: by their places, from 0."""

    data: bytes
    series: str
    number: str
    title: str
    direction: Direction
    pages: Mapping[int, PageFacts]


def read_comic_info(data: bytes) -> ComicInfo | None:
    """Return what a ComicInfo.xml says; None where it is none."""
    root = _parsed(data)
    if root is None:
        return None
    texts = {_plain(each.tag): (each.text or "").strip()[:_TEXT_MAX] for each in root}
    pages = {}
    for each in root.iter():
        place = each.get("Image", "")
        if _plain(each.tag) == "page" and place.isdecimal() and len(place) < 7:
            is_double = each.get("DoublePage", "").casefold() in ("true", "1")
            pages[int(place)] = PageFacts(each.get("Type", "").split(" ")[0], is_double)
    return ComicInfo(
        data=data,
        series=texts.get("series", ""),
        number=texts.get("number", ""),
        title=texts.get("title", ""),
        direction=_DIRECTIONS.get(texts.get("manga", "").casefold(), "auto"),
        pages=pages,
    )


def updated(data: bytes, sizes: Sequence[int], *, coloured: bool) -> bytes:
    """Return a ComicInfo.xml that is true of the pages as they are now; the same bytes where it cannot be read.

    sizes: of each page's picture, in bytes. coloured: whether any of them was coloured.
    """
    root = _parsed(data)
    if root is None:
        return data
    _set(root, "PageCount", str(len(sizes)))
    if coloured:
        _set(root, "BlackAndWhite", "No", only_there=True)
    for each in root.iter():
        place = each.get("Image", "")
        is_page = _plain(each.tag) == "page" and place.isdecimal() and len(place) < 7 and int(place) < len(sizes)
        if is_page and each.get("ImageSize") is not None:
            each.set("ImageSize", str(sizes[int(place)]))
    return _written(root)


def made(facts: Mapping[str, str], direction: Direction) -> bytes:
    """Return a new ComicInfo.xml with these elements, those with a text, in this order."""
    root = ElementTree.Element("ComicInfo")
    for name, text in {**facts, "Manga": _MANGA.get(direction, "Unknown")}.items():
        if text:
            ElementTree.SubElement(root, name).text = xml_text(text)
    ElementTree.indent(root)
    return _written(root)


def _written(root: ElementTree.Element) -> bytes:
    data: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return data


def xml_text(text: str) -> str:
    """Return a text without what XML 1.0 forbids."""
    return "".join(letter for letter in text if _is_allowed(ord(letter)))


def _is_allowed(code: int) -> bool:
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def _parsed(data: bytes) -> ElementTree.Element | None:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if len(data) > INFO_BYTES_MAX:
        return None
    try:
        root: ElementTree.Element = fromstring(data)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return None
    return root if _plain(root.tag) == "comicinfo" else None


def _plain(tag: object) -> str:
    """Return an element's name, whatever its namespace and case."""
    return tag.rpartition("}")[2].casefold() if isinstance(tag, str) else ""


def _set(root: ElementTree.Element, name: str, text: str, *, only_there: bool = False) -> None:
    found = next((each for each in root if _plain(each.tag) == name.casefold()), None)
    if found is None and not only_there:
        found = ElementTree.SubElement(root, name)
    if found is not None:
        found.text = text
