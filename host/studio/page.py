"""A page's picture, coloured or not, with what is read on it."""

from __future__ import annotations

import io
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image

from engines.components import find_components
from host.errors import BadRequest
from host.pipeline.decode import DecodeLimits, as_page, decode_page
from host.pipeline.records.json_files import read_limited
from host.pipeline.records.masks import PageMaps

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from host.pipeline.analysis.reader import PageReader
    from host.pipeline.decode import DecodedPage
    from host.pipeline.records.masks import PageMasks
    from host.pipeline.records.page_meta import PageMeta, Panel
    from host.vocabulary import Direction


_WHITE: Final = 128
_RING_PX: Final = 4
_WITHIN: Final = 0.9


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

    def figures(self) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Return the labels of `maps.characters`, and the lettering that is no figure's.

        What is lettered outside of balloons and stands within one figure is that figure's: a print on a shirt, a sound
        word drawn over somebody, or teeth that were taken for letters.
        """
        labels, lettering = self.maps.characters.copy(), self.masks.lettering.copy()
        free = cv2.dilate((lettering & ~self.masks.balloons).view(np.uint8), np.ones((3, 3), np.uint8))
        marks, boxes, _ = find_components(np.asarray(free, np.uint8), 8)
        for mark in range(1, len(boxes)):
            left, top, width, height = (int(one) for one in boxes[mark][:4])
            view = (
                slice(max(0, top - _RING_PX), top + height + _RING_PX),
                slice(max(0, left - _RING_PX), left + width + _RING_PX),
            )
            own = np.asarray(marks[view] == mark)
            ring = cv2.dilate(own.view(np.uint8), np.ones((2 * _RING_PX + 1,) * 2, np.uint8)).astype(np.bool_) & ~own
            around = np.bincount(self.maps.characters[view][ring], minlength=1)
            whose = int(around[1:].argmax()) + 1 if len(around) > 1 else 0
            if whose and around[whose] >= _WITHIN * around.sum():
                labels[view][own] = whose
                lettering[view][own] = False
        return labels, lettering

    def panel(self, number: int) -> Panel:
        """Return a panel by its number in reading order, from 1.

        Raises:
            BadRequest: the page has no such panel.
        """
        for panel in self.meta.panels:
            if panel.order == number - 1:
                return panel
        count = len(self.meta.panels)
        raise BadRequest(
            f"The page has no panel {number}.",
            f"It has {count}, numbered as they are read, from 1.",
            told=("no_such_panel", f"{number}", f"{count}"),
        )


def picture_of(path: Path) -> NDArray[np.uint8]:
    """Return a file's picture, `(H, W, 3)` uint8, read-only.

    Raises:
        BadRequest: it cannot be read. ImageInvalid, TooLarge, OutOfMemory
    """
    return decode_page(read_limited(path, DecodeLimits().encoded_bytes)).rgb


def mask_of(drawn: NDArray[np.uint8], rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return the `(H, W)` bool mask that a drawn picture is, white what it covers; rgb: the page that it is for.

    Raises:
        BadRequest: it is of another size.
    """
    if drawn.shape[:2] != rgb.shape[:2]:
        asked, there = (f"{one.shape[1]} x {one.shape[0]}" for one in (drawn, rgb))
        raise BadRequest(f"The mask has {asked} pixels, the page {there}.", "Draw it over the page itself.")
    return np.asarray(drawn.mean(axis=2) >= _WHITE)


def mask_text(mask: NDArray[np.bool_]) -> str:
    """Return a mask as text for a record: base64 of a PNG of one bit a pixel, which `mask_of` takes once decoded."""
    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, "PNG")
    return b64encode(buffer.getvalue()).decode()


def read_page(path: Path, reader: PageReader, direction: Direction = "auto") -> StudioPage:
    """Return a file's page, as `page_of`.

    Raises:
        BadRequest: it cannot be read. ImageInvalid, TooLarge, OutOfMemory
    """
    return page_of(decode_page(read_limited(path, DecodeLimits().encoded_bytes)), reader, direction)


def page_of(decoded: DecodedPage, reader: PageReader, direction: Direction = "auto") -> StudioPage:
    """Return a decoded picture's page.

    It is read by its grey alone, so that a coloured page is read as it was before.
    """
    grey = as_page(None, decoded.grey.copy())
    reading = reader.read(grey, direction)
    maps = reading.maps
    if maps is None:  # a blank page
        nothing = np.zeros(grey.size, np.uint8)
        maps = PageMaps(panels=nothing, characters=nothing, depth=nothing, tone=grey.grey)
    return StudioPage(decoded.rgb, reading.meta, reading.masks, maps)
