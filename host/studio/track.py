"""Somebody followed over pages: in each panel the figure whose head looks most like theirs.

Heads are compared as a series' palette compares them, in grey, so that coloured and grey pages are alike; the shares of
right answers by likeness stand in `host/palettes/likeness.py`. What is not sure says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.segment.base import Pointing
from host.errors import BadRequest
from host.palettes.figures import people_of
from host.palettes.likeness import PERHAPS, SURE, alike
from host.palettes.look import look_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from engines.geometry import Box
    from engines.segment.base import Segmenter
    from host.palettes.figures import Person
    from host.palettes.sightings import SeenFigure
    from host.studio.page import StudioPage

    People = list[tuple[Person, SeenFigure]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where somebody was seen. panel: its number in reading order from 1, None outside of panels.

    figures: the indices of the figures on the page that are parts of them. likeness: of the heads, up to 1. is_sure:
    nearly the same drawing; another may be somebody else.
    """

    panel: int | None
    figures: tuple[int, ...]
    box: Box
    likeness: float
    is_sure: bool


def people_on(page: StudioPage, embedder: Embedder) -> People:
    """Return everybody on a page whose head is large enough, with its look.

    Raises:
        EngineError: the embedder cannot run.
    """
    grey = np.asarray(cv2.cvtColor(page.rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    people = people_of(page.meta, page.maps.characters)
    looks = look_at(grey, page.meta.pixels_sha256, page.meta, page.maps.characters, embedder, embedder.info.id)
    return list(zip(people, looks.figures, strict=True))


def somebody_at(page: StudioPage, people: People, x: int, y: int) -> SeenFigure:
    """Return who of a page's people stands at a place: whose pixels are there, else whose box around it is smallest.

    Raises:
        BadRequest: nobody stands there whose head is large enough.
    """
    index = int(page.maps.characters[y, x]) - 1
    there = [one for one in people if index in one[0].indices]
    there += sorted((one for one in people if _holds(one[0].box, x, y)), key=lambda one: one[0].box.area)
    if not there:
        known = "; ".join(f"{round(one.point[0] * page.meta.size.width)},{round(one.point[1] * page.meta.size.height)}"
                          for one, _ in people) or "–"  # fmt: skip
        raise BadRequest("Nobody stands there whose head can be seen.", f"Those who do stand at: {known}.")
    return there[0][1]


def sightings(people: People, who: SeenFigure) -> list[Sighting]:
    """Return where somebody is seen among a page's people: at most once in each panel, in reading order.

    Those outside of panels come last.
    """
    likeness = [(person, alike(who, seen)) for person, seen in people]
    ranked = sorted(likeness, key=lambda one: (one[0].panel is None, one[0].panel or 0, -one[1], one[0].indices))
    best = [next(some) for _, some in groupby(ranked, key=lambda one: one[0].panel)]
    return [
        Sighting(
            panel=None if person.panel is None else person.panel + 1, figures=person.indices, box=person.box,
            likeness=round(min(how, 1.0), 4), is_sure=how >= SURE,
        )
        for person, how in best if how >= PERHAPS
    ]  # fmt: skip


def mask_of_sightings(
    page: StudioPage, seen: Sequence[Sighting], segmenter: Segmenter | None = None
) -> NDArray[np.bool_]:
    """Return the pixels of those who were seen, `(H, W)` bool: by a segmenter, or by the masks of analysis.

    Raises:
        EngineError: the segmenter cannot run.
    """
    labels = page.figures()[0]
    mask = np.zeros(labels.shape, np.bool_)
    for one in seen:
        own = np.isin(labels, [index + 1 for index in one.figures])
        outline = own if segmenter is None else segmenter.segment(page.rgb, Pointing(box=one.box))
        mask |= outline if outline.any() else own
    return mask


def _holds(box: Box, x: int, y: int) -> bool:
    return box.left <= x < box.right and box.top <= y < box.bottom
