"""A figure followed over pages: in each panel the figure that looks most like the one that was pointed at.

How alike two figures are is what an embedder says of their crops in grey, so that coloured and grey pages compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Box
from host.errors import BadRequest

if TYPE_CHECKING:

    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from engines.segment.base import Segmenter
    from host.pipeline.records.page_meta import Character
    from host.studio.page import StudioPage

    Vector = NDArray[np.float32]

_LEAST_PX: Final = 24
# So much more alike than anybody else in the panel is one whom nobody is taken for.
_CLEARLY: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where a figure was seen. panel: its number in reading order from 1, None outside of panels.

    figure: its index on the page. likeness: -1..1, 1 the same drawing. is_sure: it is clearly more like than the others
    of the panel; embedders know drawings again better than people.
    """

    panel: int | None
    figure: int
    box: Box
    likeness: float
    is_sure: bool


def figure_at(page: StudioPage, x: int, y: int) -> Character:
    """Return the figure at a place: the one whose pixels are there, else the smallest whose box holds it.

    Raises:
        BadRequest: no figure stands there.
    """
    label = int(page.maps.characters[y, x])
    around = [one for one in page.meta.characters if one.index == label - 1]
    around += sorted((one for one in page.meta.characters if _holds(one.box, x, y)), key=lambda one: one.box.area)
    if not around:
        known = ", ".join(str(one.index) for one in page.meta.characters) or "–"
        raise BadRequest(
            "No figure stands there.", f"Point at one of the page's: {known}; see `irodori analyze --overlay`."
        )
    return around[0]


def look_of(page: StudioPage, figure: Character, embedder: Embedder) -> Vector:
    """Return a figure's vector `(width,)`, of length 1.

    Raises:
        EngineError: the embedder cannot run.
    """
    row: Vector = embedder.embed([_crop(page, figure.box)])[0]
    return row


def sightings(page: StudioPage, look: Vector, embedder: Embedder) -> list[Sighting]:
    """Return where on a page the figure of a look is seen: at most once in each panel, in reading order.

    Raises:
        EngineError: the embedder cannot run.
    """
    figures = [one for one in page.meta.characters if min(one.box.width, one.box.height) >= _LEAST_PX]
    if not figures:
        return []
    likeness = embedder.embed([_crop(page, one.box) for one in figures]) @ look
    ranked = sorted(
        zip(figures, likeness.tolist(), strict=True),
        key=lambda one: (one[0].panel is None, one[0].panel or 0, -one[1], one[0].index),
    )
    found = []
    for panel, some in groupby(ranked, key=lambda one: one[0].panel):
        (figure, best), *others = some
        if best < embedder.info.floor:
            continue
        is_sure = not others or best - others[0][1] >= _CLEARLY
        number = None if panel is None else panel + 1
        found.append(
            Sighting(panel=number, figure=figure.index, box=figure.box, likeness=round(float(best), 4), is_sure=is_sure)
        )
    return found


def mask_of_sightings(page: StudioPage, seen: list[Sighting], segmenter: Segmenter | None = None) -> NDArray[np.bool_]:
    """Return the pixels of the figures that were seen, `(H, W)` bool: by a segmenter, or by the masks of analysis.

    Raises:
        EngineError: the segmenter cannot run.
    """
    labels = page.figures()[0]
    mask = np.isin(labels, [one.figure + 1 for one in seen])
    if segmenter is not None:
        from engines.segment.base import Pointing

        for one in seen:
            outline = segmenter.segment(page.rgb, Pointing(box=one.box))
            own = labels == one.figure + 1
            # A segmenter that finds nothing leaves what analysis found.
            mask = (mask & ~own) | outline if outline.any() else mask
    return np.asarray(mask)


def _crop(page: StudioPage, box: Box) -> NDArray[np.uint8]:
    height, width = page.rgb.shape[:2]
    left, top, right, bottom = box.intersection(Box(0, 0, width, height))
    return np.asarray(cv2.cvtColor(page.rgb[top:bottom, left:right], cv2.COLOR_RGB2GRAY), np.uint8)


def _holds(box: Box, x: int, y: int) -> bool:
    return box.left <= x < box.right and box.top <= y < box.bottom
