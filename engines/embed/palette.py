"""Likeness by palette and coarse layout: no network, no weights.

Two pictures are alike when they hold the same colours in the same amounts and, less so, in the same places. It does
not know what is depicted, and a grey page finds by its lights and darks only; a trained embedder may take its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.embed.base import Embedder, EmbedderInfo
from engines.embed.shipped import PALETTE
from engines.oklab import srgb_to_oklab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SIDE_PX = 64
_LIGHTNESS_BINS = 5
_CHROMA_BINS = 9
_CHROMA_EDGE = 0.24
_CELLS = 4
# Chroma is a tenth of lightness in figures, but what a reader calls the colour of a picture.
_CHROMA_SCALE = 4.0
_LAYOUT_SHARE = 0.3
# Any two grey pages come to 0.8 and more.
_FLOOR = 0.95


class PaletteEmbedder(Embedder):
    """Square roots of a soft OKLab histogram (so that the dot product is Bhattacharyya's), and 4 x 4 mean colours."""

    info = EmbedderInfo(*PALETTE, _LIGHTNESS_BINS * _CHROMA_BINS**2 + _CELLS**2 * 3, _FLOOR)

    def embed(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return one row per picture."""
        rows = [self._vector(picture) for picture in pictures]
        return np.stack(rows) if rows else np.zeros((0, self.info.width), np.float32)

    def _vector(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        small = cv2.resize(picture, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
        rgb = small if small.ndim == 3 else np.repeat(small[..., None], 3, axis=2)
        lab = srgb_to_oklab(np.asarray(rgb, np.uint8))
        palette, layout = np.sqrt(_histogram(lab)), _layout(lab)
        parts = [_unit(palette) * (1 - _LAYOUT_SHARE) ** 0.5, _unit(layout) * _LAYOUT_SHARE**0.5]
        return _unit(np.concatenate(parts)).astype(np.float32)


def _histogram(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the share of pixels by lightness, a and b; a pixel between two bins counts in both."""
    counts = np.array([_LIGHTNESS_BINS, _CHROMA_BINS, _CHROMA_BINS])
    low, high = np.array([0.0, -_CHROMA_EDGE, -_CHROMA_EDGE]), np.array([1.0, _CHROMA_EDGE, _CHROMA_EDGE])
    place = np.clip((lab.reshape(-1, 3) - low) / (high - low), 0, 1) * (counts - 1)
    first = np.minimum(place.astype(int), counts - 2)
    rest = place - first
    histogram = np.zeros(int(counts.prod()))
    for corner in np.ndindex(2, 2, 2):
        weight = np.where(corner, rest, 1 - rest).prod(axis=1)
        index = np.ravel_multi_index(tuple((first + corner).T), tuple(counts))
        histogram += np.bincount(index, weights=weight, minlength=histogram.size)
    return np.asarray(histogram / histogram.sum(), np.float32)


def _layout(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    coarse = np.asarray(cv2.resize(lab, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA), np.float32)
    centred = (coarse - np.array([0.5, 0, 0], np.float32)) * np.array([1, _CHROMA_SCALE, _CHROMA_SCALE], np.float32)
    return centred.ravel()


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / max(length, 1e-6), np.float32)
