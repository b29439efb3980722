"""The masks and maps of a page, and how they are recorded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, cast

import numpy as np

from host.pipeline.progress import unchecked
from host.pipeline.records.page_meta import MapRecord, MaskRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from host.pipeline.records.page_meta import MapName, MaskName


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PageMasks:
    """Masks of a page, each `(H, W)` bool.

    balloons: balloon bodies to their outline. lettering: glyphs, inside balloons and free, with their soft edge.
    gutters: margins and the paper between panels. coloured: panels that have colour of their own.
    screentone: where dots or lines stand for a tone. lines: ink that is drawn, screentone and lettering left out.
    """

    balloons: NDArray[np.bool_]
    lettering: NDArray[np.bool_]
    gutters: NDArray[np.bool_]
    coloured: NDArray[np.bool_] | None = None
    screentone: NDArray[np.bool_] | None = None
    lines: NDArray[np.bool_] | None = None

    @property
    def protect(self) -> NDArray[np.bool_]:
        """What must stay as it is: balloons, lettering, gutters and coloured panels."""
        union = self.balloons | self.lettering | self.gutters
        return union if self.coloured is None else union | self.coloured


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PageMaps:
    """Maps of a page, each `(H, W)` uint8.

    panels: 0 outside, else the panel's order plus one. characters: 0 nobody, else the figure's index plus one.
    depth: 255 nearest, 0 background or outside of panels. tone: the page's grey with screentone made even.
    """

    panels: NDArray[np.uint8]
    characters: NDArray[np.uint8]
    depth: NDArray[np.uint8]
    tone: NDArray[np.uint8]


def named_masks(masks: PageMasks) -> dict[MaskName, NDArray[np.bool_]]:
    """Return every mask that there is by its name, `protect` among them."""
    found = {"protect": masks.protect} | {one.name: getattr(masks, one.name) for one in fields(masks)}
    return cast("dict[MaskName, NDArray[np.bool_]]", {k: mask for k, mask in found.items() if mask is not None})


def record_masks(masks: PageMasks, check: Callable[[], None] = unchecked) -> dict[MaskName, MaskRecord]:
    """Return digest and coverage of every mask. check: called before each; what it raises ends it."""
    recorded = {}
    for name, mask in named_masks(masks).items():
        check()
        recorded[name] = record_mask(mask)
    return recorded


def record_mask(mask: NDArray[np.bool_]) -> MaskRecord:
    """Return digest and coverage of a mask."""
    digest = hashlib.sha256(np.packbits(mask, axis=1).tobytes()).hexdigest()
    return MaskRecord(sha256=digest, coverage=float(np.count_nonzero(mask) / mask.size))


def named_maps(maps: PageMaps) -> dict[MapName, NDArray[np.uint8]]:
    """Return every map by its name."""
    return cast("dict[MapName, NDArray[np.uint8]]", {one.name: getattr(maps, one.name) for one in fields(maps)})


def record_maps(maps: PageMaps) -> dict[MapName, MapRecord]:
    """Return digest and largest value of every map."""
    return {name: record_map(values) for name, values in named_maps(maps).items()}


def record_map(values: NDArray[np.uint8]) -> MapRecord:
    """Return digest and largest value of a map."""
    digest = hashlib.sha256(np.ascontiguousarray(values).data).hexdigest()
    return MapRecord(sha256=digest, largest=int(values.max(initial=0)))
