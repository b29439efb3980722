"""Where a strip is cut, and its pieces as pages."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import structs

from engines.geometry import Box
from host.corrections import Corrections
from host.pipeline.analysis.layout.direction import STRIP_RATIO
from host.pipeline.analysis.layout.parts import find_parts
from host.pipeline.decode import DecodedPage, pixels_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from host.corrections import ColourHint, Outline

_STRIP_PIXELS: Final = 6_000_000
_PIECE_PIXELS: Final = 2_000_000
# Where nothing is even, parts are long; wide ones are cut all the same.
_PIECE_PIXELS_MAX: Final = 4_000_000
_AROUND_PX: Final = 96
_EVEN_LEVELS: Final = 20


def pieces_of(page: DecodedPage) -> list[Box]:
    """Return the boxes, from the top, in which a page is worked on; one for a page that is no strip, or a short one.

    Where a cut goes through a picture its two pieces overlap, so that the colour of one can pass into the other's.
    """
    height, width = page.size
    if page.size.pixels <= _STRIP_PIXELS or height <= STRIP_RATIO * width:
        return [Box(0, 0, width, height)]
    cuts: list[int] = []
    for part in find_parts(page.grey):
        start = cuts[-1] if cuts else 0
        if (part.bottom - start) * width > _PIECE_PIXELS and part.top > start:
            cuts.append(part.top)
    edges = list(_bounded([0, *cuts, height], _PIECE_PIXELS_MAX // width))
    around = [0, *(0 if _is_even(page, cut) else _AROUND_PX for cut in edges[1:-1]), 0]
    tops = [max(0, edge - reach) for edge, reach in zip(edges, around, strict=True)]
    bottoms = [min(height, edge + reach) for edge, reach in zip(edges, around, strict=True)]
    return [Box(0, top, width, bottom) for top, bottom in zip(tops[:-1], bottoms[1:], strict=True)]


def cores_of(boxes: Sequence[Box]) -> list[Box]:
    """Return pieces without what they share with their neighbours: together the strip, each row once."""
    cuts = [(before.bottom + after.top) // 2 for before, after in pairwise(boxes)]
    edges = [boxes[0].top, *cuts, boxes[-1].bottom]
    return [Box(boxes[0].left, top, boxes[0].right, bottom) for top, bottom in pairwise(edges)]


def cut_page(page: DecodedPage, box: Box) -> DecodedPage:
    """Return a piece of a page, views of its pixels."""
    rgb, grey = page.rgb[box.top : box.bottom], page.grey[box.top : box.bottom]
    return DecodedPage(rgb, grey, pixels_digest(rgb))


def corrections_within(asked: Corrections, box: Box, height: int) -> Corrections:
    """Return the corrections that lie in a piece of a page of this height, in shares of the piece; words are of all."""
    palettes = tuple(
        structs.replace(
            one, point=(one.point[0], _down(one.point[1], box, height)), region=_moved(one.region, box, height)
        )
        for one in asked.palettes
        if is_within(one.point[1], box, height)
    )
    hints = (_hint_within(hint, box, height) for hint in asked.hints)
    found = tuple(hint for hint in hints if hint is not None)
    return Corrections(hints=found, palettes=palettes, words=asked.words)


def is_within(down_01: float, box: Box, height: int) -> bool:
    """Tell whether a place, as a share of the page's height, lies in a piece."""
    return box.top <= min(int(down_01 * height), height - 1) < box.bottom


def _hint_within(hint: ColourHint, box: Box, height: int) -> ColourHint | None:
    points = tuple((across, _down(down, box, height)) for across, down in hint.points if is_within(down, box, height))
    return structs.replace(hint, points=points, region=_moved(hint.region, box, height)) if points else None


def _moved(region: tuple[Outline, ...], box: Box, height: int) -> tuple[Outline, ...]:
    return tuple(tuple((across, _down(down, box, height)) for across, down in one) for one in region)


def _down(down_01: float, box: Box, height: int) -> float:
    return min(1.0, max(0.0, (down_01 * height - box.top) / box.height))


def _bounded(edges: Sequence[int], most_px: int) -> Iterator[int]:
    """Yield the edges, and more between two that lie farther apart than so many rows."""
    for top, bottom in pairwise(edges):
        count = -(-(bottom - top) // max(1, most_px))
        yield from (top + (bottom - top) * index // count for index in range(count))
    yield edges[-1]


def _is_even(page: DecodedPage, cut: int) -> bool:
    return int(np.ptp(page.grey[cut - 1 : cut + 1])) <= _EVEN_LEVELS
