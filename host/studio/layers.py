"""A panel taken apart by depth: the ground, the figures from far to near, and on top what stays where it is.

What a figure or a balloon hides is not known; it is painted on from what lies around it (Telea 2004, in OpenCV), which
is enough for the narrow rim that a slow camera uncovers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Size
from host.pipeline.analysis.maps.depth import near_to_far
from host.studio.edges import soft_alpha

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.geometry import Box
    from host.pipeline.records.page_meta import Panel
    from host.studio.page import StudioPage

_FILL_SIDE_PX: Final = 480
_FILL_RADIUS_PX: Final = 4
# Of the panel's shorter side: a frame's stroke, a balloon's outline, a figure's outline.
_FRAME: Final = 0.01
_RIM: Final = 0.006
# How far the camera lets a figure travel, a share of the panel's shorter side.
_REACH: Final = 0.08
_GROUND_DEPTH: Final = 0.0
_LARGER: Final = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A part of a panel. rgb: `(h, w, 3)` uint8. alpha: `(h, w)` uint8; None: it covers all. depth_01: 1 nearest."""

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None
    depth_01: float


@dataclass(frozen=True, slots=True, eq=False)
class PanelLayers:
    """A panel in layers, the farthest first; `top` is its frame, its balloons and its letters, which do not move."""

    moving: tuple[Layer, ...]
    top: Layer

    @property
    def size(self) -> Size:
        """Height and width of every layer."""
        return Size(*self.top.rgb.shape[:2])


def film_size(panel: Panel, longest_px: int) -> Size:
    """Return how large a panel is in a film, at most three times what it is, with even sides, as films want them."""
    scale = min(_LARGER, longest_px / max(1, panel.box.height, panel.box.width))
    return Size(*(max(2, 2 * round(scale * side / 2)) for side in (panel.box.height, panel.box.width)))


def take_apart(page: StudioPage, panel: Panel, longest_px: int) -> PanelLayers:
    """Return a panel's layers, of its `film_size`."""
    box, size = panel.box, film_size(panel, longest_px)
    rgb = _scaled(page.rgb[_view(box)], size)
    rim = max(1, round(_RIM * min(size)))
    figures, lettering = page.figures()
    still = _grown(_mask(page.masks.balloons | lettering, box, size), rim) | _around(page, panel, size)
    labels = cv2.resize(figures[_view(box)], (size.width, size.height), interpolation=cv2.INTER_NEAREST)
    here = [one for one in near_to_far(page.meta.characters) if np.any(labels == one.index + 1)]
    reach = max(1, round(_REACH * min(size)))
    moving = []
    hidden = _grown(still, rim)  # a rim, so that nothing of a balloon's outline is left behind
    for one in here:
        mask = _grown(np.asarray(labels == one.index + 1), rim) & ~still
        filled = _filled(rgb, hidden)
        # It goes on below what lies over it, so that no gap opens beside that when it moves.
        below = _grown(mask, reach) & _grown(hidden, 2)
        moving.append(Layer(filled, np.maximum(soft_alpha(rgb, mask), _soft(below)), one.depth_01))
        hidden = hidden | _grown(mask, 2 * rim)
    moving.append(Layer(_filled(rgb, hidden), None, _GROUND_DEPTH))
    return PanelLayers(tuple(reversed(moving)), Layer(rgb, _soft(_grown(still, 1)), 1.0))


def _view(box: Box) -> tuple[slice, slice]:
    return slice(box.top, box.bottom), slice(box.left, box.right)


def _scaled(rgb: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    way = cv2.INTER_AREA if size.height < rgb.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (size.width, size.height), interpolation=way), np.uint8)


def _mask(mask: NDArray[np.bool_], box: Box, size: Size) -> NDArray[np.bool_]:
    part = np.ascontiguousarray(mask[_view(box)]).view(np.uint8) * 255
    return np.asarray(cv2.resize(part, (size.width, size.height), interpolation=cv2.INTER_AREA) > 0)


def _around(page: StudioPage, panel: Panel, size: Size) -> NDArray[np.bool_]:
    """Return what is not the panel's own (paper, panels that lie over it), and its frame."""
    own = (page.maps.panels[_view(panel.box)] == panel.order + 1).view(np.uint8)
    inside = cv2.resize(own, (size.width, size.height), interpolation=cv2.INTER_NEAREST)
    side = 2 * max(2, round(_FRAME * min(size))) + 1
    return np.asarray(
        cv2.erode(inside, np.ones((side, side), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0) == 0
    )


def _grown(mask: NDArray[np.bool_], by_px: int) -> NDArray[np.bool_]:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by_px + 1,) * 2)
    return np.asarray(cv2.dilate(mask.view(np.uint8), kernel) > 0)


def _soft(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(mask.view(np.uint8) * np.uint8(255), (3, 3), 0), np.uint8)


def _filled(rgb: NDArray[np.uint8], hole: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the picture with the hole painted on; all of it being a hole, as it is."""
    if not hole.any() or hole.all():
        return rgb
    height, width = hole.shape
    scale = min(1.0, _FILL_SIDE_PX / max(height, width))
    small = (max(1, round(scale * width)), max(1, round(scale * height)))
    shrunk = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA)
    gap = cv2.resize(hole.view(np.uint8) * 255, small, interpolation=cv2.INTER_AREA) > 0
    painted = cv2.inpaint(shrunk, gap.view(np.uint8), _FILL_RADIUS_PX, cv2.INPAINT_TELEA)
    large = cv2.resize(painted, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.where(hole[..., None], large, rgb).astype(np.uint8)
