"""From what analysis read on a page to annotations.

    PageMeta            label       order   attributes
    panels              panel       yes     coloured, where it is
    balloons            balloon     yes     panel
    text                text        -       balloon
    sound_effects       sfx         -       panel
    characters          character   index   panel, depth_01
    faces               face        -       panel

What was read in a balloon, a text or a sound effect is its `text`. A face and the figure it belongs to have one
character id. Nobody knows who that is: every figure of a page is someone.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from host.annotations.annotations import AnnotatedBox, AnnotatedPage, Annotations, Rectangle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import JsonValue

    from engines.detect.base import Label
    from engines.geometry import Box
    from host.pipeline.records.page_meta import PageMeta


def annotations_of(pages: Sequence[tuple[str, PageMeta]], title: str = "") -> Annotations:
    """Return the annotations of pages, given each with the name of its picture, in reading order."""
    ids = map(str, count(1))
    annotated, characters = [], {}
    for number, (name, meta) in enumerate(pages, 1):
        boxes = tuple(box.model_copy(update={"id": next(ids)}) for box in _boxes(meta))
        characters.update({box.character: "" for box in boxes if box.character})
        annotated.append(
            AnnotatedPage(
                number=number,
                name=name,
                width=meta.size.width,
                height=meta.size.height,
                boxes=boxes,
                attributes={"kind": meta.kind, "direction": meta.direction},
            )
        )
    return Annotations(title=title, characters=characters, pages=tuple(annotated))


def _boxes(meta: PageMeta) -> Iterator[AnnotatedBox]:
    for panel in meta.panels:
        outline = (tuple(float(side) for point in panel.polygon for side in point),) if panel.polygon else ()
        coloured: dict[str, JsonValue] = {"coloured": True} if panel.coloured else {}
        yield _box("panel", panel.box, panel.score, coloured).model_copy(
            update={"order": panel.order, "polygons": outline}
        )
    for balloon in meta.balloons:
        made = _box("balloon", balloon.box, balloon.score, {"panel": balloon.panel})
        yield made.model_copy(update={"order": balloon.order, "text": balloon.words or None})
    for text in meta.text:
        made = _box("text", text.box, text.score, {"balloon": text.balloon})
        yield made.model_copy(update={"text": text.words or None})
    for word in meta.sound_effects:
        made = _box("sfx", word.box, word.score, {"panel": word.panel})
        yield made.model_copy(update={"text": word.words or None})
    for figure in meta.characters:
        made = _box("character", figure.box, figure.score, {"panel": figure.panel, "depth_01": figure.depth_01})
        yield made.model_copy(update={"order": figure.index, "character": _who(meta, figure.index)})
    for face in meta.faces:
        who = None if face.character is None else _who(meta, face.character)
        yield _box("face", face.box, face.score, {"panel": face.panel}).model_copy(update={"character": who})


def _box(label: Label, box: Box, score: float, attributes: Mapping[str, JsonValue]) -> AnnotatedBox:
    return AnnotatedBox(
        id="-",
        label=label,
        box=Rectangle(box.left, box.top, box.width, box.height),
        score=score,
        attributes={name: value for name, value in attributes.items() if value is not None},
    )


def _who(meta: PageMeta, index: int) -> str:
    """Return an id for a figure that no figure of another page has, however pages are put together."""
    return f"{meta.pixels_sha256[:12]}-{index + 1}"
