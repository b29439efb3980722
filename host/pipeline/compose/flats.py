"""Flat colour: in a region that the page left flat, an engine's coarse colour becomes one.

A coarse engine gives soft washes. Where a region's lightness is even and its chroma nearly so, the wash is the engine's
doubt and no shading: it gives way to the region's own colour, a mean that heeds outliers little. Shading keeps its
changes, and so does a large region, which may be more than one thing whose border nobody drew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.regions import Labels

    Plane = NDArray[np.float32]

# Standard deviations at which a region is half flat: of its lightness, and of its chroma.
_SHADED: Final = 0.06
_MIXED: Final = 0.03
# Chroma this far from a region's mean counts half.
_OUTLIER: Final = 0.03
_LARGE_SHARE: Final = 0.08
# Statistics look at every second row and column: a region too small for that has no colour of its own.
_SAMPLED: Final = np.s_[::2, ::2]


def flatness(lightness: Plane, trust: Plane, labels: Labels) -> NDArray[np.float32]:
    """Return how flat each region is by its number: 1 even, near 0 shaded. Edges, of little trust, do not count."""
    regions = _Regions(labels, trust)
    mean = regions.mean(lightness)
    variance = regions.mean(np.square(lightness[_SAMPLED] - mean[regions.labels]), sampled=True)
    return np.asarray(1 / (1 + variance / _SHADED**2), np.float32)


def even_flats(
    chroma: Plane, trust: Plane, labels: Labels, flat: NDArray[np.float32], share_01: float, cell_pixels: float
) -> Plane:
    """Return `(2, h, w)` chroma with flat regions made even.

    flat: from `flatness`. share_01: how far, at most. cell_pixels: how many pixels one cell of the engine covers;
    regions smaller than that keep what they have.
    """
    regions = _Regions(labels, trust)
    mean = np.stack([regions.mean(plane) for plane in chroma])
    sampled = chroma[:, _SAMPLED[0], _SAMPLED[1]]
    away = np.square(sampled - mean[:, regions.labels]).sum(axis=0)
    mixed = regions.mean(away, sampled=True)
    regions.weigh(1 / (1 + away / _OUTLIER**2))
    mean = np.stack([regions.mean(plane) for plane in chroma])
    area = regions.area / max(1, labels.size)
    evened = flat * share_01 / (1 + mixed / _MIXED**2) / (1 + np.square(area / _LARGE_SHARE))
    evened *= regions.area / (regions.area + cell_pixels)
    table = np.concatenate([mean * evened, 1 - evened[None]]).astype(np.float32)
    a, b, kept = (np.take(row, labels) for row in table)
    return np.stack([chroma[0] * kept + a, chroma[1] * kept + b])


class _Regions:
    """Weighted means over regions, by their number."""

    def __init__(self, labels: Labels, weight: Plane) -> None:
        self.labels = labels[_SAMPLED]
        self._flat = self.labels.ravel()
        self._count = int(labels.max(initial=0)) + 1
        self._weight = weight[_SAMPLED].ravel().astype(np.float64)
        self._total = np.bincount(self._flat, self._weight, self._count) + 1e-12
        self.area = 4.0 * np.bincount(self._flat, minlength=self._count)

    def mean(self, plane: Plane, *, sampled: bool = False) -> NDArray[np.float64]:
        """Return each region's mean of a plane."""
        values = plane if sampled else plane[_SAMPLED]
        return np.bincount(self._flat, self._weight * values.ravel(), self._count) / self._total

    def weigh(self, factor: NDArray[np.float64]) -> None:
        """Scale the weights of the sampled pixels."""
        self._weight = self._weight * factor.ravel()
        self._total = np.bincount(self._flat, self._weight, self._count) + 1e-12
