"""A first sight of a page: coloured at low size, before anybody has read it."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.base import ColorizeRequest
from host.pipeline.compose.compose import lay_colour
from host.pipeline.compose.field import colour_field
from host.pipeline.compose.paper_colour import paper_colour_with
from host.pipeline.decode import DecodedPage, is_grey
from host.pipeline.drawing import Drawing
from host.pipeline.faults import faults_mapped
from host.pipeline.tint import Tint, find_tint, luma_of, shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.base import ColorizeEngine
    from host.pipeline.job import PageJob

SIDE_PX: Final = 300
"""The shorter side of a first sight; a page that is no larger is done as soon."""
_PIXELS: Final = 150_000
_ENGINE_SHARE: Final = 2 / 3  # of that side is what the engine sees: the colours are next to the same, in half the time
_SIDE_MIN_PX: Final = 120  # of a strip so high a window shows little, and nothing would be seen of it
_SAMPLE_PX: Final = 96
# Levels of colour beyond the tint of the paper, and the share of a page that may have them and count as grey.
_COLOUR: Final = 20.0
_SPOTS: Final = 0.02
# Levels between the tenths of a page that are darkest and lightest: of less there is nothing to see.
_CONTRAST: Final = 24.0


def quick_colours(page: DecodedPage, job: PageJob, engine: ColorizeEngine) -> NDArray[np.uint8] | None:
    """Return the page at low size, `(h, w, 3)` uint8 sRGB, in the colours of a loaded engine.

    Nothing is protected, as nobody knows yet what is lettering. None for a page that will not be coloured, as far as
    can be seen at once (it has colour, or nothing on it), for one that is small, and for one ten times as high as wide.

    Raises:
        as `PagePipeline.colour`.
    """
    side = _side_of(page)
    if min(page.size) <= SIDE_PX or side < _SIDE_MIN_PX:
        return None
    small = _shrunk(page, side)
    tint = None if is_grey(page.rgb) else find_tint(small.rgb)
    if not _is_for_colour(small.rgb, tint):
        return None
    with faults_mapped():
        references = tuple(one.pixels for one in job.references[: engine.info.supports.references_max])
        seen, protect = _shrunk(page, round(side * _ENGINE_SHARE)), np.zeros(small.size, np.bool_)
        nothing = np.zeros(seen.size, np.bool_)
        request = ColorizeRequest(page=seen.grey, protect=nothing, references=references, plan=job.plan)
        result = engine.colorize(request, _ignore)
        drawing = Drawing(hints=job.corrections.hints)
        field = colour_field(small, protect, result.oklab, job.plan.strength_01, drawing, result.parts)
        paper = None if tint is None else paper_colour_with(tint, small.rgb)
        return lay_colour(small, protect, field, tint=paper).rgb


def _side_of(page: DecodedPage) -> int:
    return min(SIDE_PX, isqrt(_PIXELS * min(page.size) // max(page.size)))


def _shrunk(page: DecodedPage, side: int) -> DecodedPage:
    rgb = shrunk(page.rgb, side)
    grey = cv2.resize(page.grey, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_AREA)
    return DecodedPage(rgb=rgb, grey=np.asarray(grey, np.uint8), pixels_sha256="")


def _is_for_colour(rgb: NDArray[np.uint8], tint: Tint | None) -> bool:
    sample = shrunk(rgb, _SAMPLE_PX).astype(np.float32)
    luma = luma_of(sample)
    dark, light = np.percentile(luma, (2, 98))
    if light - dark < _CONTRAST:
        return False
    if tint is None:
        return True
    own = sample - luma[..., None] - tint.at(luma)
    return bool((np.abs(own).max(axis=2) > _COLOUR).mean() < _SPOTS)


def _ignore(step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
    """Nobody follows the steps of a first sight."""
