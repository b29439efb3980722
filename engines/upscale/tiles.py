"""A picture of any size, made larger tile by tile: the memory that it takes is bounded by the tile, and no seam shows.

Every tile is seen with a margin around it, and only its inner part is kept; where a network looks no farther than the
margin, the result is that of the whole picture at once. At the picture's rim the margin is the picture mirrored.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.base import RequestUnsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engines.upscale.base import Upscaler

TILE_PX: Final = 192
MARGIN_PX: Final = 24
PIXELS_MAX: Final = 240_000_000


def enlarge(
    upscaler: Upscaler,
    rgb: NDArray[np.uint8],
    *,
    tile_px: int = TILE_PX,
    margin_px: int = MARGIN_PX,
    progress: Callable[[float], None] | None = None,
) -> NDArray[np.uint8]:
    """Return an `(h, w, 3)` uint8 picture `info.scale` times as large.

    tile_px: of a tile's sides without its margin, rounded up to what the upscaler takes. progress: hears the share that
    is done after each tile, and raises to cancel.

    Raises:
        RequestUnsupported: the result would have over 240 million pixels. What the upscaler and progress raise.
    """
    scale, multiple = upscaler.info.scale, upscaler.info.multiple
    height, width = rgb.shape[:2]
    if height * width * scale**2 > PIXELS_MAX:
        raise RequestUnsupported(
            f"It would have {height * scale} x {width * scale} pixels, over {PIXELS_MAX // 10**6} million.",
            "Choose a smaller scale, or cut the page.",
            told=("made_too_many_pixels", f"{width * scale}", f"{height * scale}"),
        )
    tile, margin = _rounded(tile_px, multiple), _rounded(margin_px, multiple)
    rows, columns = math.ceil(height / tile), math.ceil(width / tile)
    padded = _mirrored(rgb, margin, rows * tile - height, columns * tile - width)
    large = np.empty((height * scale, width * scale, 3), np.uint8)
    for number in range(rows * columns):
        top, left = (number // columns) * tile, (number % columns) * tile
        seen = padded[top : top + tile + 2 * margin, left : left + tile + 2 * margin]
        inner = upscaler.enlarge(np.ascontiguousarray(seen))[scale * margin :, scale * margin :]
        bottom, right = min(tile, height - top) * scale, min(tile, width - left) * scale
        large[scale * top :, scale * left :][:bottom, :right] = inner[:bottom, :right]
        if progress is not None:
            progress((number + 1) / (rows * columns))
    return large


def _rounded(pixels: int, multiple: int) -> int:
    return max(1, math.ceil(pixels / multiple)) * multiple if pixels else 0


def _mirrored(rgb: NDArray[np.uint8], margin: int, below: int, beside: int) -> NDArray[np.uint8]:
    """Return the picture with a margin, and so much more below and beside it."""
    edges = margin, margin + below, margin, margin + beside
    # Mirroring needs something to mirror; a picture of one row repeats it.
    way = cv2.BORDER_REFLECT_101 if min(rgb.shape[:2]) > 1 else cv2.BORDER_REPLICATE
    return np.asarray(cv2.copyMakeBorder(rgb, *edges, way), np.uint8)
