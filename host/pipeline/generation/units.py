"""The unit of generation: the whole page where it fits, else each panel with its surroundings, joined without seams.

Above its comfort an engine decays and mixes identities over a page; panel by panel with a margin of context it does not
(figures: a margin of 12 %, at least 48 px, for panels under 15 % of the page or 600 px).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.base import Repair
from engines.geometry import Box, Size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engines.base import ColorizeRequest
    from host.pipeline.records.page_meta import PageMeta

_SMALL_SHARE: Final = 0.15
_SMALL_PX: Final = 600
_MARGIN: Final = 0.12
_MARGIN_LARGE: Final = 0.04
_MARGIN_MIN_PX: Final = 48
_TILE_ASPECT: Final = 1.5
_COVERED_SHARE: Final = 0.85
_CANVAS_PIXELS: Final = 3_000_000
_BACKGROUND_WEIGHT: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Unit:
    """crop: what the engine sees, in pixels of the page. core: where its colour counts in full; it lies in the crop."""

    crop: Box
    core: Box

    def is_whole(self, page: Size) -> bool:
        """Whether the engine sees all of a page of this size."""
        return self.crop.area == page.pixels


def plan_units(meta: PageMeta, comfort_pixels: int | None) -> tuple[Unit, ...]:
    """Return the units of a page in reading order; one, the whole page, where that is within the engine's comfort.

    Where panels leave much of the page uncovered, the whole page comes first, as the ground under them.
    """
    page = Box(0, 0, meta.size.width, meta.size.height)
    if comfort_pixels is None or meta.size.pixels <= comfort_pixels:
        return (Unit(page, page),)
    cores = _cores(meta)
    units = tuple(Unit(_with_context(core, meta.size), core) for core in cores)
    return units if _covered(cores, meta.size) >= _COVERED_SHARE else (Unit(page, page), *units)


def request_of(request: ColorizeRequest, unit: Unit) -> ColorizeRequest:
    """Return the request for a unit alone; the request itself where the unit is the whole page."""
    crop, size = unit.crop, request.size
    if unit.is_whole(size):
        return request
    rows, columns = slice(crop.top, crop.bottom), slice(crop.left, crop.right)
    regions = (replace(one, mask=one.mask[rows, columns]) for one in request.regions)
    repair = request.repair
    return replace(
        request,
        page=np.ascontiguousarray(request.page[rows, columns]),
        protect=np.ascontiguousarray(request.protect[rows, columns]),
        regions=tuple(region for region in regions if region.mask.any()),
        repair=_repair_of(repair, crop, size) if repair else None,
        tone=_cut(request.tone, rows, columns),
        parts=_cut(request.parts, rows, columns),
        panels=_cut(request.panels, rows, columns),
    )


def _cut(plane: NDArray[np.uint8] | None, rows: slice, columns: slice) -> NDArray[np.uint8] | None:
    return None if plane is None else np.ascontiguousarray(plane[rows, columns])


def join(pictures: Sequence[tuple[Unit, NDArray[np.float32]]], size: Size) -> NDArray[np.float32]:
    """Return one `(h, w, 3)` OKLab picture of the page, at most 3 megapixels, from those of its units.

    Where crops overlap, each counts in full in its core and fades towards its crop's edge.
    """
    if len(pictures) == 1 and pictures[0][0].is_whole(size):
        return pictures[0][1]
    scale = min(1.0, (_CANVAS_PIXELS / size.pixels) ** 0.5)
    canvas = Size(max(1, round(size.height * scale)), max(1, round(size.width * scale)))
    total = np.zeros((*canvas, 3), np.float32)
    weight = np.full((*canvas, 1), 1e-9, np.float32)
    for unit, picture in pictures:
        place = _scaled(unit.crop, scale, canvas)
        if not place.area:
            continue
        fitted = np.asarray(
            cv2.resize(picture, (place.width, place.height), interpolation=cv2.INTER_LINEAR), np.float32
        )
        share = _fade(place, _scaled(unit.core, scale, canvas), canvas)[..., None]
        total[place.top : place.bottom, place.left : place.right] += fitted * share
        weight[place.top : place.bottom, place.left : place.right] += share
    return np.asarray(total / weight, np.float32)


def _cores(meta: PageMeta) -> list[Box]:
    if len(meta.panels) > 1:
        return [panel.box for panel in sorted(meta.panels, key=lambda panel: panel.order) if panel.box.area]
    parts = meta.parts or (Box(0, 0, meta.size.width, meta.size.height),)
    return [tile for part in parts for tile in _tiles(part)]


def _tiles(part: Box) -> list[Box]:
    """Return a part, cut across its longer side where it is long: one picture is never cut for its size alone."""
    length, across = max(part.width, part.height), min(part.width, part.height)
    pieces = max(1, round(length / max(1, across * _TILE_ASPECT)))
    spans = pairwise(round(length * index / pieces) for index in range(pieces + 1))
    if part.height >= part.width:
        return [Box(part.left, part.top + start, part.right, part.top + end) for start, end in spans]
    return [Box(part.left + start, part.top, part.left + end, part.bottom) for start, end in spans]


def _with_context(core: Box, size: Size) -> Box:
    small = core.area < _SMALL_SHARE * size.pixels or min(core.width, core.height) < _SMALL_PX
    margin = max(_MARGIN_MIN_PX, round((_MARGIN if small else _MARGIN_LARGE) * max(core.width, core.height)))
    page = Box(0, 0, size.width, size.height)
    return core.grown(margin).intersection(page)


def _covered(cores: Sequence[Box], size: Size) -> float:
    step = max(1, round((size.pixels / 10_000) ** 0.5))
    seen = np.zeros((-(-size.height // step), -(-size.width // step)), np.bool_)
    for core in cores:
        seen[core.top // step : -(-core.bottom // step), core.left // step : -(-core.right // step)] = True
    return float(seen.mean())


def _repair_of(repair: Repair, crop: Box, size: Size) -> Repair | None:
    mask = repair.mask[crop.top : crop.bottom, crop.left : crop.right]
    return Repair(picture=_part(repair.picture, crop, size), mask=mask) if mask.any() else None


def _part(picture: NDArray[np.uint8], crop: Box, size: Size) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    down, across = height / size.height, width / size.width
    rows = slice(int(crop.top * down), max(int(crop.top * down) + 1, round(crop.bottom * down)))
    columns = slice(int(crop.left * across), max(int(crop.left * across) + 1, round(crop.right * across)))
    return np.ascontiguousarray(picture[rows, columns])


def _scaled(box: Box, scale: float, canvas: Size) -> Box:
    scaled = Box(*(round(edge * scale) for edge in box))
    return scaled.intersection(Box(0, 0, canvas.width, canvas.height))


def _fade(place: Box, core: Box, canvas: Size) -> NDArray[np.float32]:
    """Return the weight of each pixel of a crop: 1 in the core, falling to almost 0 at the crop's edge."""
    whole = (place.width, place.height) == (canvas.width, canvas.height)
    if whole and core == place:
        return np.full((place.height, place.width), _BACKGROUND_WEIGHT, np.float32)
    down = _ramp(place.top, place.bottom, core.top, core.bottom)
    across = _ramp(place.left, place.right, core.left, core.right)
    return np.maximum(np.outer(down, across), _BACKGROUND_WEIGHT).astype(np.float32)


def _ramp(start: int, end: int, core_start: int, core_end: int) -> NDArray[np.float32]:
    place = np.arange(start, end, dtype=np.float32) + 0.5
    before = (place - start) / (core_start - start) if core_start > start else np.ones_like(place)
    after = (end - place) / (end - core_end) if end > core_end else np.ones_like(place)
    return np.clip(np.minimum(before, after), 0, 1).astype(np.float32)
