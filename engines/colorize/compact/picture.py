"""Pages and references at the sizes that the compact network sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.geometry import Box, Size
from engines.oklab import grey_to_lightness, srgb_to_oklab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MULTIPLE_PX = 32
"""What sides of the network's input must divide by."""
CELL_PX = 8
"""Side of a token in pixels of the network's input."""
_PAGE = Size(720, 480)
_SCALE_MAX = 1.5
_TILE = Size(768, 512)
_OVERLAP_PX = 96
_TOKENS_MAX = 1536
_TOKENS_EACH_MAX = 1024


def working_size(page: Size) -> Size:
    """Return the even size at which a page is seen: a usual page has 480 x 720, strips and spreads its scale."""
    scale = min(_SCALE_MAX, max(_PAGE.height / page.height, _PAGE.width / page.width))
    return Size(max(2, round(page.height * scale / 2) * 2), max(2, round(page.width * scale / 2) * 2))


def working_lightness(page: NDArray[np.uint8], size: Size) -> NDArray[np.float32]:
    """Return OKLab lightness of a grey page at a size; averaging over areas turns screentone to grey."""
    shrinks = size.height < page.shape[0]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    small = cv2.resize(page, (size.width, size.height), interpolation=how)
    return grey_to_lightness(np.asarray(small, np.uint8))


def padded(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a picture with its edge repeated until both sides divide by 32."""
    height, width = lightness.shape
    return np.pad(lightness, [(0, -height % MULTIPLE_PX), (0, -width % MULTIPLE_PX)], mode="edge")


def tiles(size: Size) -> list[Box]:
    """Return boxes that cover a padded picture, neighbours overlapping; all sides are multiples of 32."""
    rows = list(_spans(size.height, _TILE.height))
    columns = list(_spans(size.width, _TILE.width))
    return [Box(left, top, right, bottom) for top, bottom in rows for left, right in columns]


def feather(box: Box, size: Size) -> NDArray[np.float32]:
    """Return a tile's weights, `(height / 2, width / 2)`: falling towards the sides where another tile goes on."""
    down = _ramp(box.height // 2, before=box.top > 0, after=box.bottom < size.height)
    across = _ramp(box.width // 2, before=box.left > 0, after=box.right < size.width)
    return np.asarray(np.outer(down, across), np.float32)


def reference_lab(reference: NDArray[np.uint8], count: int) -> NDArray[np.float32]:
    """Return a reference in OKLab, its sides multiples of 32, its share of the tokens that `count` references have."""
    height, width = reference.shape[:2]
    pixels = min(_TOKENS_EACH_MAX, _TOKENS_MAX // count) * CELL_PX**2
    scale = (pixels / (height * width)) ** 0.5
    # A sliver keeps one cell's width and, in return, not more than its share of tokens.
    tall, wide = (int(np.clip(round(side * scale / MULTIPLE_PX), 1, 64)) * MULTIPLE_PX for side in (height, width))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return srgb_to_oklab(np.asarray(cv2.resize(reference, (wide, tall), interpolation=how), np.uint8))


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
        weight = np.minimum(weight, place / (_OVERLAP_PX / 2))
    if after:
        weight = np.minimum(weight, (length - place) / (_OVERLAP_PX / 2))
    return weight
