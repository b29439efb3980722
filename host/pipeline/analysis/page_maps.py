"""What is read of a page pixel by pixel, once its things are known: panels, figures, depth, screens, tone and lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Size
from host.pipeline.analysis.maps.depth import map_depth
from host.pipeline.analysis.maps.figures import map_figures
from host.pipeline.analysis.maps.line_art import find_lines
from host.pipeline.analysis.maps.outlines import map_panels
from host.pipeline.analysis.maps.screentone import find_screens
from host.pipeline.analysis.maps.tone import even_tone
from host.pipeline.progress import unchecked
from host.pipeline.records.masks import PageMaps, PageMasks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from engines.geometry import Box
    from host.pipeline.records.page_meta import Character, Face, PageKind, Panel

UNMAPPED: Final[frozenset[PageKind]] = frozenset({"blank", "already_coloured"})
"""Kinds of pages that nobody colours: they get no maps."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A part of a page: its box, and `(h, w)` uint8 its grey at reading size."""

    box: Box
    small: NDArray[np.uint8]


def map_page(
    grey: NDArray[np.uint8],
    pieces: Sequence[Piece],
    masks: PageMasks,
    panels: Sequence[Panel],
    figures: Sequence[Character],
    faces: Sequence[Face],
    check: Callable[[], None] = unchecked,
) -> tuple[PageMaps, PageMasks]:
    """Return the maps of a `(H, W)` uint8 page, and its masks with `screentone` and `lines`.

    pieces: the page's parts, together all of it. figures: with their depth. check: called between steps.
    """
    tone, screentone = _tone_of(grey, pieces, masks, check)
    frames = map_panels(Size(*grey.shape), panels)
    check()
    labels = map_figures(tone, figures, faces, frames, masks.balloons | masks.lettering)
    check()
    maps = PageMaps(panels=frames, characters=labels, depth=map_depth(labels, figures), tone=tone)
    return maps, replace(masks, screentone=screentone, lines=find_lines(grey, tone, masks.lettering))


def _tone_of(
    grey: NDArray[np.uint8], pieces: Sequence[Piece], masks: PageMasks, check: Callable[[], None]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    tone, screentone = grey.copy(), np.zeros(grey.shape, np.bool_)
    protect = masks.protect
    for piece in pieces:
        check()
        view = slice(piece.box.top, piece.box.bottom), slice(piece.box.left, piece.box.right)
        kept = cv2.resize(protect[view].view(np.uint8), piece.small.shape[::-1], interpolation=cv2.INTER_NEAREST)
        screens = find_screens(piece.small).outside(kept > 0)
        tone[view], screentone[view] = even_tone(grey[view], piece.small, screens)
    return tone, screentone
