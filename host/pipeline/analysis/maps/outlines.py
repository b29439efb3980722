"""The outlines of panels: slanted ones as polygons, and which panel each pixel of the page belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engines.geometry import Size
    from host.pipeline.records.page_meta import Panel

    Points = NDArray[np.int32]

_SAMPLE_PX: Final = 400
_SAME: Final = 0.75
# A hull that fills more of its box than this is the box; one that fills less is no panel's.
_SLANTED: Final = (0.5, 0.95)
_TOLERANCE: Final = 0.012
_CORNERS: Final = (3, 8)
_LABELS_MOST: Final = 255


def with_polygons(panels: Sequence[Panel], gutters: NDArray[np.bool_]) -> tuple[Panel, ...]:
    """Return panels, those with a polygon whose frame slants; `gutters` is `(H, W)` bool, the paper around panels."""
    scale = min(1.0, _SAMPLE_PX / max(1, gutters.shape[1]))
    size = max(1, round(gutters.shape[1] * scale)), max(1, round(gutters.shape[0] * scale))
    paper = cv2.resize(gutters.view(np.uint8) * np.uint8(255), size, interpolation=cv2.INTER_AREA)
    contours, _ = cv2.findContours(np.asarray(paper < 128, np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    around = [np.asarray(cv2.convexHull(contour), np.int32).reshape(-1, 2) for contour in contours]
    stretch = gutters.shape[1] / size[0], gutters.shape[0] / size[1]
    hulls = [_stretched(hull, *stretch) for hull in around]
    return tuple(_with_polygon(panel, hulls) for panel in panels)


def map_panels(size: Size, panels: Sequence[Panel]) -> NDArray[np.uint8]:
    """Return `(H, W)` uint8: 0 outside of panels, else the panel's order plus one.

    Where panels overlap the smaller one lies on top (an inset on its host), of equals the later one. Panels beyond the
    255th are left out.
    """
    labels = np.zeros(size, np.uint8)
    for panel in sorted(panels, key=lambda one: (-one.box.area, one.order)):
        if panel.order >= _LABELS_MOST:
            continue
        if panel.polygon is None:
            labels[panel.box.top : panel.box.bottom, panel.box.left : panel.box.right] = panel.order + 1
        else:
            cv2.fillPoly(labels, [np.array(panel.polygon, np.int32)], panel.order + 1)
    return labels


def _with_polygon(panel: Panel, hulls: Sequence[Points]) -> Panel:
    best = max(hulls, key=lambda hull: _box(hull).iou(panel.box), default=None)
    if best is None or _box(best).iou(panel.box) < _SAME:
        return panel
    least, most = _SLANTED
    if not least <= cv2.contourArea(best) / max(1, panel.box.area) <= most:
        return panel
    tolerance = _TOLERANCE * (panel.box.width + panel.box.height)
    corners = np.asarray(cv2.approxPolyDP(best, tolerance, closed=True), np.int32).reshape(-1, 2)
    if not _CORNERS[0] <= len(corners) <= _CORNERS[1]:
        return panel
    inside = np.clip(corners, (panel.box.left, panel.box.top), (panel.box.right - 1, panel.box.bottom - 1))
    return panel.model_copy(update={"polygon": tuple((int(x), int(y)) for x, y in inside)})


def _stretched(hull: Points, across: float, down: float) -> Points:
    """Return points of a smaller picture in the page's pixels, at the middles of what they stand for."""
    return np.asarray((hull + 0.5) * (across, down), np.int32)


def _box(hull: Points) -> Box:
    left, top, width, height = cv2.boundingRect(hull)
    return Box(left, top, left + width, top + height)
