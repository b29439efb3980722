"""A page's panels as Closure-Lite sees them: squares, places, letters. Its recipe makes its input by this, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bounds = tuple[float, float, float, float]

BEGIN: Final = 0
PAD: Final = 1
END: Final = 2
MARKS: Final = 4
GEOMETRY: Final = 8


def panel_geometry(box: Bounds, size: tuple[int, int]) -> list[float]:
    """Return a panel's place: left, top, right, bottom, middle, area, by the page's width and height; and its shape.

    box: x, y, width, height in pixels. size: the page's width and height.
    """
    width, height = size
    x, y, w, h = box
    left, top, right, bottom = x / width, y / height, (x + w) / width, (y + h) / height
    shape = float(np.log(max(w, 1.0) / max(h, 1.0)))
    return [left, top, right, bottom, (left + right) / 2, (top + bottom) / 2, w * h / (width * height), shape]


def panel_crop(page: NDArray[np.uint8], box: Bounds, side: int) -> NDArray[np.uint8]:
    """Return a panel as a square, `(side, side, 3)` uint8. page: `(H, W, 3)` sRGB RGB; the box is cut to it."""
    from PIL import Image

    height, width = page.shape[:2]
    x, y, w, h = box
    left, top = min(max(x, 0), width - 1), min(max(y, 0), height - 1)
    within = (left, top, min(max(x + w, left + 1), width), min(max(y + h, top + 1), height))
    small = Image.fromarray(page).resize((side, side), Image.Resampling.BILINEAR, within)
    return np.asarray(small, np.uint8)


def letters(text: str, length: int) -> NDArray[np.int64]:
    """Return a text's bytes as `(length,)` int64, between marks and filled up; what is too long is cut."""
    data = np.frombuffer(text.encode("utf-8", "replace")[: length - 2], np.uint8).astype(np.int64) + MARKS
    row = np.full(length, PAD, np.int64)
    row[: len(data) + 2] = np.concatenate([[BEGIN], data, [END]])
    return row
