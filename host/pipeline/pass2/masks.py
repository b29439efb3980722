"""MaskBinder: what a page's masks mean to a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.base import Region

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from host.pipeline.pagemasks import PageMaps, PageMasks
    from host.pipeline.pagemeta import PageMeta


def bind_protect(masks: PageMasks) -> NDArray[np.bool_]:
    """Return `(H, W)` bool, read-only: everything that stays as it is."""
    protect = masks.protect
    protect.setflags(write=False)
    return protect


def bind_regions(meta: PageMeta, maps: PageMaps | None) -> tuple[Region, ...]:
    """Return a region for every figure that can be seen, the nearest first, without words or references of its own."""
    if maps is None:
        return ()
    figures = sorted(meta.characters, key=lambda one: (-one.depth_01, one.index))
    regions = (Region(mask=maps.characters == figure.index + 1) for figure in figures)
    return tuple(region for region in regions if region.mask.any())


def bind_tone(maps: PageMaps | None, masks: PageMasks) -> NDArray[np.uint8] | None:
    """Return the page with its screentone made even; None where it has none."""
    if maps is None or masks.screentone is None or not masks.screentone.any():
        return None
    maps.tone.setflags(write=False)
    return maps.tone
