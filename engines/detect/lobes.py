"""Balloons of several lobes: a network often proposes each lobe, where the fill runs from one into the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.components import find_components
from engines.detect.boxes import Proposal

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST_OVERLAP: Final = 0.03
# How far greys of one fill may lie apart: paper of a scan, soft shading.
_FILL_LEVELS: Final = 28
# The share of a lobe's inner part that the common fill has to be.
_LEAST_SHARE: Final = 0.3
_RIM: Final = 0.12
# Of a lobe's shorter side: a bridge of fill narrower than this is a link between two balloons …
_LINK: Final = 0.06
# … and what is smaller than this, squared, is lettering.
_LETTER: Final = 0.14


def with_joined_lobes(grey: NDArray[np.uint8], found: list[Proposal], balloons: frozenset[int]) -> list[Proposal]:
    """Return what is found, best first, with proposals of these classes joined where they are one balloon.

    Two are one where their boxes overlap and the same fill, not parted by an outline, makes up much of both.
    """
    done = [one for one in found if one.kind not in balloons]
    pending = [one for one in found if one.kind in balloons]
    while pending:
        one = pending.pop(0)
        partner = next((other for other in pending if _are_lobes(grey, one, other)), None)
        if partner is None:
            done.append(one)
        else:
            pending.remove(partner)
            pending.insert(0, _union(one, partner))
    return sorted(done, key=lambda one: (-one.score, one.kind, one.edges))


def _union(one: Proposal, other: Proposal) -> Proposal:
    left, top = min(one.edges[0], other.edges[0]), min(one.edges[1], other.edges[1])
    right, bottom = max(one.edges[2], other.edges[2]), max(one.edges[3], other.edges[3])
    return Proposal(one.kind, max(one.score, other.score), (left, top, right, bottom), one.cut & other.cut)


def _are_lobes(grey: NDArray[np.uint8], one: Proposal, other: Proposal) -> bool:
    if one.kind != other.kind:
        return False
    across = min(one.edges[2], other.edges[2]) - max(one.edges[0], other.edges[0])
    down = min(one.edges[3], other.edges[3]) - max(one.edges[1], other.edges[1])
    if min(across, down) <= 0 or across * down < _LEAST_OVERLAP * min(one.area, other.area):
        return False
    both = _union(one, other).edges
    left, top = max(0, int(both[0])), max(0, int(both[1]))
    piece = grey[top : max(top + 1, round(both[3])), left : max(left + 1, round(both[2]))]
    places = [_inner(lobe, left, top) for lobe in (one, other)]
    if not all(piece[place].size for place in places):
        return False
    levels = [_fill_level(piece[place]) for place in places]
    if abs(levels[0] - levels[1]) > _FILL_LEVELS:
        return False
    fill = np.abs(piece.astype(np.int16) - sum(levels) // 2) <= _FILL_LEVELS
    side = min(min(lobe.edges[2] - lobe.edges[0], lobe.edges[3] - lobe.edges[1]) for lobe in (one, other))
    regions = _broad_regions(fill, side)
    main = [_main_region(regions[place]) for place in places]
    return main[0] is not None and main[0] == main[1]


def _inner(lobe: Proposal, left: int, top: int) -> tuple[slice, slice]:
    """Return the middle of a lobe's box in the piece whose corner lies at (left, top)."""
    wide, high = lobe.edges[2] - lobe.edges[0], lobe.edges[3] - lobe.edges[1]
    low = max(0, int(lobe.edges[1] + _RIM * high) - top), max(0, int(lobe.edges[0] + _RIM * wide) - left)
    tall, broad = max(1, int((1 - 2 * _RIM) * high)), max(1, int((1 - 2 * _RIM) * wide))
    return slice(low[0], low[0] + tall), slice(low[1], low[1] + broad)


def _fill_level(inner: NDArray[np.uint8]) -> int:
    """Return the grey that is there most, to 8 levels."""
    counts = np.convolve(np.bincount(inner.reshape(-1) // 8, minlength=32), (1, 1, 1), "same")
    return int(counts.argmax()) * 8 + 4


def _broad_regions(fill: NDArray[np.bool_], side: float) -> NDArray[np.int32]:
    """Return the numbers of the regions of fill, lettering filled in and narrow links broken; 0 is elsewhere."""
    holes, facts, _ = find_components(~fill, 8)
    small = facts[:, cv2.CC_STAT_AREA] < (_LETTER * side) ** 2
    small[0] = False
    filled = (fill | small[holes]).astype(np.uint8)
    reach = max(0, round(_LINK * side / 2))
    _, regions = cv2.connectedComponents(cv2.erode(filled, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)))
    return np.asarray(regions, np.int32)


def _main_region(inner: NDArray[np.int32]) -> int | None:
    counts = np.bincount(inner.reshape(-1))
    counts[0] = 0
    return int(counts.argmax()) if counts.max() > _LEAST_SHARE * inner.size else None
