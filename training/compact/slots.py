"""Slots: the kinds of things that the training pages' own colours tell apart, free of the light they stand in.

A cell's colour less the greater part of its page's mean is what the thing itself contributes: leaves stay leaves at
dusk. Clusters of that, found once on the training pages, are the classes that the network learns to tell from
lightness alone. Only the training knows their colours; the network is left with which cells belong together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.oklab import srgb_to_oklab
from training.compact.encoder import CELL_PX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Lab = NDArray[np.float32]

NO_SLOT: Final = -1
"""The slot of cells whose kind nobody knows."""
_LIGHT_SHARE: Final = 0.8
_LIGHTNESS_SCALE: Final = 0.25
_CELLS_PER_PAGE: Final = 400
_SMALL_PX: Final = 124


class SlotCodebook:
    """Cluster centres `(slots, 3)` of lightness (scaled) and chroma without the page's light."""

    def __init__(self, centres: NDArray[np.float32]) -> None:
        self._centres = centres

    @classmethod
    def of_pages(cls, pages: Sequence[NDArray[np.uint8]], slots: int, seed: int) -> SlotCodebook:
        """Find the clusters of `(H, W, 3)` sRGB pages; the same pages and seed give the same ones."""
        rng = np.random.default_rng(seed)
        cells = np.concatenate([_some_cells(page, rng) for page in pages])
        cv2.setRNGSeed(seed % 2**31)
        stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 40, 1e-4)
        best = np.empty((len(cells), 1), np.int32)
        centres = cv2.kmeans(cells, min(slots, len(cells)), best, stop, 3, cv2.KMEANS_PP_CENTERS)[2]
        return cls(np.asarray(centres, np.float32))

    def of(self, lab: Lab, light: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the slot of every cell of an OKLab picture `(H, W, 3)`; `light` is its page's mean a and b."""
        size = lab.shape[1] // CELL_PX, lab.shape[0] // CELL_PX
        cells = _without_light(np.asarray(cv2.resize(lab, size, interpolation=cv2.INTER_AREA), np.float32), light)
        distance = np.square(cells[..., None, :] - self._centres).sum(-1)
        return np.asarray(distance.argmin(-1), np.int64)


def light_of(page: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean a and b of an sRGB page."""
    return np.asarray(_small(page)[..., 1:].reshape(-1, 2).mean(0), np.float32)


def _some_cells(page: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    cells = _without_light(_small(page), light_of(page)).reshape(-1, 3)
    return cells[rng.integers(0, len(cells), _CELLS_PER_PAGE)]


def _small(page: NDArray[np.uint8]) -> Lab:
    height = max(1, round(page.shape[0] * _SMALL_PX / page.shape[1]))
    return srgb_to_oklab(np.asarray(cv2.resize(page, (_SMALL_PX, height), interpolation=cv2.INTER_AREA), np.uint8))


def _without_light(lab: Lab, light: NDArray[np.float32]) -> NDArray[np.float32]:
    own = lab[..., 1:] - np.float32(_LIGHT_SHARE) * light
    return np.asarray(np.concatenate([lab[..., :1] * np.float32(_LIGHTNESS_SCALE), own], -1), np.float32)
