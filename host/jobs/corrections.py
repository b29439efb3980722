"""What a reader corrects on a page, from the wire to the pipeline's."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from host.errors import BadRequest
from host.pipeline.job import ColourHint, Corrections, FigurePalette

if TYPE_CHECKING:
    from host.messaging.messages import Page


def corrections_of(page: Page) -> Corrections:
    """Return a page's hints and palettes in their order.

    Raises:
        BadRequest: a coordinate is no number, or a palette names no colour.
    """
    return Corrections(hints=_hints_of(page), palettes=_palettes_of(page))


def _hints_of(page: Page) -> tuple[ColourHint, ...]:
    hints = tuple(
        ColourHint(points=tuple(hint.points), rgb=hint.rgb, radius_01=hint.radius) for hint in page.hints or ()
    )
    for hint in hints:
        if not all(isfinite(value) for point in (*hint.points, (hint.radius_01,)) for value in point):
            raise BadRequest("A colour hint lies nowhere.", "Its points are shares of the page, 0 to 1.")
    return hints


def _palettes_of(page: Page) -> tuple[FigurePalette, ...]:
    palettes = tuple(
        FigurePalette(point=one.point, hair=one.hair, skin=one.skin, clothes=one.clothes) for one in page.palettes or ()
    )
    for palette in palettes:
        if not all(isfinite(value) for value in palette.point):
            raise BadRequest("A palette lies nowhere.", "Its point is shares of the page, 0 to 1.")
        if not palette.colours:
            raise BadRequest("A palette names no colour.", "Give one for hair, skin or clothes.")
    return palettes
