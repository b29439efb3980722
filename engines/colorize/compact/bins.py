"""Chroma as a class: the bins of OKLab a and b over which the compact network gives a distribution.

A distribution is `(305, ...)` float32 over `BINS`, first axis first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

STEP: Final = 0.03
_REACH: Final = 10
_SIDE: Final = 2 * _REACH + 1
_NEAREST: Final = 4
_SOFT: Final = 0.6 * STEP


def _bins() -> Array:
    around = range(-_REACH, _REACH + 1)
    inside = [(a, b) for a in around for b in around if a * a + b * b < _REACH**2]
    return np.array(inside, np.float32) * np.float32(STEP)


BINS: Final = _bins()
"""Centres `(305, 2)` float32 of the bins: a and b in steps of 0.03, chroma under 0.3, by a and then by b."""
_PLACES: Final = (np.round(BINS / STEP).astype(np.int64) + _REACH) @ np.array([_SIDE, 1])


def soft_bins(chroma: Array) -> Array:
    """Return `(n, 2)` a and b as `(n, 305)` shares of their four nearest bins, 1 in all; as in training."""
    distance = np.square(chroma[:, None] - BINS).sum(-1)
    nearest = np.argpartition(distance, _NEAREST, axis=1)[:, :_NEAREST]
    closeness = np.take_along_axis(distance, nearest, 1)
    weight = np.exp((closeness.min(1, keepdims=True) - closeness) / _SOFT**2)
    shares = np.zeros(distance.shape, np.float32)
    np.put_along_axis(shares, nearest, weight / weight.sum(1, keepdims=True), 1)
    return shares


def smoothed(distribution: Array, sigma_bins: float) -> Array:
    """Return a distribution blurred over neighbouring bins; what the blur carries beyond the disc is lost."""
    kernel = np.exp(-np.square(np.subtract.outer(np.arange(_SIDE), np.arange(_SIDE))) / (2 * sigma_bins**2))
    kernel = (kernel / kernel.sum(0)).astype(np.float32)
    lattice = np.zeros((_SIDE * _SIDE, *distribution.shape[1:]), np.float32)
    lattice[_PLACES] = distribution
    rows = np.tensordot(kernel, lattice.reshape(_SIDE, _SIDE, -1), (1, 0))
    both = np.tensordot(kernel, rows, (1, 1)).swapaxes(0, 1)
    return np.asarray(both.reshape(lattice.shape)[_PLACES], np.float32)


def sharpened(distribution: Array, temperature: float) -> Array:
    """Return a distribution to the power of one over a temperature, 1 at its most likely bin."""
    most = np.maximum(distribution.max(0), 1e-12)
    return np.asarray(cv2.pow(np.ascontiguousarray(distribution / most), 1 / temperature), np.float32)


def means(distribution: Array, temperature: float) -> Array:
    """Return the mean of sharpened distributions `(305, n)`, `(n, 2)` a and b."""
    sharp = sharpened(distribution, temperature)
    return np.asarray((sharp.T @ BINS) / np.maximum(sharp.sum(0)[:, None], 1e-12), np.float32)


def modes(distribution: Array, temperature: float) -> Array:
    """Return the most likely colour of distributions `(305, n)`, `(n, 2)` a and b.

    Not the mean, which of green and red is brown: the sharpened distribution's mean near its highest place.
    """
    sharp = sharpened(distribution, temperature)
    peak = BINS[smoothed(sharp, 0.9).argmax(0)]
    near = np.exp(-np.square(BINS[:, None] - peak).sum(-1) / (2 * (1.5 * STEP) ** 2)) * sharp
    return np.asarray((near.T @ BINS) / np.maximum(near.sum(0)[:, None], 1e-12), np.float32)
