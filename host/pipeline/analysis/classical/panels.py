"""Panels by recursive cuts along gutters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from engines.geometry import Box, box_around

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A cut needs this share of gutter all along; a balloon may bridge the rest.
_GUTTER_SHARE: Final = 0.85
# Of the page; what is smaller is no panel.
_SIDE_MIN: Final = 0.04
_DEPTH_MAX: Final = 8

_Axis = Literal["rows", "columns"]
_AXES: Final[tuple[_Axis, ...]] = ("rows", "columns")


def cut_panels(gutters: NDArray[np.bool_]) -> list[tuple[Box, float]]:
    """Return the boxes of the panels, and how much of each is content, 0..1.

    gutters: `(h, w)` bool, true where there is nothing but paper between panels. Boxes are in its pixels, in the order
    in which the cuts part them: from the top, then from the left.
    """
    height, width = gutters.shape
    boxes = _cut(gutters, Box(0, 0, width, height), _DEPTH_MAX)
    return [(box, _score(gutters, box)) for box in boxes]


def _cut(gutters: NDArray[np.bool_], box: Box, depth: int) -> list[Box]:
    box = _trim(gutters, box)
    page_height, page_width = gutters.shape
    if box.width < _SIDE_MIN * page_width or box.height < _SIDE_MIN * min(page_height, 2 * page_width):
        return []
    if depth == 0:
        return [box]
    for axis in _AXES:
        parts = _split(gutters, box, axis)
        if len(parts) > 1:
            return [panel for part in parts for panel in _cut(gutters, part, depth - 1)]
    return [box]


def _split(gutters: NDArray[np.bool_], box: Box, axis: _Axis) -> list[Box]:
    """Return what lies between gutters across the whole box."""
    view = gutters[box.top : box.bottom, box.left : box.right]
    runs = _runs(view.mean(axis=1 if axis == "rows" else 0) < _GUTTER_SHARE)
    if axis == "rows":
        return [Box(box.left, box.top + start, box.right, box.top + stop) for start, stop in runs]
    return [Box(box.left + start, box.top, box.left + stop, box.bottom) for start, stop in runs]


def _trim(gutters: NDArray[np.bool_], box: Box) -> Box:
    """Return the box without gutters along its edges; of no size where it holds nothing else."""
    left, top, right, bottom = box_around(~gutters[box.top : box.bottom, box.left : box.right])
    return Box(box.left + left, box.top + top, box.left + right, box.top + bottom)


def _runs(content: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where runs of content begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], content, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def _score(gutters: NDArray[np.bool_], box: Box) -> float:
    """Return how much of the box is content: near 1 for a framed rectangle."""
    return float(1 - gutters[box.top : box.bottom, box.left : box.right].mean())
