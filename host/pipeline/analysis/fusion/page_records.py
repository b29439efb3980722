"""From things found, in no order, to the records of `PageMeta`: panels in reading order, and who is in which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from host.pipeline.analysis.layout.order import reading_order
from host.pipeline.records.page_meta import Balloon, Character, Face, Panel, SoundEffect, TextBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.geometry import Box
    from host.pipeline.analysis.fusion.findings import PageFindings
    from host.pipeline.analysis.fusion.frames import Frame
    from host.pipeline.analysis.fusion.words import Words
    from host.pipeline.records.page_meta import ReadingDirection

    Thing = TypeVar("Thing", Frame, Words)

_FACE_INSIDE: Final = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRecords:
    """The records of a page's things, each kind in reading order."""

    panels: tuple[Panel, ...]
    balloons: tuple[Balloon, ...]
    text: tuple[TextBlock, ...]
    sound_effects: tuple[SoundEffect, ...]
    characters: tuple[Character, ...]
    faces: tuple[Face, ...]


def record_page(found: PageFindings, parts: Sequence[int], direction: ReadingDirection) -> PageRecords:
    """Return the records; `parts` are the places of the page's parts in reading order."""
    panels = _panels(found, parts, direction)
    balloons = tuple(
        Balloon(box=one.box, order=order, panel=panel, text=one.text, score=one.score)
        for order, (panel, one) in enumerate(_by_panel(found.balloons, panels, direction))
    )
    inside = tuple(TextBlock(box=line, balloon=one.order) for one in balloons for line in one.text)
    free = tuple(TextBlock(box=one.box, score=one.score) for _, one in _by_panel(found.free, panels, direction))
    sound = tuple(
        SoundEffect(box=one.box, panel=panel, score=one.score)
        for panel, one in _by_panel(found.sound, panels, direction)
    )
    figures = tuple(
        Character(box=one.box, index=index, panel=panel, score=one.score)
        for index, (panel, one) in enumerate(_by_panel(found.characters, panels, direction))
    )
    faces = tuple(
        Face(box=one.box, panel=panel, character=_owner(one.box, figures), score=one.score)
        for panel, one in _by_panel(found.faces, panels, direction)
    )
    return PageRecords(
        panels=panels,
        balloons=balloons,
        text=inside + free,
        sound_effects=sound,
        characters=figures,
        faces=faces,
    )


def panel_around(box: Box, panels: Sequence[Panel]) -> int | None:
    """Return the order of the panel that holds most of a box, the smallest of equals; None where none does."""
    best = max(panels, key=lambda panel: (panel.box.intersection(box).area, -panel.box.area), default=None)
    return None if best is None or not best.box.intersection(box).area else best.order


def _panels(found: PageFindings, parts: Sequence[int], direction: ReadingDirection) -> tuple[Panel, ...]:
    frames = []
    for part in parts:
        of_part = found.panels[part]
        frames += [of_part[place] for place in reading_order([frame.box for frame in of_part], direction)]
    return tuple(
        Panel(box=frame.box, order=order, score=min(1.0, max(0.0, frame.score))) for order, frame in enumerate(frames)
    )


def _by_panel(
    things: Sequence[Thing], panels: Sequence[Panel], direction: ReadingDirection
) -> list[tuple[int | None, Thing]]:
    """Return things in reading order, each with its panel; what lies in none comes first."""
    groups: dict[int, list[Thing]] = {}
    for thing in things:
        panel = panel_around(thing.box, panels)
        groups.setdefault(-1 if panel is None else panel, []).append(thing)
    return [
        (None if panel < 0 else panel, group[place])
        for panel, group in sorted(groups.items())
        for place in reading_order([thing.box for thing in group], direction)
    ]


def _owner(face: Box, figures: Sequence[Character]) -> int | None:
    """Return the smallest figure that holds most of a face."""
    holding = [one for one in figures if one.box.intersection(face).area >= _FACE_INSIDE * face.area]
    return min(holding, key=lambda one: one.box.area).index if holding else None
