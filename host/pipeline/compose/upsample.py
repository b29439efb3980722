"""Colour from an engine's resolution to the page's: along the page's edges, never across a line.

Bilinear upsampling smears colour over every line, by the width of an engine's pixel; so does any filter that only
compares grey levels, because both sides of a line in manga are the same paper. What tells two regions apart is the
ink between them. So colour spreads by distance *along the page*: every change of lightness on the way makes the
way longer (the domain transform of Gastal and Oliveira, "Domain transform for edge-aware image and video
processing", SIGGRAPH 2011, recursive variant), and what an engine gave right at an edge, where its pixel holds both
sides, counts little against what it gave inside of a region.

Where lines have gaps, regions (`engines.regions`) close them: the border of one is as long a way as a line.

A coarse engine says one thing of a cell that is wider than its pixels; its colour goes further, to even that out.

This runs on a grid of at most `_GRID_PIXELS`, half the page's side or less: memory and time stay flat, and the
last doubling falls under the ink.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Size
from engines.oklab import grey_to_lightness

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GRID_PIXELS: Final = 2_000_000
_GRID_SIDE_MIN: Final = 600
# OpenCV's warpAffine takes no side of 32767 or more.
_COLUMNS_MOST: Final = 32_000
_PASSES: Final = 2
# How far colour spreads on even ground, in pixels of a fine and of a coarse engine; what change of lightness is a line.
_REACH_FINE_PX: Final = 3.0
_REACH_COARSE_PX: Final = 6.0
_LINE_CONTRAST: Final = 0.2
# A change of lightness within an engine's pixel at which its colour is trusted half.
_MIXED_CONTRAST: Final = 0.12
_TRUST_MIN: Final = 1e-3


def grid_size(page: Size) -> Size:
    """Return the size of the grid on which a page's colour is spread: half the page, less for very large pages."""
    scale = min(1.0, max(0.5, _GRID_SIDE_MIN / max(1, min(page))))
    scale = min(scale, (_GRID_PIXELS / page.pixels) ** 0.5)
    return Size(max(1, round(page.height * scale)), max(1, round(page.width * scale)))


def grid_lightness(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the OKLab lightness of a `(H, W)` uint8 page on its grid."""
    small = cv2.resize(grey, grid_size(Size(*grey.shape))[::-1], interpolation=cv2.INTER_AREA)
    return grey_to_lightness(np.asarray(small, np.uint8))


def rows_of_grid(grid: NDArray[np.float32], rows: slice, page: Size) -> NDArray[np.float32]:
    """Return these rows of a `(h, w, 3)` grid at the page's size, as if the whole grid had been resized bilinearly."""
    lefts = range(0, page.width, _COLUMNS_MOST)
    parts = [_part_of_grid(grid, rows, slice(left, min(page.width, left + _COLUMNS_MOST)), page) for left in lefts]
    return parts[0] if len(parts) == 1 else np.hstack(parts)


def _part_of_grid(grid: NDArray[np.float32], rows: slice, columns: slice, page: Size) -> NDArray[np.float32]:
    down, top, bottom = _along(rows, grid.shape[0] / page.height, grid.shape[0])
    across, left, right = _along(columns, grid.shape[1] / page.width, grid.shape[1])
    to_grid = np.array([[across[0], 0, across[1]], [0, down[0], down[1]]], np.float64)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (columns.stop - columns.start, rows.stop - rows.start)
    part = np.ascontiguousarray(grid[top:bottom, left:right])
    return np.asarray(cv2.warpAffine(part, to_grid, size, flags=how, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _along(pixels: slice, scale: float, length: int) -> tuple[tuple[float, float], int, int]:
    """Return what brings a pixel's place, from the first of `pixels` on, to its place from `first` on; first and last.

    Those lie around the pixels on a grid of this length.
    """
    start = (pixels.start + 0.5) * scale - 0.5
    first, last = max(0, int(start) - 1), min(length, int((pixels.stop + 0.5) * scale) + 2)
    return (scale, start - first), first, last


def pixel_size(chroma: NDArray[np.float32], grid: Size) -> float:
    """Return how many pixels of the grid an engine's pixel covers in a row, at least 1."""
    return float(max(1.0, grid.height / chroma.shape[0], grid.width / chroma.shape[1]))


def coarseness(pixel_px: float) -> float:
    """Return 0 for an engine as fine as the grid, 1 for one of half its resolution or less."""
    return min(1.0, max(0.0, pixel_px - 1.0))


def trust_of(lightness: NDArray[np.float32], protect: NDArray[np.bool_], pixel_px: float) -> NDArray[np.float32]:
    """Return how far an engine's colour can be believed, by what its pixel holds: 1 even ground, near 0 an edge.

    protect: `(H, W)` bool; what the engine gave there (white) must not spread into the art beside it.
    """
    side = 2 * int(np.ceil(pixel_px / 2)) + 1
    contrast = cv2.morphologyEx(lightness, cv2.MORPH_GRADIENT, np.ones((side, side), np.uint8))
    trust = np.maximum(1.0 / (1.0 + (contrast / _MIXED_CONTRAST) ** 4), _TRUST_MIN)
    kept = cv2.resize(protect.view(np.uint8), lightness.shape[::-1], interpolation=cv2.INTER_NEAREST)
    trust[kept > 0] = _TRUST_MIN / 10
    return np.asarray(trust, np.float32)


def spread_chroma(
    chroma: NDArray[np.float32],
    lightness: NDArray[np.float32],
    trust: NDArray[np.float32],
    labels: NDArray[np.int32],
) -> NDArray[np.float32]:
    """Return an engine's chroma on the page's grid, with its edges where the page has them.

    chroma: `(h, w, 2)` float32, OKLab a and b at any resolution. lightness: the page's, from `grid_lightness`.
    trust: from `trust_of`. labels: the page's regions, from `find_regions`. Result: `(2, *grid)` float32, a and b.
    """
    grid = Size(*lightness.shape)
    pixel_px = pixel_size(chroma, grid)
    reach = _REACH_FINE_PX + (_REACH_COARSE_PX - _REACH_FINE_PX) * coarseness(pixel_px)
    wide = cv2.resize(chroma, grid[::-1], interpolation=cv2.INTER_LINEAR).reshape(*grid, 2)
    weighted = np.stack([wide[..., 0] * trust, wide[..., 1] * trust, trust])
    _spread(weighted, lightness, labels, reach_px=reach * pixel_px)
    weighted[:2] /= weighted[2]
    return weighted[:2]


def _spread(
    planes: NDArray[np.float32], lightness: NDArray[np.float32], labels: NDArray[np.int32], reach_px: float
) -> None:
    """Smooth `(planes, H, W)` in place along both axes, by turns, each pass with a shorter reach."""
    step_down = _way(np.diff(lightness, axis=0), np.diff(labels, axis=0), reach_px)
    step_right = np.ascontiguousarray(_way(np.diff(lightness, axis=1), np.diff(labels, axis=1), reach_px).T)
    rows_first = np.ascontiguousarray(planes.transpose(1, 0, 2))
    columns_first = np.empty((planes.shape[2], len(planes), planes.shape[1]), np.float32)
    for index in range(_PASSES):
        sigma = reach_px * 3**0.5 * 2 ** (_PASSES - index - 1) / (4**_PASSES - 1) ** 0.5
        feedback = np.float32(-(2**0.5) / sigma)
        _recur(rows_first, np.exp(feedback * step_down))
        _turn(rows_first, columns_first)
        _recur(columns_first, np.exp(feedback * step_right))
        _turn(columns_first, rows_first)
    planes[:] = rows_first.transpose(1, 0, 2)


def _way(change: NDArray[np.float32], border: NDArray[np.int32], reach_px: float) -> NDArray[np.float32]:
    """Return the length of each step between two neighbours: one pixel, and more where lightness or region change."""
    lines = np.abs(change) * np.float32(1 / _LINE_CONTRAST) + (border != 0)
    return np.asarray(1.0 + lines * np.float32(reach_px), np.float32)


def _recur(lines: NDArray[np.float32], keep: NDArray[np.float32]) -> None:
    """Run the recursive filter over axis 0 in place, there and back. lines: `(n, planes, m)`; keep: `(n - 1, m)`."""
    difference = np.empty(lines.shape[1:], np.float32)
    there, steps = list(lines), list(keep)
    order = list(zip(there[1:], there[:-1], steps, strict=True))
    back = zip(reversed(there[:-1]), reversed(there[1:]), reversed(steps), strict=True)
    for here, before, step in [*order, *back]:
        np.subtract(before, here, out=difference)
        np.multiply(difference, step, out=difference)
        np.add(here, difference, out=here)


def _turn(lines: NDArray[np.float32], turned: NDArray[np.float32]) -> None:
    """Write `(n, planes, m)` to `(m, planes, n)`, plane by plane: OpenCV does it in blocks."""
    for plane in range(lines.shape[1]):
        turned[:, plane] = cv2.transpose(lines[:, plane])
