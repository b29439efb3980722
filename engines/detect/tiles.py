"""How a page of any size is shown to a network: at which scale, and in which pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from engines.geometry import Box, Size

if TYPE_CHECKING:
    from numpy.typing import NDArray

STRIDE_PX = 32
_MOST_SCALE = 2.0
_STRIP_RATIO = 1.9
_OVERLAP = 0.3
# Of pages of any proportion that somebody draws far fewer are enough; others are seen smaller.
_MOST_VIEWS = 200
_GREY = 114


class View(NamedTuple):
    """One look at a page: `window` in pixels of the page, `size` of the input, `scale` of the page in it."""

    window: Box
    size: Size
    scale: float


def views(page: Size, height_px: int, width_px: int, *, fixed: bool = False) -> list[View]:
    """Return the views that cover a page, at least one.

    height_px, width_px: an upright page as the network was trained with it. A page, or two side by side, is seen at
    once; a strip of any length at the width (or height) of a page, in pieces that overlap, but never in more than some
    hundred. fixed: the network takes no other input than this size; then everything has to fit into it.
    """
    height, width = page
    if height > _STRIP_RATIO * width:
        scale = min(_MOST_SCALE, width_px / width)
    elif fixed:
        scale = min(_MOST_SCALE, height_px / height, width_px / min(width, _STRIP_RATIO * height))
    else:
        scale = min(_MOST_SCALE, height_px / height)
    most_width = width_px if fixed else int(height_px * _STRIP_RATIO)
    reach = (_MOST_VIEWS - 1) * (1 - _OVERLAP)
    scale = min(scale, reach * height_px / height, reach * most_width / width)
    tall, wide = max(1, int(height_px / scale)), max(1, int(most_width / scale))
    found = []
    for top, bottom in _spans(height, tall):
        for left, right in _spans(width, wide):
            window = Box(left, top, right, bottom)
            size = Size(height_px, width_px) if fixed else _padded(window, scale)
            found.append(View(window, size, scale))
    return found


def shown(grey: NDArray[np.uint8], view: View, channels: int = 3) -> NDArray[np.float32]:
    """Return the network's input, `(1, channels, h, w)`, 0 black to 1 white: the window in the corner, grey around."""
    window = view.window
    piece = grey[window.top : window.bottom, window.left : window.right]
    size = max(1, round(window.width * view.scale)), max(1, round(window.height * view.scale))
    size = min(size[0], view.size.width), min(size[1], view.size.height)
    way = cv2.INTER_AREA if view.scale < 1 else cv2.INTER_LINEAR
    canvas = np.full(view.size, _GREY, np.uint8)
    canvas[: size[1], : size[0]] = cv2.resize(piece, size, interpolation=way)
    plane = canvas.astype(np.float32) / np.float32(255)
    return np.ascontiguousarray(np.broadcast_to(plane, (1, channels, *plane.shape)))


def _spans(length: int, most: int) -> list[tuple[int, int]]:
    """Return pieces of at most `most` pixels that cover 0..length and overlap; all of one size."""
    if length <= most:
        return [(0, length)]
    count = 1 + int(np.ceil((length - most) / max(1.0, most * (1 - _OVERLAP))))
    starts = np.linspace(0, length - most, count).round().astype(int)
    return [(int(start), int(start) + most) for start in starts]


def _padded(window: Box, scale: float) -> Size:
    sides = (window.height * scale, window.width * scale)
    height, width = (max(STRIDE_PX, -(-round(side) // STRIDE_PX) * STRIDE_PX) for side in sides)
    return Size(height, width)
