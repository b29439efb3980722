"""The true reading order of panels from their boxes alone, where there is no doubt about it.

Not the product's order: a plain rule without tolerance. Panels that an empty row between them separates are read from
the top; else those that an empty column separates, from the side of the direction. What no straight cut separates
(insets, interlocked or slanted panels) is in doubt, and no pair with it is counted.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engines.geometry import Box
    from host.pipeline.records.page_meta import ReadingDirection

_DOUBT = -1


def certain_pairs(panels: Sequence[Box], direction: ReadingDirection) -> list[tuple[int, int]]:
    """Return the indices of panels that follow one another without doubt."""
    sequence = _sequence(list(range(len(panels))), panels, direction)
    return [(one, two) for one, two in pairwise(sequence) if _DOUBT not in (one, two)]


def score_pairs(pairs: Sequence[tuple[int, int]], places: Mapping[int, int]) -> tuple[int, int]:
    """Return how many pairs are right and how many could be judged.

    places: a true panel's place in the order that was found; panels that were not found are not in it. A pair is right
    if its second panel is read next after the first, panels that nobody knows of left out.
    """
    judged = [(one, two) for one, two in pairs if one in places and two in places]
    read = sorted(places, key=lambda panel: places[panel])
    following = set(pairwise(read))
    return sum(pair in following for pair in judged), len(judged)


def _sequence(group: list[int], panels: Sequence[Box], direction: ReadingDirection) -> list[int]:
    if len(group) < 2:
        return group
    tiers = _parts(group, [(one.top, one.bottom) for one in panels])
    if len(tiers) == 1:
        tiers = _parts(group, [(one.left, one.right) for one in panels])
        if direction == "rtl":
            tiers = tiers[::-1]
    if len(tiers) == 1:
        return [_DOUBT]
    return [one for tier in tiers for one in _sequence(tier, panels, direction)]


def _parts(group: list[int], spans: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return the panels in groups whose spans do not meet, in the order of the spans."""
    parts: list[list[int]] = []
    reach = 0
    for one in sorted(group, key=lambda index: spans[index]):
        start, stop = spans[one]
        if parts and start < reach:
            parts[-1].append(one)
        else:
            parts.append([one])
        reach = max(reach, stop)
    return parts
