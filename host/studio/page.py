"""A page's picture, coloured or not, with what is read on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from host.errors import BadRequest
from host.pipeline.decode import DecodeLimits, as_page, decode_page
from host.pipeline.records.json_files import read_limited
from host.pipeline.records.masks import PageMaps

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from host.pipeline.analysis.reader import PageReader
    from host.pipeline.records.masks import PageMasks
    from host.pipeline.records.page_meta import PageMeta, Panel
    from host.vocabulary import Direction


@dataclass(frozen=True, slots=True, eq=False)
class StudioPage:
    """A page. rgb: `(H, W, 3)` uint8, read-only. meta, masks and maps: what its ink says, whatever its colour."""

    rgb: NDArray[np.uint8]
    meta: PageMeta
    masks: PageMasks
    maps: PageMaps

    @property
    def ink(self) -> NDArray[np.bool_]:
        """`(H, W)` bool: lines and letters."""
        lines, lettering = self.masks.lines, self.masks.lettering
        return lettering if lines is None else lines | lettering

    def panel(self, number: int) -> Panel:
        """Return a panel by its number in reading order, from 1.

        Raises:
            BadRequest: the page has no such panel.
        """
        for panel in self.meta.panels:
            if panel.order == number - 1:
                return panel
        count = len(self.meta.panels)
        raise BadRequest(f"The page has no panel {number}.", f"It has {count}, numbered as they are read, from 1.")


def picture_of(path: Path) -> NDArray[np.uint8]:
    """Return a file's picture, `(H, W, 3)` uint8, read-only.

    Raises:
        BadRequest: it cannot be read. ImageInvalid, TooLarge, OutOfMemory
    """
    return decode_page(read_limited(path, DecodeLimits().encoded_bytes)).rgb


def read_page(path: Path, reader: PageReader, direction: Direction = "auto") -> StudioPage:
    """Return a file's page. It is read by its grey alone, so that a coloured page is read as it was before.

    Raises:
        BadRequest: it cannot be read. ImageInvalid, TooLarge, OutOfMemory
    """
    decoded = decode_page(read_limited(path, DecodeLimits().encoded_bytes))
    grey = as_page(None, decoded.grey.copy())
    reading = reader.read(grey, direction)
    maps = reading.maps
    if maps is None:  # a blank page
        nothing = np.zeros(grey.size, np.uint8)
        maps = PageMaps(panels=nothing, characters=nothing, depth=nothing, tone=grey.grey)
    return StudioPage(decoded.rgb, reading.meta, reading.masks, maps)
