"""The regions of colour hints, as a segmentation network sees them: what was clicked, whole.

Without a network nothing is said here, and what lines enclose is the region (`compose.hints`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from msgspec import structs

from engines.base import EngineError
from engines.segment.base import Pointing
from engines.segment.pulled import pulled_sam3
from engines.segment.registry import open_segmenter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engines.segment.base import Segmenter
    from host.corrections import ColourHint

_LOG: Final = logging.getLogger(__name__)
_OUTLINES_MAX: Final = 64
_CORNERS_MAX: Final = 1024
_CORNERS_MIN: Final = 3
_PLACES_MAX: Final = 16


def with_regions(
    rgb: NDArray[np.uint8], hints: Sequence[ColourHint], segmenter: Segmenter | None = None
) -> tuple[ColourHint, ...]:
    """Return a page's hints with the regions that they mean; as they are where no network was pulled, or it fails.

    segmenter: asked in the place of the one that was pulled.
    """
    if all(hint.region for hint in hints) or (segmenter is None and pulled_sam3() is None):
        return tuple(hints)
    found: Segmenter | None = None
    try:
        found = segmenter or open_segmenter(None)
        return tuple(hint if hint.region else _pointed(rgb, hint, found) for hint in hints)
    except EngineError as exc:
        _LOG.warning("regions of hints: %s", exc.message)
        return tuple(hints)
    finally:
        if found is not None:
            found.close()


def outlines_of(mask: NDArray[np.bool_]) -> tuple[tuple[tuple[float, float], ...], ...]:
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


def _pointed(rgb: NDArray[np.uint8], hint: ColourHint, segmenter: Segmenter) -> ColourHint:
    height, width = rgb.shape[:2]
    places = hint.points[:: max(1, len(hint.points) // _PLACES_MAX)][:_PLACES_MAX]
    inside = tuple((min(int(x * width), width - 1), min(int(y * height), height - 1)) for x, y in places)
    mask = segmenter.segment(rgb, Pointing(inside=inside))
    if not any(mask[y, x] for x, y in inside):
        return hint  # it means something else than the reader
    return structs.replace(hint, region=outlines_of(mask))
