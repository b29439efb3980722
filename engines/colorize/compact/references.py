"""References as the compact network and its readers take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

from engines.colorize.compact.bins import BINS, smoothed, soft_bins
from engines.colorize.compact.picture import REFERENCE_CELL_PX
from engines.oklab import srgb_to_oklab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

# Cells that are nearly grey tell little of a palette: paper, ink and mist are on every page.
_VIVID: Final = 0.02
_NEUTRAL: Final = 0.025
_LEAST_SHARE: Final = 2e-4


class Cells(NamedTuple):
    """One reference by cells of 8 px: features `(1, cells, 64)`, chroma `(cells, 2)` OKLab a and b."""

    features: Array
    chroma: Array


class References(NamedTuple):
    """All references of a page as one set of cells.

    features `(1, cells, 64)`, chroma `(1, cells, 2)`. bins: indices of the bins that they hold; values: `(1, cells,
    bins)`, each cell's shares of these; shares: `(bins,)` of all cells. palette: `(305,)` over all bins, as the network
    takes it. likely: `(305,)` 0..1, how much of a colour there is beside the most frequent one; grey always counts 1.
    agreement: 0..1, how far their colours have one hue.
    """

    features: Array
    chroma: Array
    bins: NDArray[np.intp]
    values: Array
    shares: Array
    palette: Array
    likely: Array
    agreement: float


def chroma_cells(reference: NDArray[np.uint8]) -> Array:
    """Return a reference's chroma by cells, `(cells, 2)`; its sides are multiples of 32."""
    cells = reference.shape[1] // REFERENCE_CELL_PX, reference.shape[0] // REFERENCE_CELL_PX
    planes = np.ascontiguousarray(srgb_to_oklab(reference)[..., 1:])
    return np.asarray(cv2.resize(planes, cells, interpolation=cv2.INTER_AREA), np.float32).reshape(-1, 2)


def joined(pictures: Sequence[Cells]) -> References:
    """Return several references as one set of cells."""
    chroma = np.concatenate([one.chroma for one in pictures])
    values = soft_bins(chroma)
    palette = values.mean(0)
    bins = np.flatnonzero(palette > _LEAST_SHARE)
    strength = np.hypot(chroma[:, 0], chroma[:, 1])
    return References(
        features=np.concatenate([one.features for one in pictures], 1),
        chroma=chroma[None],
        bins=bins,
        values=np.ascontiguousarray(values[None, :, bins]),
        shares=palette[bins],
        palette=palette,
        likely=_likely(values[strength > _VIVID]),
        agreement=float(np.hypot(*chroma.mean(0)) / max(float(strength.mean()), 1e-6)),
    )


def _likely(vivid: Array) -> Array:
    neutral = np.exp(-np.square(BINS).sum(-1) / _NEUTRAL**2)
    if not len(vivid):
        return np.asarray(neutral, np.float32)
    spread = smoothed(vivid.mean(0)[:, None], 0.9)[:, 0]
    return np.asarray(np.maximum(spread / spread.max(), neutral), np.float32)
