"""Boxes that a network proposes, thinned out and put together; plain arithmetic on arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_SAME_IOU = 0.6
_SAME_PART = 0.75
_NESTED_PART = 0.7
_ONE_COLUMN = 0.6


@dataclass(frozen=True, slots=True)
class Proposal:
    """A box that a network proposes.

    kind: its class, a number. score: 0..1. edges: left, top, right, bottom in pixels. cut: the sides (0..3, in that
    order) where its tile ended before it did.
    """

    kind: int
    score: float
    edges: tuple[float, float, float, float]
    cut: frozenset[int] = frozenset()

    @property
    def area(self) -> float:
        """Area in pixels, never negative."""
        left, top, right, bottom = self.edges
        return max(0.0, right - left) * max(0.0, bottom - top)


def suppress(edges: Array, scores: Array, kinds: NDArray[np.int64], iou: float = _SAME_IOU) -> NDArray[np.int64]:
    """Return which of `(n, 4)` boxes stay, best first: of two of one class that overlap more than `iou`, the better."""
    order = np.argsort(-scores, kind="stable")
    # Classes are laid out far from each other, so that one pass serves all.
    span = float(np.abs(edges).max()) * 2 + 1 if len(edges) else 1.0
    moved = edges.astype(np.float64) + (kinds * span)[:, None]
    area = np.prod(np.maximum(moved[:, 2:] - moved[:, :2], 0), axis=1)
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        low, high = np.maximum(moved[best, :2], moved[rest, :2]), np.minimum(moved[best, 2:], moved[rest, 2:])
        common = np.prod(np.maximum(high - low, 0), axis=1)
        order = rest[common <= iou * (area[best] + area[rest] - common)]
    return np.array(kept, np.int64)


def unnested(found: list[Proposal], kinds: frozenset[int]) -> list[Proposal]:
    """Return what is found, best first, without what lies inside a better one of these kinds, or round it."""
    kept: list[Proposal] = []
    for one in sorted(found, key=lambda one: (-one.score, one.kind, one.edges)):
        rivals = [other for other in kept if other.kind == one.kind and one.kind in kinds]
        if not any(_common(one, other) > _NESTED_PART * min(one.area, other.area) for other in rivals):
            kept.append(one)
    return kept


def joined(found: list[Proposal]) -> list[Proposal]:
    """Return what overlapping tiles found, each thing once, best first.

    Pieces that were cut by the edges of neighbouring tiles and meet become one; a piece of a thing that another tile
    saw whole goes.
    """
    whole = _meeting(sorted(found, key=lambda one: (-one.score, one.kind, one.edges)))
    kept: list[Proposal] = []
    for one in sorted(whole, key=lambda one: (len(one.cut), -one.score)):
        if not any(_is_seen_in(one, other) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: (-one.score, one.kind, one.edges))


def _meeting(found: list[Proposal]) -> list[Proposal]:
    """Join pieces until none meets another."""
    pending = list(found)
    done: list[Proposal] = []
    while pending:
        one = pending.pop(0)
        partner = next((other for other in pending if _continues(one, other)), None)
        if partner is None:
            done.append(one)
        else:
            pending.remove(partner)
            pending.insert(0, _union(one, partner))
    return done


def _continues(one: Proposal, other: Proposal) -> bool:
    if one.kind != other.kind or not one.cut or not other.cut:
        return False
    for side in (2, 3):
        for near, far in ((one, other), (other, one)):
            if side in near.cut and side - 2 in far.cut and _meets(near, far, side - 2):
                return True
    return False


def _meets(near: Proposal, far: Proposal, axis: int) -> bool:
    if far.edges[axis] > near.edges[axis + 2] or far.edges[axis] < near.edges[axis]:
        return False
    across = 1 - axis
    low, high = max(near.edges[across], far.edges[across]), min(near.edges[across + 2], far.edges[across + 2])
    widest = max(near.edges[across + 2] - near.edges[across], far.edges[across + 2] - far.edges[across])
    return high - low > _ONE_COLUMN * widest


def _union(one: Proposal, other: Proposal) -> Proposal:
    sides = [pick(a, b) for pick, a, b in zip((min, min, max, max), one.edges, other.edges, strict=True)]
    still = {side for side in one.cut if one.edges[side] == sides[side]}
    still |= {side for side in other.cut if other.edges[side] == sides[side]}
    return Proposal(one.kind, max(one.score, other.score), (sides[0], sides[1], sides[2], sides[3]), frozenset(still))


def _is_seen_in(one: Proposal, other: Proposal) -> bool:
    if one.kind != other.kind:
        return False
    common = _common(one, other)
    if one.cut and common > _SAME_PART * one.area:
        return True
    return common > _SAME_IOU * (one.area + other.area - common)


def _common(one: Proposal, other: Proposal) -> float:
    low = max(one.edges[0], other.edges[0]), max(one.edges[1], other.edges[1])
    high = min(one.edges[2], other.edges[2]), min(one.edges[3], other.edges[3])
    return max(0.0, high[0] - low[0]) * max(0.0, high[1] - low[1])
