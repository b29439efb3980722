"""A chapter's pages into scenes, by rules: a panel is a shot, and a place seen anew begins a scene.

A scene begins with the chapter, with a page that is a splash or a cover, and with an establishing shot that does not
follow another one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from host.studio.storyboard.records import Shot, Source, Storyboard, scenes_of
from host.studio.storyboard.shots import action, shot_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from host.pipeline.records.page_meta import PageMeta, Panel


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page of a chapter: its name, and what is on it. people: who is surely seen, by the order of the panel."""

    name: str
    meta: PageMeta
    people: Mapping[int, Sequence[str]] = field(default_factory=dict)


def storyboard_of_pages(pages: Sequence[ReadPage], title: str = "") -> Storyboard:
    """Return the storyboard of pages in their order. Who speaks is not known: balloons are nobody's lines."""
    groups: list[list[Shot]] = []
    headings: list[str] = []
    before: Shot | None = None
    for page in pages:
        for place, panel in enumerate(sorted(page.meta.panels, key=lambda one: one.order)):
            shot = shot_of(page, panel)
            opens = place == 0 and page.meta.kind in ("splash", "cover")
            arrives = shot.shot_type == "establishing" and (before is None or before.shot_type != "establishing")
            if opens or arrives or not groups:
                groups.append([])
                headings.append(f"{page.name}, PANEL {panel.order + 1}")
            groups[-1].append(shot)
            before = shot
    scenes = [scene for heading, shots in zip(headings, groups, strict=True) for scene in scenes_of(heading, shots)]
    return Storyboard(title=title, told_by="pages", scenes=tuple(scenes))


def shot_of(page: ReadPage, panel: Panel) -> Shot:
    """Return the shot of a panel: what its balloons say, where they were read, and in its action who is known."""
    balloons = sorted((one for one in page.meta.balloons if one.panel == panel.order), key=lambda one: one.order)
    people = ", ".join(page.people.get(panel.order, ()))[:200]
    seen = f"Seen: {people}." if people else ""
    said = " / ".join(filter(None, (" ".join(one.words.split()) for one in balloons)))
    return Shot(
        shot_type=shot_type(panel, page.meta),
        action=f"{action(panel, page.meta)} {seen}".strip(),
        dialogue=said[:4096] or None,
        source=Source(page=page.name, panel=panel.order + 1, box=panel.box),
    )
