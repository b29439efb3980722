"""COCO JSON, as detectors and labelling tools read it.

    info.description    the book's title
    categories[]        our six classes, ids 1 to 6
    images[]            id, file_name, width, height; attributes
    annotations[]       id, image_id, category_id, bbox [x, y, width, height], area, iscrowd, segmentation;
                        score, as in result files; attributes: order, character, text, and whatever else is known
    characters[]        id and name; ours, other tools pass over it

Ids that are no numbers stand as `id` in the attributes. It holds all of `Annotations`. Of other people's files we do
not keep: licences, the rest of `info`, dates and addresses of pictures, keypoints, supercategories. Classes under other
names become ours (`SYNONYMS`); boxes of classes that we do not know are left out, and counted.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from engines.detect.base import LABELS
from host.annotations.annotations import (
    OWN_ATTRIBUTES,
    AnnotatedBox,
    AnnotatedPage,
    Annotations,
    Area,
    Attributes,
    Name,
    PageNumber,
    Polygon,
    Reading,
    Rectangle,
    RunLengths,
    Side,
)
from host.pipeline.records.json_files import parse_json, refused
from host.pipeline.records.page_meta import Order, Unit  # noqa: TC001 - pydantic reads them

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engines.detect.base import Label

BYTES_MAX: Final = 32 * 2**20
_DIGITS_MAX: Final = 16
SYNONYMS: Final[dict[str, Label]] = {
    "frame": "panel",
    "bubble": "balloon",
    "speech bubble": "balloon",
    "speech balloon": "balloon",
    "text bubble": "balloon",
    "lettering": "text",
    "text block": "text",
    "onomatopoeia": "sfx",
    "sound effect": "sfx",
    "body": "character",
    "person": "character",
    "figure": "character",
}


class _Model(BaseModel):
    """What we read of a file; the rest is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class _Info(_Model):
    description: str = ""


class _Category(_Model):
    id: int
    name: str

    @property
    def label(self) -> Label | None:
        name = self.name.casefold().replace("_", " ").replace("-", " ").strip()
        return next((label for label in LABELS if name in (label, f"{label}s")), SYNONYMS.get(name))


class _Character(_Model):
    id: Name
    name: str = ""


class _Image(_Model):
    id: PageNumber
    file_name: Name
    width: Side
    height: Side
    attributes: Attributes = {}


class _Own(_Model):
    """The attributes that have a place of their own in an `AnnotatedBox`."""

    id: Name | None = None
    order: Order | None = None
    character: Name | None = None
    text: str | None = None


class _Annotation(_Model):
    id: int | None = None
    image_id: int
    category_id: int
    bbox: Rectangle
    area: Area | None = None
    iscrowd: bool = False
    score: Unit | None = None
    segmentation: tuple[Polygon, ...] | RunLengths = ()
    attributes: Attributes = {}
    own: _Own = _Own()

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, fields: Any) -> Any:
        """Take our own attributes out of the others."""
        if not isinstance(fields, dict) or not isinstance(attributes := fields.get("attributes"), dict):
            return fields
        own = {name: value for name, value in attributes.items() if name in OWN_ATTRIBUTES}
        return fields | {"attributes": {k: v for k, v in attributes.items() if k not in own}, "own": own}


class _Coco(_Model):
    info: _Info = _Info()
    images: tuple[_Image, ...]
    annotations: tuple[_Annotation, ...] = ()
    categories: tuple[_Category, ...]
    characters: tuple[_Character, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        images, categories = {one.id for one in self.images}, {one.id for one in self.categories}
        for place, one in enumerate(self.annotations):
            if one.image_id not in images:
                raise ValueError(f"annotations[{place}] is on the image {one.image_id}, which the file does not have")
            if one.category_id not in categories:
                raise ValueError(f"annotations[{place}] is of category {one.category_id}, which the file does not have")
        return self


def read_coco(data: bytes) -> Reading:
    """Return what a COCO file says.

    Raises:
        BadRequest: it is no JSON, no COCO file, or contradicts itself; the hint names the first faults.
    """
    document = parse_json(data)
    try:
        return _reading(_Coco.model_validate(document))
    except ValidationError as exc:
        raise refused("This is no COCO file that can be read.", exc) from exc


def write_coco(annotations: Annotations) -> bytes:
    """Return annotations as a COCO file."""
    numbers = _numbers([box.id for page in annotations.pages for box in page.boxes])
    document = {
        "info": {"description": annotations.title},
        "images": [_image(page) for page in annotations.pages],
        "annotations": [_annotation(box, page, next(numbers)) for page in annotations.pages for box in page.boxes],
        "categories": [{"id": place, "name": label} for place, label in enumerate(LABELS, 1)],
        "characters": [{"id": one, "name": name} for one, name in annotations.characters.items()],
    }
    return _json(document).encode()


def _reading(coco: _Coco) -> Reading:
    labels = {one.id: one.label for one in coco.categories}
    names = {one.id: one.name for one in coco.categories}
    left_out = Counter(
        f"of class {names[one.category_id]!r}" for one in coco.annotations if not labels[one.category_id]
    )
    free = count(1 + max((one.id or 0 for one in coco.annotations), default=0))
    boxes: dict[int, list[AnnotatedBox]] = {one.id: [] for one in coco.images}
    characters = {one.id: one.name for one in coco.characters}
    for one in coco.annotations:
        label = labels[one.category_id]
        if label is not None:
            boxes[one.image_id].append(_box(one, label, next(free) if one.id is None else one.id))
        if label is not None and one.own.character is not None:
            characters.setdefault(one.own.character, "")
    pages = tuple(
        AnnotatedPage(
            number=one.id,
            name=one.file_name,
            width=one.width,
            height=one.height,
            boxes=tuple(boxes[one.id]),
            attributes=one.attributes,
        )
        for one in coco.images
    )
    return Reading(Annotations(title=coco.info.description, characters=characters, pages=pages), dict(left_out))


def _box(one: _Annotation, label: Label, number: int) -> AnnotatedBox:
    outline = one.segmentation
    return AnnotatedBox(
        id=str(number) if one.own.id is None else one.own.id,
        label=label,
        box=one.bbox,
        score=one.score,
        order=one.own.order,
        character=one.own.character,
        text=one.own.text,
        polygons=() if isinstance(outline, RunLengths) else outline,
        mask=outline if isinstance(outline, RunLengths) else None,
        crowd=one.iscrowd,
        area_px=None if one.area == one.bbox.width * one.bbox.height else one.area,
        attributes=one.attributes,
    )


def _image(page: AnnotatedPage) -> dict[str, Any]:
    image = {"id": page.number, "file_name": page.name, "width": page.width, "height": page.height}
    return image | ({"attributes": page.attributes} if page.attributes else {})


def _annotation(box: AnnotatedBox, page: AnnotatedPage, number: int) -> dict[str, Any]:
    own = {"id": None if box.id == str(number) else box.id, "order": box.order}
    own |= {"character": box.character, "text": box.text}
    outline: Any = [[_plain(side) for side in polygon] for polygon in box.polygons]
    annotation = {
        "id": number,
        "image_id": page.number,
        "category_id": LABELS.index(box.label) + 1,
        "bbox": [_plain(side) for side in box.box],
        "area": _plain(box.box.width * box.box.height if box.area_px is None else box.area_px),
        "iscrowd": int(box.crowd),
        "segmentation": outline if box.mask is None else box.mask.model_dump(mode="json"),
        "attributes": {name: value for name, value in own.items() if value is not None} | box.attributes,
    }
    return annotation if box.score is None else annotation | {"score": box.score}


def _numbers(ids: list[str]) -> Iterator[int]:
    """Yield the number of each box: its id where all are plain numbers, else counted from 1."""
    plain = all(one.isascii() and one.isdecimal() and one[0] != "0" and len(one) < _DIGITS_MAX for one in ids)
    return iter([int(one) for one in ids] if plain else range(1, len(ids) + 1))


def _json(document: dict[str, Any]) -> str:
    """Return a document with one record a line: short, and still to be read and compared by people."""
    return "{\n" + ",\n".join(f'"{name}": {_value(value)}' for name, value in document.items()) + "\n}\n"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[\n" + ",\n".join(map(_value, value)) + "\n]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _plain(number: float) -> float:
    """Return a whole number as one, so that files are short."""
    return int(number) if number.is_integer() else number
