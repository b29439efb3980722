"""What the network says of cells, gathered by region: each region's distribution over the bins, tile by tile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.colorize.compact.bins import BINS
from engines.colorize.compact.picture import CELL_PX
from engines.geometry import Size
from engines.nearest import resize_labels
from engines.regions import find_regions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.geometry import Box

    Array = NDArray[np.float32]
    Labels = NDArray[np.int32]

HALF: Final = CELL_PX // 2
"""Pixels of the working picture to one of the labels' picture: two labels to a cell in a row."""
_REGION_PIXELS_MAX: Final = 2_000_000
# A change of lightness within a pixel's neighbourhood at which what was said there is trusted half.
_MIXED: Final = 0.12
_TRUST_MIN: Final = 1e-3
# Few enough for what is gathered of them to stay in a core's own cache.
_BINS_AT_ONCE: Final = 8


def label_regions(lightness: Array, panels: NDArray[np.uint8] | None) -> Labels:
    """Return the regions of a page at half the size of its `(h, w)` lightness, numbered from 1.

    panels: `(H, W)` of any size, see `ColorizeRequest.panels`; no region crosses from one to another.
    """
    height, width = lightness.shape
    scale = min(1.0, (_REGION_PIXELS_MAX / lightness.size) ** 0.5)
    size = Size(max(1, round(height * scale)), max(1, round(width * scale)))
    seen = cv2.resize(lightness, size[::-1], interpolation=cv2.INTER_AREA) if scale < 1 else lightness
    borders = None if panels is None else _changes(resize_labels(panels, *size))
    labels = find_regions(np.asarray(seen, np.float32), borders)
    half = height // HALF, width // HALF
    rows, columns = (
        np.minimum(((np.arange(there) + 0.5) * side / there).astype(np.intp), side - 1)
        for there, side in zip(half, size, strict=True)
    )
    return np.ascontiguousarray(labels[rows][:, columns])


def trust_in(lightness: Array) -> Array:
    """Return how far what is said of a `(h, w)` lightness can be believed: 1 on even ground, near 0 at an edge."""
    contrast = cv2.morphologyEx(lightness, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return np.asarray(np.maximum(1 / (1 + (contrast / _MIXED) ** 4), _TRUST_MIN), np.float32)


class RegionTable:
    """The distributions of a page's regions, by their number: `(305, regions)`, not scaled to 1.

    labels and trust: `(h, w)`, two to a cell in a row and in a column.
    """

    def __init__(self, labels: Labels, trust: Array) -> None:
        self.labels, self._trust = labels, trust
        self.distributions = np.zeros((len(BINS), int(labels.max()) + 1), np.float32)

    def add(self, box: Box, distribution: Array, weight: Array) -> None:
        """Add what a tile says: `(305, h, w)` by cells, weighted `(h, w)`; what lies beyond the page is left out."""
        here = np.s_[box.top // HALF : box.bottom // HALF, box.left // HALF : box.right // HALF]
        labels, trust = self.labels[here], self._trust[here]
        if not labels.size:
            return
        height, width = distribution.shape[1:]
        cells = np.arange(height * width).reshape(height, width).repeat(2, 0).repeat(2, 1)
        cells = cells[: labels.shape[0], : labels.shape[1]]
        keys = (labels.astype(np.int64) * (height * width) + cells).ravel()
        order = np.argsort(keys, kind="stable")
        pairs = keys[order]
        new = np.flatnonzero(np.diff(pairs, prepend=-1))
        region, cell = np.divmod(pairs[new], height * width)
        trusted = np.add.reduceat(trust.ravel()[order].astype(np.float64), new)
        share = trusted.astype(np.float32) * weight.ravel()[cell]
        starts = np.flatnonzero(np.diff(region, prepend=-1))
        flat = distribution.reshape(len(BINS), -1)
        for first in range(0, len(BINS), _BINS_AT_ONCE):
            some = np.s_[first : first + _BINS_AT_ONCE]
            there = np.take(flat[some], cell, axis=1)
            there *= share
            self.distributions[some, region[starts]] += np.add.reduceat(there, starts, axis=1)


def _changes(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    borders = np.zeros(labels.shape, np.bool_)
    borders[1:] |= labels[1:] != labels[:-1]
    borders[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    return borders
