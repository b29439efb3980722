"""How near figures stand: a hierarchical z-buffer, panel by panel, in them the figures, behind them the ground.

Nobody measured depth in a drawing; four things that are measured speak for it, each 0..1, within the figure's panel
(within the page where it is in none):

    foot      how far down the lower edge of its box reaches: on level ground what stands lower is nearer     0.40
    area      square root of the share of the panel that its box takes: what is nearer is larger              0.25
    face      twice the share of the panel's height that its face takes; 0.25 where it shows none, for a      0.20
              back, a creature or somebody too far off to have a face
    overlap   of the figures whose boxes cover a tenth of it or of themselves, the share that reaches less    0.15
              far down, or as far and is smaller; 0.5 where there is none

    depth_01 = 0.40 foot + 0.25 area + 0.20 face + 0.15 overlap        0 farthest, 1 nearest

The weights are chosen, not learned: no page at hand says who stands in front. Later panels lie over earlier ones in
the label map, so that an inset hides what its host shows there; depth is compared within a panel only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engines.geometry import Size
    from host.pipeline.records.page_meta import Character, Face, Panel

_FOOT: Final = 0.40
_AREA: Final = 0.25
_FACE: Final = 0.20
_OVERLAP: Final = 0.15
_NO_FACE: Final = 0.25
_LAP_MIN: Final = 0.1
_AS_FAR: Final = 0.02


def with_depth(
    figures: Sequence[Character], faces: Sequence[Face], panels: Sequence[Panel], size: Size
) -> tuple[Character, ...]:
    """Return the figures of a page, each with its `depth_01`."""
    frames = {panel.order: panel.box for panel in panels}
    page = Box(0, 0, size.width, size.height)
    heights = {face.character: face.box.height for face in faces if face.character is not None}
    placed = []
    for figure in figures:
        frame = page if figure.panel is None else frames.get(figure.panel, page)
        rivals = [other for other in figures if other.index != figure.index and other.panel == figure.panel]
        depth = (
            _FOOT * _unit((figure.box.bottom - frame.top) / max(1, frame.height))
            + _AREA * _unit((figure.box.area / max(1, frame.area)) ** 0.5)
            + _FACE * _face_share(heights.get(figure.index), frame)
            + _OVERLAP * _in_front(figure.box, [other.box for other in rivals], frame)
        )
        placed.append(figure.model_copy(update={"depth_01": round(depth, 4)}))
    return tuple(placed)


def near_to_far(figures: Sequence[Character]) -> list[Character]:
    """Return figures, the nearest first; of equals the one that is read first."""
    return sorted(figures, key=lambda figure: (-figure.depth_01, figure.index))


def map_depth(labels: NDArray[np.uint8], figures: Sequence[Character]) -> NDArray[np.uint8]:
    """Return `(H, W)` uint8 from the label map of figures: 255 nearest, 1 farthest, 0 where nobody is."""
    values = np.zeros(256, np.uint8)
    for figure in figures:
        if figure.index + 1 < len(values):
            values[figure.index + 1] = 1 + round(254 * figure.depth_01)
    return np.asarray(cv2.LUT(labels, values), np.uint8)


def _face_share(face_height: int | None, frame: Box) -> float:
    return _NO_FACE if face_height is None else _unit(2 * face_height / max(1, frame.height))


def _in_front(box: Box, others: Sequence[Box], frame: Box) -> float:
    near = [other for other in others if box.intersection(other).area > _LAP_MIN * min(box.area, other.area)]
    return sum(_reaches_farther(box, other, frame) for other in near) / len(near) if near else 0.5


def _reaches_farther(box: Box, other: Box, frame: Box) -> float:
    farther = box.bottom - other.bottom
    if abs(farther) > _AS_FAR * frame.height:
        return float(farther > 0)
    return 0.5 if box.area == other.area else float(box.area > other.area)


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))
