"""Bring pages and references to the sizes that klein takes, and its pictures back, without losing a pixel of a side.

The pipeline wants sides that are multiples of 16 and at least 64, an aspect of 8:1 and a megapixel at most; left to
itself it crops what does not fit, which shifts the picture against the page. So pictures are scaled as a whole and what
is missing is filled by their own edge, right and below, where it is cut away again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from engines.geometry import Size

if TYPE_CHECKING:
    from numpy.typing import NDArray

MULTIPLE_PX: Final = 16
PAGE_PIXELS: Final = 1024 * 1024
_SIDE_MIN_PX: Final = 64
_ASPECT_MAX: Final = 8
# Attention grows with the square of all pictures together: beyond two full ones references share.
_REFERENCE_PIXELS: Final = 768 * 768
_REFERENCES_PIXELS: Final = 2 * _REFERENCE_PIXELS


@dataclass(frozen=True, slots=True)
class Fit:
    """A picture's size when scaled, and the canvas that it lies on, at the top left."""

    scaled: Size
    canvas: Size


def fit(size: Size, pixels: int = PAGE_PIXELS, multiple: int = MULTIPLE_PX) -> Fit:
    """Return the largest fit of a picture that is not larger than the picture and whose canvas has so many pixels.

    multiple: what both sides of the canvas are multiples of, at most 64.
    """
    scale = min(1.0, (pixels / size.pixels) ** 0.5)
    while True:
        scaled = Size(max(1, round(size.height * scale)), max(1, round(size.width * scale)))
        canvas = _canvas(scaled, multiple)
        if canvas.pixels <= pixels:
            return Fit(scaled, canvas)
        # The canvas outgrew the picture by its padding.
        scale *= min(0.99, (pixels / canvas.pixels) ** 0.5)


def fit_reference(size: Size, count: int) -> Fit:
    """Return the fit of one of `count` references."""
    return fit(size, min(_REFERENCE_PIXELS, _REFERENCES_PIXELS // count))


def laid_out(picture: NDArray[np.uint8], where: Fit) -> NDArray[np.uint8]:
    """Return a grey `(H, W)` or RGB `(H, W, 3)` picture, scaled, on its canvas, as RGB `(h, w, 3)`."""
    height, width = where.scaled
    shrinks = height < picture.shape[0] or width < picture.shape[1]
    if picture.shape[:2] != where.scaled:
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=2)
    below, right = where.canvas.height - height, where.canvas.width - width
    return np.pad(picture, [(0, below), (0, right), (0, 0)], mode="edge")


def laid_out_mask(mask: NDArray[np.bool_], where: Fit) -> NDArray[np.bool_]:
    """Return a mask on the canvas; whatever it touches is in it, the padding is not."""
    height, width = where.scaled
    small = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    below, right = where.canvas.height - height, where.canvas.width - width
    return np.pad(np.asarray(small > 0), [(0, below), (0, right)])


def cut_out(picture: NDArray[Any], where: Fit) -> NDArray[Any]:
    """Return what lies on a canvas, without the padding."""
    return picture[: where.scaled.height, : where.scaled.width]


def _canvas(scaled: Size, multiple: int) -> Size:
    height, width = (max(_SIDE_MIN_PX, _rounded_up(side, multiple)) for side in scaled)
    return Size(
        max(height, _rounded_up(-(-width // _ASPECT_MAX), multiple)),
        max(width, _rounded_up(-(-height // _ASPECT_MAX), multiple)),
    )


def _rounded_up(side: int, multiple: int) -> int:
    return -(-side // multiple) * multiple
