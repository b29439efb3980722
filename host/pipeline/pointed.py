"""What a reader clicked on a page, as a segmentation network sees it: the thing of a hint, the figure of a palette.

Without a network nothing is said here: what lines enclose is a hint's region (`compose.hints`), and a figure is what
analysis found. What the series' palette lays is not asked for, since nobody clicked there.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from msgspec import structs

from engines.base import EngineError
from engines.memory_ledger import nobody_else
from engines.segment.base import Pointing
from engines.segment.pulled import pulled_sam3
from engines.segment.registry import open_segmenter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from engines.geometry import Box
    from engines.memory_ledger import Guest
    from engines.segment.base import Segmenter
    from host.corrections import ColourHint, Outline
    from host.pipeline.drawing import Drawing, PlacedPalette
    from host.pipeline.records.page_meta import PageMeta

_LOG: Final = logging.getLogger(__name__)
_OUTLINES_MAX: Final = 64
_CORNERS_MAX: Final = 1024
_CORNERS_MIN: Final = 3
_PLACES_MAX: Final = 16


class Pointer:
    """Finds what was clicked; thread-safe.

    guest: gives the network memory, see `EngineRoom.guest`. segmenter: asked in the place of the one that was pulled.
    """

    def __init__(self, guest: Guest = nobody_else, segmenter: Segmenter | None = None) -> None:
        self._guest = guest
        self._segmenter = segmenter

    def outlined(
        self, rgb: NDArray[np.uint8], drawing: Drawing, meta: PageMeta, check: Callable[[], None], *, worn: int = 0
    ) -> Drawing:
        """Return a drawing with the regions that its hints and palettes mean.

        Those that bring one keep it; all do where no network was pulled, or it fails. worn: so many palettes, the
        first, are the series' own.

        Raises:
            what `check` raises, called while it waits for memory.
        """
        if self._segmenter is None and pulled_sam3() is None:
            return drawing
        ours, clicked = tuple(drawing.palettes[:worn]), drawing.palettes[worn:]
        if not any(map(_is_open, clicked)) and all(hint.region for hint in drawing.hints):
            return drawing
        try:
            found = self._segmenter or open_segmenter(None)
            with found.in_memory(self._guest, check):
                hints = tuple(hint if hint.region else _pointed(rgb, hint, found) for hint in drawing.hints)
                placed = tuple(_outlined(rgb, one, meta, found) if _is_open(one) else one for one in clicked)
        except EngineError as exc:
            _LOG.warning("regions of what was clicked: %s", exc.message)
            return drawing
        return replace(drawing, hints=hints, palettes=(*ours, *placed))


def outlines_of(mask: NDArray[np.bool_]) -> tuple[Outline, ...]:
    """Return the outlines of an `(h, w)` mask in 0..1 of it, holes as outlines of their own; the largest first."""
    height, width = mask.shape
    found, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    outlines = []
    for contour in sorted(found, key=cv2.contourArea, reverse=True)[:_OUTLINES_MAX]:
        epsilon = 0.5
        corners = cv2.approxPolyDP(contour, epsilon, closed=True)
        while len(corners) > _CORNERS_MAX:
            epsilon *= 2
            corners = cv2.approxPolyDP(contour, epsilon, closed=True)
        if len(corners) >= _CORNERS_MIN:
            outlines.append(tuple(((x + 0.5) / width, (y + 0.5) / height) for x, y in corners[:, 0].tolist()))
    return tuple(outlines)


def _is_open(placed: PlacedPalette) -> bool:
    return bool(placed.figures) and not placed.palette.region


def _pointed(rgb: NDArray[np.uint8], hint: ColourHint, segmenter: Segmenter) -> ColourHint:
    places = hint.points[:: max(1, len(hint.points) // _PLACES_MAX)][:_PLACES_MAX]
    region = _region(rgb, places, None, segmenter)
    return structs.replace(hint, region=region) if region else hint


def _outlined(rgb: NDArray[np.uint8], placed: PlacedPalette, meta: PageMeta, segmenter: Segmenter) -> PlacedPalette:
    box = next((one.box for one in meta.characters if one.index == placed.figures[0]), None)
    region = _region(rgb, [placed.palette.point], box, segmenter)
    return replace(placed, palette=structs.replace(placed.palette, region=region)) if region else placed


def _region(
    rgb: NDArray[np.uint8], places: Sequence[tuple[float, float]], box: Box | None, segmenter: Segmenter
) -> tuple[Outline, ...]:
    """Return what is meant by places in 0..1 and a box; nothing where that is something else than the reader means."""
    height, width = rgb.shape[:2]
    inside = tuple((min(int(x * width), width - 1), min(int(y * height), height - 1)) for x, y in places)
    mask = segmenter.segment(rgb, Pointing(inside=inside, box=box))
    return outlines_of(mask) if any(mask[y, x] for x, y in inside) else ()
