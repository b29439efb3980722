"""Manga109 XML: the annotations of a book, as the data set of that name and its tools have them.

    <book title="…">
      <characters><character id="00000003" name="…"/></characters>
      <pages>
        <page index="3" width="1654" height="1170">
          <frame id="…" xmin="…" ymin="…" xmax="…" ymax="…"/>                      panel
          <text  id="…" xmin="…" … >what is written</text>                         text
          <face  id="…" xmin="…" … character="00000003"/>  <body … />              face, character
          <onomatopoeia id="…" x0="…" y0="…" x1="…" y1="…" …>ドン</onomatopoeia>   sfx, as the COO annotations have it

Boxes keep their order in the file, so frames written in reading order stay so. It has no place for: balloons, scores,
`order` itself, further attributes, outlines but those of sound effects, fractions of a pixel (rounded), control
characters, writing on anything but text and sound effects, who speaks a text or a sound, and names of pictures: page 3
is `003.jpg`.
Elements of other names are left out when read, and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NoReturn
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError
from pydantic import ValidationError

from host.annotations.annotations import Annotations, Reading, Rectangle
from host.errors import BadRequest
from host.pipeline.records.json_files import refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engines.detect.base import Label
    from host.annotations.annotations import AnnotatedBox

BYTES_MAX: Final = 8 * 2**20
_TAGS: Final[dict[str, Label]] = {
    "frame": "panel",
    "text": "text",
    "face": "face",
    "body": "character",
    "onomatopoeia": "sfx",
}
_TAG_OF: Final = {label: tag for tag, label in _TAGS.items()}
_WRITTEN: Final = frozenset({"text", "sfx"})
_SHOWN: Final = frozenset({"face", "character"})
_DEPTH_MAX: Final = 16
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WHOLE: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_NUMBER: Final = re.compile(r"-?[0-9]{1,8}(\.[0-9]{1,6})?", re.ASCII)


def read_manga109(data: bytes) -> Reading:
    """Return what a Manga109 file says.

    Raises:
        BadRequest: it is no XML or not of this kind, has a document type or entities, or contradicts itself.
    """
    book = _Book()
    parser = DefusedXMLParser(target=book, forbid_dtd=True)
    book.line = lambda: parser.parser.CurrentLineNumber
    try:
        parser.feed(data)
        parser.close()
    except DefusedXmlException as exc:
        raise BadRequest(
            "The XML declares a document type or entities.", "Such files are not read; remove it."
        ) from exc
    except (ParseError, ValueError, LookupError) as exc:
        raise BadRequest(f"It is no XML that can be read: {exc}.", "Write it anew.") from exc
    try:
        return Reading(book.annotations(), dict(book.left_out))
    except ValidationError as exc:
        raise refused("This is no Manga109 file that can be read.", exc) from exc


def write_manga109(annotations: Annotations) -> tuple[bytes, dict[str, int]]:
    """Return annotations as a Manga109 file, and how many boxes it has no place for, by class."""
    root = Element("book", {"title": _sayable(annotations.title)})
    characters = SubElement(root, "characters")
    for one, name in annotations.characters.items():
        SubElement(characters, "character", {"id": _sayable(one), "name": _sayable(name)})
    pages = SubElement(root, "pages")
    left_out: Counter[str] = Counter()
    for page in annotations.pages:
        sides = {"index": page.number, "width": page.width, "height": page.height}
        element = SubElement(pages, "page", {name: str(value) for name, value in sides.items()})
        for box in page.boxes:
            if box.label in _TAG_OF:
                _write_box(element, box)
            else:
                left_out[f"of class {box.label!r}"] += 1
    indent(root)
    return tostring(root, "utf-8", xml_declaration=True) + b"\n", dict(left_out)


class _Book:
    """Takes what the parser meets, element by element; no tree is built."""

    def __init__(self) -> None:
        self.line: Callable[[], int] = lambda: 0
        self.left_out: Counter[str] = Counter()
        self._title = ""
        self._characters: dict[str, str] = {}
        self._pages: list[dict[str, Any]] = []
        self._open: list[str] = []
        self._words: list[str] | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""
        path = (*self._open, tag)
        if len(path) > _DEPTH_MAX:
            raise BadRequest(f"Line {self.line()}: elements are nested too deeply.", "A book has pages, a page boxes.")
        if path[0] != "book":
            raise BadRequest(f"It is no Manga109 file: its root is <{tag[:40]}>.", "Manga109 files begin with <book>.")
        self._open.append(tag)
        element = _Attributes(tag, attributes, self.line())
        if path == ("book",):
            self._title = attributes.get("title", "")
        elif path == ("book", "characters", "character"):
            self._characters[element.required("id")] = attributes.get("name", "")
        elif path == ("book", "pages", "page"):
            self._pages.append(_page(element))
        elif path[:-1] == ("book", "pages", "page") and tag in _TAGS:
            self._words = []
            self._pages[-1]["boxes"].append(_box(element))
        elif path not in (("book", "characters"), ("book", "pages")):
            self.left_out[f"in <{tag[:40]}>"] += 1

    def data(self, words: str) -> None:
        """Take writing."""
        if self._words is not None:
            self._words.append(words)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        self._open.pop()
        if self._words is not None and tag in _TAGS:
            box = self._pages[-1]["boxes"][-1]
            written = "".join(self._words)
            box["text"] = written if written and box["label"] in _WRITTEN else None
            self._words = None

    def close(self) -> None:
        """Take the end of the file."""

    def annotations(self) -> Annotations:
        """Return the book."""
        shown = (box["character"] for page in self._pages for box in page["boxes"])
        characters = self._characters | {one: "" for one in shown if one and one not in self._characters}
        return Annotations.model_validate({"title": self._title, "characters": characters, "pages": self._pages})


class _Attributes:
    """The attributes of an element, with words for what is wrong with them."""

    def __init__(self, tag: str, attributes: Mapping[str, str], line: int) -> None:
        self.tag = tag
        self._attributes = attributes
        self._line = line

    def get(self, name: str) -> str | None:
        """Return an attribute, None where it is missing or empty."""
        return self._attributes.get(name) or None

    def required(self, name: str) -> str:
        """Return an attribute that must be there."""
        return self.get(name) or self._refuse(f"{name} is missing", f'Add {name}="…".')

    def number(self, name: str) -> float:
        """Return an attribute that must be a number."""
        text = self.required(name)
        if not _NUMBER.fullmatch(text):
            self._refuse(f"{name} is {text[:40]!r}", "Give a number of pixels.")
        return float(text)

    def whole(self, name: str) -> int:
        """Return an attribute that must be a whole number, not negative."""
        text = self.required(name)
        if not _WHOLE.fullmatch(text):
            self._refuse(f"{name} is {text[:40]!r}", "Give a whole number.")
        return int(text)

    def polygon(self) -> tuple[float, ...]:
        """Return x0, y0, x1, y1, … as far as they go."""
        sides: list[float] = []
        while self.get(f"x{len(sides) // 2}") is not None:
            place = len(sides) // 2
            sides += [self.number(f"x{place}"), self.number(f"y{place}")]
        return tuple(sides) or (self.number("x0"),)

    def rectangle(self) -> Rectangle:
        """Return the box of xmin, ymin, xmax and ymax."""
        left, top = self.number("xmin"), self.number("ymin")
        width, height = self.number("xmax") - left, self.number("ymax") - top
        if width < 0 or height < 0:
            self._refuse("it ends before it begins", "xmax and ymax are the larger ones.")
        return Rectangle(left, top, width, height)

    def _refuse(self, what: str, mend: str) -> NoReturn:
        raise BadRequest(f"Line {self._line}: <{self.tag[:40]}>: {what}.", mend)


def _page(element: _Attributes) -> dict[str, Any]:
    index = element.whole("index")
    sides = {"width": element.whole("width"), "height": element.whole("height")}
    return {"number": index, "name": f"{index:03d}.jpg", **sides, "boxes": []}


def _box(element: _Attributes) -> dict[str, Any]:
    label = _TAGS[element.tag]
    box: dict[str, Any] = {"id": element.required("id"), "label": label}
    box["character"] = element.get("character") if label in _SHOWN else None
    if label != "sfx":
        return box | {"box": element.rectangle()}
    outline = element.polygon()
    rectangle = _around(outline)
    return box | {"box": rectangle, "polygons": () if outline == rectangle.corners else (outline,)}


def _around(polygon: tuple[float, ...]) -> Rectangle:
    across, down = polygon[::2], polygon[1::2]
    return Rectangle(min(across), min(down), max(across) - min(across), max(down) - min(down))


def _write_box(page: Element, box: AnnotatedBox) -> None:
    attributes = {"id": _sayable(box.id)}
    if box.label == "sfx":
        outline = next(iter(box.polygons), ()) or box.box.corners
        for place in range(0, len(outline), 2):
            attributes |= {
                f"x{place // 2}": str(round(outline[place])),
                f"y{place // 2}": str(round(outline[place + 1])),
            }
    else:
        corners = box.box.corners
        sides = {"xmin": corners[0], "ymin": corners[1], "xmax": corners[4], "ymax": corners[5]}
        attributes |= {name: str(round(value)) for name, value in sides.items()}
    if box.label in _SHOWN and box.character:
        attributes["character"] = _sayable(box.character)
    element = SubElement(page, _TAG_OF[box.label], attributes)
    if box.label in _WRITTEN and box.text:
        element.text = _sayable(box.text)


def _sayable(text: str) -> str:
    """Return a text without what XML cannot say."""
    return _NO_XML.sub("", text)
