"""The outlines of figures, of which only boxes are known.

As GrabCut does, each figure is cut out of its box from what is surely figure (its face, the body under it) and what
surely is not (beyond the box and the panel, balloons, nearer figures, other faces). What lies between is flooded from
both along the drawing, lowest steps first, and the floods meet at the strongest lines (watershed by flooding, Meyer
1992): ink bounds a figure, and tone is even ground. Then limbs join: what lines close off beside a figure. Colour
models, the other half of GrabCut, tell little in ink and cost 50 ms a figure; this takes about one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Box
from host.pipeline.analysis.maps.depth import near_to_far

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from host.pipeline.records.page_meta import Character, Face

    Mask = NDArray[np.bool_]
    Point = tuple[float, float]

_SIDE_PX: Final = 160
_AROUND: Final = 0.06
# Shares of the face, of the box's width, and of the box where no face is known.
_FACE: Final = 0.95
_NECK: Final = 0.3
_BODY: Final = 0.25
_CORE: Final = (0.3, 0.4)
_RIM: Final = np.ones((3, 3), np.uint8)
_BESIDE: Final = np.ones((7, 7), np.uint8)
_EDGE_LEVELS: Final = 80
_LIMB_MOST: Final = 0.2
_BEHIND: Final = 1
_FIGURE: Final = 2


def map_figures(
    tone: NDArray[np.uint8],
    figures: Sequence[Character],
    faces: Sequence[Face],
    panels: NDArray[np.uint8],
    taken: Mask,
) -> NDArray[np.uint8]:
    """Return `(H, W)` uint8: 0 nobody, else the figure's index plus one; of two at one place the nearer one.

    tone: the page with its screens made even. panels: its label map. taken: `(H, W)` bool, balloons and lettering.
    Figures beyond the 255th are left out.
    """
    labels = np.zeros(tone.shape, np.uint8)
    for figure in near_to_far(figures):
        window = _window(figure.box, tone.shape)
        if figure.index >= np.iinfo(np.uint8).max or not window.area:
            continue
        view = slice(window.top, window.bottom), slice(window.left, window.right)
        beyond = taken[view] | (labels[view] > 0)
        if figure.panel is not None:
            beyond |= panels[view] != figure.panel + 1
        labels[view][_cut_out(tone[view], window, figure, faces, beyond)] = figure.index + 1
    return labels


def _cut_out(tone: NDArray[np.uint8], window: Box, figure: Character, faces: Sequence[Face], beyond: Mask) -> Mask:
    """Return a figure's mask within its window; `tone` and `beyond` are the window's."""
    scale = min(1.0, _SIDE_PX / max(window.width, window.height))
    size = max(3, round(window.width * scale)), max(3, round(window.height * scale))
    small = np.asarray(cv2.resize(tone, size, interpolation=cv2.INTER_AREA), np.uint8)
    markers = _markers(window, size, figure, faces)
    markers[cv2.resize(beyond.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0] = _BEHIND
    behind = markers == _BEHIND
    flooded = cv2.watershed(np.asarray(cv2.cvtColor(small, cv2.COLOR_GRAY2BGR), np.uint8), markers)
    found = _with_limbs((flooded == _FIGURE).view(np.uint8), small, behind) * np.uint8(255)
    smooth = cv2.resize(cv2.GaussianBlur(found, (5, 5), 0), tone.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray((smooth > 127) & ~beyond, np.bool_)


def _with_limbs(found: NDArray[np.uint8], small: NDArray[np.uint8], behind: Mask) -> NDArray[np.uint8]:
    """Return a figure with what lines close off beside it: in its box that seldom is the ground behind."""
    even = np.asarray(cv2.morphologyEx(small, cv2.MORPH_GRADIENT, _RIM) < _EDGE_LEVELS).view(np.uint8)
    count, areas = cv2.connectedComponents(even, connectivity=4)
    joins = np.zeros(count, np.bool_)
    joins[areas[cv2.dilate(found, _BESIDE) > 0]] = True
    joins[areas[behind]] = False
    joins[np.bincount(np.ravel(areas), minlength=count) > _LIMB_MOST * found.size] = False
    joins[0] = False
    whole = found | joins[areas].view(np.uint8)
    return np.asarray(cv2.morphologyEx(whole, cv2.MORPH_CLOSE, _BESIDE), np.uint8)


def _markers(window: Box, size: tuple[int, int], figure: Character, faces: Sequence[Face]) -> NDArray[np.int32]:
    """Return `(h, w)` int32 for the flood: what is surely behind, what is surely the figure, 0 for the rest."""
    across, down = size[0] / window.width, size[1] / window.height

    def placed(box: Box) -> tuple[Point, float, float]:
        x, y = (box.left + box.right) / 2 - window.left, (box.top + box.bottom) / 2 - window.top
        return (x * across, y * down), box.width * across, box.height * down

    (x, y), width, height = placed(figure.box)
    markers = np.full(size[::-1], _BEHIND, np.int32)
    corners = (x - width / 2, y - height / 2), (x + width / 2 - 1, y + height / 2 - 1)
    cv2.rectangle(markers, _whole(corners[0]), _whole(corners[1]), 0, cv2.FILLED)
    own = next((one for one in faces if one.character == figure.index), None)
    if own is None:
        _fill(markers, (x, y), _CORE[0] * width, _CORE[1] * height, _FIGURE)
    else:
        middle, wide, tall = placed(own.box)
        neck = middle[0], min(middle[1] + (0.5 + _NECK) * tall, y + 0.5 * height)
        thick = max(1, round(_BODY * min(2 * wide, width)))
        hip = 0.5 * (neck[0] + x), y + 0.5 * height - thick
        cv2.line(markers, _whole(neck), _whole(hip), _FIGURE, thick)
        _fill(markers, middle, 0.5 * _FACE * wide, 0.5 * _FACE * tall, _FIGURE)
    for face in faces:
        if face.character != figure.index and face.box.intersection(window).area:
            middle, wide, tall = placed(face.box)
            _fill(markers, middle, 0.5 * _FACE * wide, 0.5 * _FACE * tall, _BEHIND)
    return markers


def _fill(markers: NDArray[np.int32], middle: Point, across: float, down: float, value: int) -> None:
    axes = max(1, round(across)), max(1, round(down))
    cv2.ellipse(markers, _whole(middle), axes, 0, 0, 360, value, cv2.FILLED)


def _whole(point: Point) -> tuple[int, int]:
    return round(point[0]), round(point[1])


def _window(box: Box, shape: tuple[int, ...]) -> Box:
    off = max(2, round(_AROUND * max(box.width, box.height)))
    grown = Box(box.left - off, box.top - off, box.right + off, box.bottom + off)
    return grown.intersection(Box(0, 0, shape[1], shape[0]))
