"""What analysis read of a strip's pieces as masks and maps of the strip: packed, and laid together one by one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from host.pipeline.records.layers import Layers
from host.pipeline.records.masks import named_maps, named_masks
from host.pipeline.strips.cut import cores_of
from host.pipeline.strips.folded import packed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engines.geometry import Box
    from host.pipeline.analysis.reader import PageReading
    from host.pipeline.decode import DecodedPage
    from host.pipeline.records.page_meta import MapName, MaskName, PageMeta
    from host.pipeline.strips.folded import PackedArray

    PackedLayers = Mapping[MaskName | MapName, PackedArray]

# Maps whose values number things, and what they number.
_NUMBERED: Final[dict[MapName, str]] = {"panels": "panels", "characters": "characters"}
_MASKS: Final[tuple[MaskName, ...]] = (
    "protect", "balloons", "lettering", "gutters", "coloured", "screentone", "lines"
)  # fmt: skip
_MAPS: Final[tuple[MapName, ...]] = ("panels", "characters", "depth", "tone")


def pack_layers(reading: PageReading) -> PackedLayers:
    """Return a piece's masks and maps, packed."""
    found: dict[MaskName | MapName, PackedArray] = {
        name: packed(mask) for name, mask in named_masks(reading.masks).items()
    }
    if reading.maps is not None:
        found.update((name, packed(values)) for name, values in named_maps(reading.maps).items())
    return found


def strip_layers(
    page: DecodedPage, boxes: Sequence[Box], metas: Sequence[PageMeta], pieces: Sequence[PackedLayers]
) -> Layers:
    """Return the layers of a strip: those that any of its pieces has.

    A piece without one has nothing there; without a tone it has its grey. Maps number things as the strip's record
    does; beyond the 255th they are left out.
    """
    joined = _Joined(page, boxes, metas, pieces)
    there = set().union(*pieces)
    return Layers(
        {name: partial(joined.mask, name) for name in _MASKS if name in there},
        {name: partial(joined.map, name) for name in _MAPS if name in there},
    )


class _Joined:
    def __init__(
        self, page: DecodedPage, boxes: Sequence[Box], metas: Sequence[PageMeta], pieces: Sequence[PackedLayers]
    ) -> None:
        self._page = page
        self._places = list(zip(boxes, cores_of(boxes), pieces, strict=True))
        self._counts = {name: [len(getattr(meta, things)) for meta in metas] for name, things in _NUMBERED.items()}

    def mask(self, name: MaskName) -> NDArray[np.bool_]:
        whole = np.zeros(self._page.size, np.bool_)
        for box, core, piece in self._places:
            if name in piece:
                whole[core.top : core.bottom] = _core(piece[name], box, core)
        return whole

    def map(self, name: MapName) -> NDArray[np.uint8]:
        whole = self._page.grey.copy() if name == "tone" else np.zeros(self._page.size, np.uint8)
        before = 0
        for place, (box, core, piece) in enumerate(self._places):
            if name in piece:
                values = _core(piece[name], box, core)
                whole[core.top : core.bottom] = _renumbered(values, before) if name in _NUMBERED else values
            before += self._counts[name][place] if name in _NUMBERED else 0
        return whole


def _core(piece: PackedArray, box: Box, core: Box) -> NDArray[np.uint8]:
    return np.asarray(piece.unpacked()[core.top - box.top : core.bottom - box.top])


def _renumbered(values: NDArray[np.uint8], before: int) -> NDArray[np.uint8]:
    """Return numbers from 1 as they are after `before` others; 0 stays, and so do numbers that no byte holds."""
    numbers = np.arange(256) + before
    numbers[0] = 0
    numbers[numbers > np.iinfo(np.uint8).max] = 0
    return np.asarray(cv2.LUT(np.ascontiguousarray(values), numbers.astype(np.uint8)), np.uint8)
