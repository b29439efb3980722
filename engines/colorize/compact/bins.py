"""Chroma as a class: the bins of OKLab a and b over which the compact network gives a distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP: Final = 0.03
_REACH: Final = 10
_NEAREST: Final = 4
_SOFT: Final = 0.6 * STEP


def _bins() -> NDArray[np.float32]:
    steps = [
        (a, b) for a in range(-_REACH, _REACH + 1) for b in range(-_REACH, _REACH + 1) if a * a + b * b < _REACH**2
    ]
    return np.array(steps, np.float32) * np.float32(STEP)


BINS: Final = _bins()
"""Centres `(305, 2)` float32 of the bins: a and b in steps of 0.03, chroma under 0.3, by a and then by b."""


def histogram(chroma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what share of `(n, 2)` a and b falls to each bin, `(305,)` float32, 1 in all.

    Each colour is shared by its four nearest bins, as in training (`soft_bins` of `training/compact/network.py`).
    """
    distance = np.square(chroma[:, None] - BINS).sum(-1)
    nearest = np.argpartition(distance, _NEAREST, axis=1)[:, :_NEAREST]
    weight = np.exp(-(np.take_along_axis(distance, nearest, 1) - distance.min(1, keepdims=True)) / _SOFT**2)
    weight /= weight.sum(1, keepdims=True)
    return np.asarray(np.bincount(nearest.ravel(), weight.ravel(), len(BINS)) / max(1, len(chroma)), np.float32)
