"""A page's masks and maps by name, each made when it is asked for: of a tall page one stands in memory at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from host.pipeline.records.masks import named_maps, named_masks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from host.pipeline.records.masks import PageMaps, PageMasks
    from host.pipeline.records.page_meta import MapName, MaskName

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """masks: `(H, W)` bool each, `protect` among them. maps: `(H, W)` uint8 each. Only those that the page has."""

    masks: Mapping[MaskName, Callable[[], NDArray[np.bool_]]]
    maps: Mapping[MapName, Callable[[], NDArray[np.uint8]]]

    def mask(self, name: MaskName) -> NDArray[np.bool_] | None:
        """Return a mask; None where the page has none of that name."""
        make = self.masks.get(name)
        return None if make is None else make()


def layers_of(masks: PageMasks, maps: PageMaps | None = None) -> Layers:
    """Return the layers of a page that was read as a whole."""
    found = named_masks(masks).items()
    mapped = named_maps(maps).items() if maps is not None else ()
    return Layers(
        {name: partial(_itself, mask) for name, mask in found},
        {name: partial(_itself, values) for name, values in mapped},
    )


def _itself(value: T) -> T:
    return value
