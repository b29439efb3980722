"""OpenCV's `remap` and `warpAffine` for pictures of any size: by themselves they take no side of 32767 or more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDE_MAX: Final = 32_766
_PART: Final = 1 << 14


def look_up(table: NDArray[np.float32], columns: NDArray[np.float32], rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a table's values between its cells, bilinear; columns and rows float32 of one shape, and so the result."""
    found = np.empty(columns.shape, np.float32)
    flat_found, flat_columns, flat_rows = found.reshape(-1), columns.reshape(-1), rows.reshape(-1)
    for start in range(0, flat_found.size, _PART):
        part = slice(start, start + _PART)
        flat_found[part] = cv2.remap(table, flat_columns[None, part], flat_rows[None, part], cv2.INTER_LINEAR)[0]
    return found


def moved(picture: NDArray[Any], across: float, down: float) -> NDArray[Any]:
    """Return a `(h, w, …)` picture moved by so many pixels to the right and down; its border repeats its last pixel."""
    height, width = picture.shape[:2]
    if max(height, width) <= _SIDE_MAX:
        return _moved(picture, across, down)
    if width > height:
        return np.swapaxes(moved(np.ascontiguousarray(np.swapaxes(picture, 0, 1)), down, across), 0, 1)
    reach, result = math.ceil(abs(down)) + 1, np.empty_like(picture)
    for top in range(0, height, _PART):
        bottom = min(height, top + _PART)
        first = max(0, top - reach)
        part = _moved(picture[first : min(height, bottom + reach)], across, down)
        result[top:bottom] = part[top - first : bottom - first]
    return result


def _moved(picture: NDArray[Any], across: float, down: float) -> NDArray[Any]:
    back = np.array([[1, 0, across], [0, 1, down]], np.float32)
    size = picture.shape[1], picture.shape[0]
    return np.asarray(cv2.warpAffine(np.ascontiguousarray(picture), back, size, borderMode=cv2.BORDER_REPLICATE))
