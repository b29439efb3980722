"""`Annotations`: the boxes on a book's pages, between our own records and other people's formats.

It holds all that COCO JSON and Manga109 XML both say, so that either, read and written again, says the same. What each
format has no place for stands at the top of its module. Lengths are pixels of the page.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

# Pydantic reads these types when the models are built.
from engines.detect.base import Label  # noqa: TC001
from host.pipeline.records.page_meta import Order, Record, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SCHEMA_VERSION: Final = 1
OWN_ATTRIBUTES: Final = frozenset({"id", "order", "character", "text"})
_FARTHEST_PX: Final = 10_000_000


def _finite(values: dict[str, JsonValue]) -> dict[str, JsonValue]:
    json.dumps(values, allow_nan=False)
    return values


def _paired(polygon: tuple[float, ...]) -> tuple[float, ...]:
    if len(polygon) % 2:
        raise ValueError(f"a polygon has x and y for each point, this one {len(polygon)} numbers")
    return polygon


Coordinate = Annotated[float, Field(ge=-_FARTHEST_PX, le=_FARTHEST_PX)]
Length = Annotated[float, Field(ge=0, le=_FARTHEST_PX)]
Name = Annotated[str, Field(min_length=1, max_length=1024)]
Attributes = Annotated[dict[str, JsonValue], AfterValidator(_finite)]
Polygon = Annotated[tuple[Coordinate, ...], AfterValidator(_paired)]
PageNumber = Annotated[int, Field(ge=0, le=2**63 - 1)]
Side = Annotated[int, Field(ge=1, le=_FARTHEST_PX)]
Area = Annotated[float, Field(ge=0, le=_FARTHEST_PX**2)]


class Rectangle(NamedTuple):
    """Where something is: its left upper corner and its size. Fractions of a pixel are kept."""

    left: Coordinate
    top: Coordinate
    width: Length
    height: Length

    @property
    def corners(self) -> tuple[float, ...]:
        """X and y of the corners, clockwise from the left upper one."""
        right, bottom = self.left + self.width, self.top + self.height
        return (self.left, self.top, right, self.top, right, bottom, self.left, bottom)


class RunLengths(Record):
    """A mask as COCO encodes it: `size` is height and width, `counts` runs of 0 and 1 down the columns."""

    size: tuple[int, int]
    counts: str | tuple[int, ...]


class AnnotatedBox(Record):
    """A thing on a page.

    id: names it within the book. score: None for what people drew. order: its place in reading order among its class,
    from 0. character: the id of who it is. text: what is written there. polygons: its outline, each `x, y, x, y, …`.
    mask, crowd, area_px: as COCO has them; area None is the box's. attributes: whatever else is known.
    """

    id: Name
    label: Label
    box: Rectangle
    score: Unit | None = None
    order: Order | None = None
    character: Name | None = None
    text: str | None = None
    polygons: tuple[Polygon, ...] = ()
    mask: RunLengths | None = None
    crowd: bool = False
    area_px: Area | None = None
    attributes: Attributes = Field(default_factory=dict)

    @model_validator(mode="after")
    def _unambiguous(self) -> Self:
        own = sorted(self.attributes.keys() & OWN_ATTRIBUTES)
        if own:
            raise ValueError(f"{own[0]!r} has a place of its own and is no further attribute")
        return self


class AnnotatedPage(Record):
    """A page. `number` is its own in the book: COCO's image id, Manga109's index; `name` that of its picture."""

    number: PageNumber
    name: Name
    width: Side
    height: Side
    boxes: tuple[AnnotatedBox, ...] = ()
    attributes: Attributes = Field(default_factory=dict)


class Annotations(Record):
    """A book. `characters`: the name of everyone by id, empty where nobody gave one."""

    schema_version: Literal[1] = SCHEMA_VERSION
    title: str = ""
    characters: dict[Name, str] = Field(default_factory=dict)
    pages: tuple[AnnotatedPage, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _require_distinct("page number", [page.number for page in self.pages])
        boxes = [box for page in self.pages for box in page.boxes]
        _require_distinct("box id", [box.id for box in boxes])
        strangers = sorted({box.character for box in boxes if box.character} - self.characters.keys())
        if strangers:
            raise ValueError(f"the character {strangers[0]!r} is not among the book's characters")
        return self


class Reading(NamedTuple):
    """What a file says. `left_out`: what it says besides that we have no place for, and how often."""

    annotations: Annotations
    left_out: dict[str, int]


def merged(books: Sequence[Annotations]) -> Annotations:
    """Return books as one: the first title, everyone, and all pages by their numbers.

    Pages or boxes that several books number alike are numbered anew, through the whole book.

    Raises:
        ValueError: two books give one character id to people of different names.
    """
    pages = [page for book in books for page in book.pages]
    if _has_doubles(page.number for page in pages):
        pages = [page.model_copy(update={"number": number}) for number, page in enumerate(pages, 1)]
    pages.sort(key=lambda page: page.number)
    if _has_doubles(box.id for page in pages for box in page.boxes):
        pages = _with_new_ids(pages)
    title = next((book.title for book in books if book.title), "")
    return Annotations(title=title, characters=_everyone(books), pages=tuple(pages))


def _everyone(books: Sequence[Annotations]) -> dict[str, str]:
    known: dict[str, str] = {}
    for book in books:
        for one, name in book.characters.items():
            if known.get(one) and name and known[one] != name:
                raise ValueError(f"the character {one!r} is {known[one]!r} in one file and {name!r} in another")
            known[one] = known.get(one) or name
    return known


def _with_new_ids(pages: Sequence[AnnotatedPage]) -> list[AnnotatedPage]:
    number = 0
    renamed = []
    for page in pages:
        boxes = []
        for box in page.boxes:
            number += 1
            boxes.append(box.model_copy(update={"id": str(number)}))
        renamed.append(page.model_copy(update={"boxes": tuple(boxes)}))
    return renamed


def _has_doubles(values: Iterable[object]) -> bool:
    seen = list(values)
    return len(set(seen)) < len(seen)


def _require_distinct(what: str, values: Sequence[str] | Sequence[int]) -> None:
    for one, other in pairwise(sorted(values)):
        if one == other:
            raise ValueError(f"the {what} {one!r} is given twice")
