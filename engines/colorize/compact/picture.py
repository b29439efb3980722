"""Pages and references at the sizes that the compact network sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Box, Size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MULTIPLE_PX: Final = 32
"""What sides of the network's input must divide by."""
CELL_PX: Final = 4
"""Side of a cell, of which the network says one thing, in pixels of its input."""
REFERENCE_CELL_PX: Final = 8
"""The same of a reference."""
_PAGE: Final = Size(840, 560)
_SCALE_MAX: Final = 1.5
# A strip of 690 x 8,600 fits.
_PIXELS_MAX: Final = 4_000_000
_TILE: Final = Size(896, 640)
_OVERLAP_PX: Final = 128
# Grey of bare paper, and of the darkest shade that is no ink; shares of shades in what is not ink.
_BARE: Final = 238
_SHADE: Final = 24
_INKED: Final = 0.56
_TONAL: Final = 0.7
_CELLS_MAX: Final = 1536
_CELLS_EACH_MAX: Final = 1024


def working_size(page: Size) -> Size:
    """Return the size at which a page is seen, sides multiples of 4: a usual page has 560 x 840, strips their scale.

    Pages of a proportion that nobody draws are seen smaller: what is held grows with it.
    """
    scale = min(_SCALE_MAX, max(_PAGE.height / page.height, _PAGE.width / page.width))
    scale = min(scale, (_PIXELS_MAX / page.pixels) ** 0.5)
    return Size(*(max(CELL_PX, round(side * scale / CELL_PX) * CELL_PX) for side in page))


def resized(grey: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Return a grey page at a size; averaging over areas turns fine screentone to grey."""
    how = cv2.INTER_AREA if size.height < grey.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (size.width, size.height), interpolation=how), np.uint8)


def inkness(grey: NDArray[np.uint8]) -> float:
    """Return 0..1: how far a grey page is ink on bare paper, 0 where it has lights and shades nearly everywhere."""
    bare = int((grey >= _BARE).sum())
    shades = int(((grey >= _SHADE) & (grey < _BARE)).sum())
    tonal = shades / max(shades + bare, 1)
    return min(1.0, max(0.0, (_TONAL - tonal) / (_TONAL - _INKED)))


def padded(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture with its edge repeated until both sides divide by 32."""
    height, width = grey.shape
    return np.pad(grey, [(0, -height % MULTIPLE_PX), (0, -width % MULTIPLE_PX)], mode="edge")


def as_seen(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a grey picture `(h, w)` as the network takes it, `(1, 1, h, w)` 0..1."""
    return np.asarray(grey.astype(np.float32) / 255, np.float32)[None, None]


def tiles(size: Size) -> list[Box]:
    """Return boxes that cover a padded picture, neighbours overlapping; all sides are multiples of 32."""
    rows = list(_spans(size.height, _TILE.height))
    columns = list(_spans(size.width, _TILE.width))
    return [Box(left, top, right, bottom) for top, bottom in rows for left, right in columns]


def feather(box: Box, size: Size) -> NDArray[np.float32]:
    """Return a tile's weights by cell, `(height / 4, width / 4)`: falling towards sides where another tile goes on."""
    down = _ramp(box.height // CELL_PX, before=box.top > 0, after=box.bottom < size.height)
    across = _ramp(box.width // CELL_PX, before=box.left > 0, after=box.right < size.width)
    return np.asarray(np.outer(down, across), np.float32)


def reference_at(reference: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Return a reference, its sides multiples of 32, of its share of the cells that `count` references have."""
    height, width = reference.shape[:2]
    pixels = min(_CELLS_EACH_MAX, _CELLS_MAX // count) * REFERENCE_CELL_PX**2
    scale = (pixels / (height * width)) ** 0.5
    # A sliver keeps one cell's width and, in return, not more than its share of cells.
    tall, wide = (int(np.clip(round(side * scale / MULTIPLE_PX), 1, 64)) * MULTIPLE_PX for side in (height, width))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(reference, (wide, tall), interpolation=how), np.uint8)


def _spans(length: int, longest: int) -> Iterator[tuple[int, int]]:
    if length <= longest:
        yield 0, length
        return
    count = -(-(length - _OVERLAP_PX) // (longest - _OVERLAP_PX))
    step = (length - longest) / (count - 1)
    for index in range(count):
        # On multiples of 32 a tile sees the same cells as its neighbour.
        start = round(index * step / MULTIPLE_PX) * MULTIPLE_PX
        yield start, start + longest


def _ramp(length: int, *, before: bool, after: bool) -> NDArray[np.float32]:
    place = np.arange(length, dtype=np.float32) + 0.5
    weight = np.ones(length, np.float32)
    if before:
        weight = np.minimum(weight, place / (_OVERLAP_PX / CELL_PX))
    if after:
        weight = np.minimum(weight, (length - place) / (_OVERLAP_PX / CELL_PX))
    return weight
