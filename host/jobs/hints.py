"""A page's colour hints, from the wire to the pipeline's."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from host.errors import BadRequest
from host.pipeline.job import ColourHint

if TYPE_CHECKING:
    from host.messaging.messages import Page


def hints_of(page: Page) -> tuple[ColourHint, ...]:
    """Return a page's hints in their order.

    Raises:
        BadRequest: a coordinate is no number.
    """
    hints = tuple(
        ColourHint(points=tuple(hint.points), rgb=hint.rgb, radius_01=hint.radius) for hint in page.hints or ()
    )
    for hint in hints:
        if not all(isfinite(value) for point in (*hint.points, (hint.radius_01,)) for value in point):
            raise BadRequest("A colour hint lies nowhere.", "Its points are shares of the page, 0 to 1.")
    return hints
