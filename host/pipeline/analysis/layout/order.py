"""Reading order of boxes: panels on a page, balloons in a panel.

The page is cut again and again, as a reader's eye does (the recursive XY-cut of Nagy and Seth, 1984): into tiers from
the top, a tier into columns by the direction. Boxes of slanted or overlapping panels have no straight cut between
them; they are trimmed until one is free, and the cut that needs the least trimming is taken. What lies within a larger
box is read after it. Where nothing can be cut, the box nearest to the first corner goes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.geometry import Box
    from host.pipeline.records.page_meta import ReadingDirection

    _Group = list[int]

_TRIMS: Final = (0.0, 0.02, 0.04, 0.07, 0.1, 0.14, 0.18, 0.22, 0.26, 0.3)
# A tier is preferred to a column as long as it needs no more trimming than this beyond the column's.
_TIERS_FIRST: Final = 0.04
_INSIDE: Final = 0.85
_HOST_MIN: Final = 1.6
_ACROSS: Final = 0.6
_UPPER_EDGE: Final = 0.02
_YONKOMA: Final = 4
_ONE_SIZE: Final = 1.15
_SKEW: Final = 0.07


def reading_order(boxes: Sequence[Box], direction: ReadingDirection) -> list[int]:
    """Return the indices of boxes in reading order; every index once, the same for the same boxes.

    `ttb` is a vertical strip: from the top, side by side from left to right.
    """
    return _ordered(list(range(len(boxes))), boxes, direction)


def _ordered(group: _Group, boxes: Sequence[Box], direction: ReadingDirection) -> _Group:
    if len(group) < 2:
        return group
    held = _insets(group, boxes)
    if len(held) < len(group):
        outer = _cut_apart(list(held), boxes, direction)
        return [one for host in outer for one in _with_insets(host, held[host], boxes, direction)]
    return _cut_apart(group, boxes, direction)


def _with_insets(host: int, insets: _Group, boxes: Sequence[Box], direction: ReadingDirection) -> _Group:
    """Return a panel and its insets; the eye meets those that reach the panel's upper edge before the panel."""
    limit = boxes[host].top + _UPPER_EDGE * boxes[host].height
    before = [one for one in insets if boxes[one].top <= limit]
    after = [one for one in insets if boxes[one].top > limit]
    return [*_ordered(before, boxes, direction), host, *_ordered(after, boxes, direction)]


def _insets(group: _Group, boxes: Sequence[Box]) -> dict[int, _Group]:
    """Return the boxes that lie within no other, each with those that lie within it."""
    held: dict[int, _Group] = {}
    for one in sorted(group, key=lambda index: (-boxes[index].area, index)):
        hosts = (host for host in held if _holds(boxes[host], boxes[one]))
        host = next(hosts, None)
        if host is None:
            held[one] = []
        else:
            held[host].append(one)
    return held


def _holds(host: Box, box: Box) -> bool:
    return host.area >= _HOST_MIN * box.area and host.intersection(box).area >= _INSIDE * box.area > 0


def _cut_apart(group: _Group, boxes: Sequence[Box], direction: ReadingDirection) -> _Group:
    if len(group) < 2:
        return group
    parts = _best_cut(group, boxes, direction)
    if parts is None:
        first = min(group, key=lambda index: (_from_corner(boxes[index], direction), index))
        parts = [[first], [one for one in group if one != first]]
    return [one for part in parts for one in _ordered(part, boxes, direction)]


def _best_cut(group: _Group, boxes: Sequence[Box], direction: ReadingDirection) -> list[_Group] | None:
    columns = _four_panel_columns(group, boxes) if direction == "rtl" else None
    if columns is not None:
        return columns[::-1]
    tries = [(trim, "rows", trim) for trim in _TRIMS] + [(trim + _TIERS_FIRST, "columns", trim) for trim in _TRIMS]
    for _, axis, trim in sorted(tries):
        parts = _parts(group, boxes, axis, trim)
        if len(parts) > 1:
            return parts[::-1] if axis == "columns" and direction == "rtl" else parts
    return None


def _four_panel_columns(group: _Group, boxes: Sequence[Box]) -> list[_Group] | None:
    """Return the columns of a page of yonkoma: each has four panels of one size and is a strip of its own."""
    columns = _parts(group, boxes, "columns", _SKEW)
    heights = [boxes[one].height for one in group]
    alike = max(heights) <= _ONE_SIZE * min(heights)
    fours = all(len(column) == _YONKOMA == len(_parts(column, boxes, "rows", _SKEW)) for column in columns)
    return columns if len(columns) > 1 and alike and fours else None


def _parts(group: _Group, boxes: Sequence[Box], axis: str, trim: float) -> list[_Group]:
    """Return the boxes in groups whose spans along the axis, trimmed at both ends by a share, do not meet."""
    spans = sorted((*_span(boxes[one], axis, trim), one) for one in group)
    parts: list[_Group] = []
    reach = float("-inf")
    for start, stop, one in spans:
        if parts and start < reach:
            parts[-1].append(one)
        else:
            parts.append([one])
        reach = max(reach, stop)
    return parts


def _span(box: Box, axis: str, trim: float) -> tuple[float, float]:
    start, stop = (box.top, box.bottom) if axis == "rows" else (box.left, box.right)
    off = trim * (stop - start)
    return start + off, stop - off


def _from_corner(box: Box, direction: ReadingDirection) -> float:
    return box.top + _ACROSS * (-box.right if direction == "rtl" else box.left)
