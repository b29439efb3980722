"""What kind of shot a panel is, by how large people are in it.

Rules, first that fits; shares are of the panel's height (faces, figures) or area:

    close_up       a face takes a third of the height
    medium         a face takes a tenth, or a figure two thirds without a face that was found
    wide           somebody is there, smaller
    insert         nobody, and the panel takes less than an eighth of its page: a thing, a detail
    establishing   nobody, and the panel is larger: a place
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from host.pipeline.records.page_meta import PageMeta, Panel
    from host.studio.storyboard.records import ShotType

_CLOSE: Final = 1 / 3
_MEDIUM: Final = 1 / 10
_MEDIUM_FIGURE: Final = 2 / 3
_DETAIL: Final = 1 / 8


def shot_type(panel: Panel, meta: PageMeta) -> ShotType:
    """Return the kind of a panel's shot."""
    height = max(1, panel.box.height)
    faces = [one.box.height / height for one in meta.faces if one.panel == panel.order]
    figures = [one.box.height / height for one in meta.characters if one.panel == panel.order]
    if not faces and not figures:
        return "insert" if panel.box.area < _DETAIL * meta.size.pixels else "establishing"
    if max(faces, default=0.0) >= _CLOSE:
        return "close_up"
    medium = max(faces, default=0.0) >= _MEDIUM or (not faces and max(figures) >= _MEDIUM_FIGURE)
    return "medium" if medium else "wide"


def action(panel: Panel, meta: PageMeta) -> str:
    """Return what is to be seen in a panel, in a sentence."""
    people = sum(one.panel == panel.order for one in meta.characters)
    sounds = sum(one.panel == panel.order for one in meta.sound_effects)
    speech = sum(one.panel == panel.order for one in meta.balloons)
    who = {0: "Nobody is to be seen", 1: "One figure"}.get(people, f"{people} figures")
    parts = [who]
    if speech:
        parts.append("one balloon" if speech == 1 else f"{speech} balloons")
    if sounds:
        parts.append("a sound effect" if sounds == 1 else f"{sounds} sound effects")
    return ", ".join(parts) + "."
