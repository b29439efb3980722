"""The tint of a page: the colour that paper, ink and scanner give a grey page, smooth by lightness and by place.

A sepia or blue scan, paper that yellowed from its edges and a lamp at one side all follow it; what an author coloured
does not. It is told as what red, green and blue have more than the luma, in levels of sRGB: there mixtures of ink and
paper, as soft edges and shrunk pages have them, lie on a line. The fit is robust: parts with colour of their own are
outvoted by the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from engines.geometry import Size

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAMPLE_SIDE: Final = 96
_SOFT: Final = 0.004
# Softness asks for no more pixels.
_SOFT_SIDE: Final = 480
_LUMA_TERMS: Final = 4
_LUMA_BINS: Final = 16
_ROUNDS: Final = 12
_RIDGE: Final = 1e-5
# Levels.
_SCALE_LEAST: Final = 1.5
_SCALE_MOST: Final = 6.0
LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
"""Rec. 601: a page's grey from red, green and blue."""


@dataclass(frozen=True, slots=True, eq=False)
class Tint:
    """A tint: `(luma term, place term, 3)` float64 factors of what each channel has more than the luma, in levels.

    Place is -1..1 of the page's sides, luma 0..1.
    """

    factors: NDArray[np.float64]

    def at(self, luma: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return `(h, w, 3)` float32 levels for a whole page of any size; luma is `(h, w)` 0..255."""
        share = (luma / np.float32(255))[..., None]
        levels = np.zeros((*luma.shape, 3), np.float32)
        for power in reversed(self.powers(Size(*luma.shape))):
            levels *= share
            levels += power
        return levels

    def powers(self, page: Size) -> list[NDArray[np.float32]]:
        """Return `(h, w, 3)` float32 levels over a page of this size for each power of the luma, the lowest first."""
        down, across = ((np.arange(side) + 0.5) / side for side in page)
        terms = _place_terms(down[:, None], across[None]).astype(np.float32)
        return [np.tensordot(terms, factors.astype(np.float32), axes=(0, 0)) for factors in self.factors]


def shrink_factor(rgb: NDArray[np.uint8], side: int) -> float:
    """Return what makes the shorter side of a picture this long; 1 where it is no longer."""
    return min(1.0, side / float(min(rgb.shape[:2])))


def shrunk(rgb: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return a `(H, W, 3)` uint8 picture whose shorter side is at most this long, by the mean of areas."""
    factor = shrink_factor(rgb, side)
    size = max(1, round(rgb.shape[1] * factor)), max(1, round(rgb.shape[0] * factor))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def find_tint(rgb: NDArray[np.uint8]) -> Tint | None:
    """Return the tint of a `(H, W, 3)` uint8 sRGB page; None where the samples of it are grey to the last level."""
    # Soft, for noise, channels that lie apart and the coarse chroma of JPEG; mixed, ink and paper stay on their line.
    rgb = shrunk(rgb, _SOFT_SIDE)
    soft = cv2.GaussianBlur(rgb, (0, 0), max(0.8, _SOFT * min(rgb.shape[:2])))
    rows, columns = (np.linspace(0, side - 1, min(_SAMPLE_SIDE, side)).round().astype(int) for side in rgb.shape[:2])
    sample = soft[rows][:, columns].astype(np.float64)
    if np.ptp(sample, axis=2).max() == 0:
        return None
    luma = np.asarray(luma_of(sample), np.float64)
    powers = np.stack([(luma / 255) ** term for term in range(_LUMA_TERMS)])
    places = _place_terms(((rows + 0.5) / rgb.shape[0])[:, None], ((columns + 0.5) / rgb.shape[1])[None])
    design = (powers[:, None] * places[None]).reshape(_LUMA_TERMS * len(places), -1).T
    factors = _fitted(design, (sample - luma[..., None]).reshape(-1, 3), _rarity(luma.ravel()))
    return Tint(factors.reshape(_LUMA_TERMS, len(places), 3))


def _place_terms(down: NDArray[np.float64], across: NDArray[np.float64]) -> NDArray[np.float64]:
    down, across = np.broadcast_arrays(2 * down - 1, 2 * across - 1)
    return np.stack([np.ones_like(down), down, across, down * across, down * down, across * across])


def _rarity(luma: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a weight per sample that lets the few that are ink be heard beside much paper."""
    level = np.minimum(luma * (_LUMA_BINS / 256), _LUMA_BINS - 1).astype(int)
    return np.asarray(1 / np.sqrt(np.bincount(level, minlength=_LUMA_BINS)[level]), np.float64)


def _fitted(
    design: NDArray[np.float64], levels: NDArray[np.float64], rarity: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the factors of what most samples have, by reweighted least squares (Geman and McClure 1987)."""
    # A mixture of one ink and one paper to begin with: beside much paper ink would be an outlier, and never be heard.
    design = np.ascontiguousarray(design)  # what is laid out by rows once is not copied at each round
    factors = np.zeros((design.shape[1], 3))
    mixture = [0, design.shape[1] // _LUMA_TERMS]
    factors[mixture] = least_squares(design[:, mixture], levels, rarity, _RIDGE)
    for _ in range(_ROUNDS):
        off = np.sqrt(np.square(levels - product(design, factors)).sum(axis=1))
        scale = np.clip(2 * np.median(off), _SCALE_LEAST, _SCALE_MOST)
        weights = rarity / (1 + (off / scale) ** 2) ** 2
        factors = least_squares(design, levels, weights, _RIDGE * float((weights * design[:, 0]).sum()))
    return factors


def least_squares(
    design: NDArray[np.float64], values: NDArray[np.float64], weights: NDArray[np.float64], ridge: float
) -> NDArray[np.float64]:
    """Return the `(terms, values)` factors that fit `(n, terms)` to `(n, values)` by weighted least squares.

    One thread: on a machine with other work, the threads of NumPy's product take many times its time to meet.
    """
    both = np.hstack([design, values]) * np.sqrt(weights)[:, None]
    # Twice the products that are asked for (they lie on both sides of the diagonal), in half of `mulTransposed`'s time.
    squares = np.asarray(cv2.gemm(both, both, 1.0, np.empty(0), 0.0, flags=cv2.GEMM_1_T), np.float64)
    terms = design.shape[1]
    factors = np.linalg.solve(squares[:terms, :terms] + ridge * np.eye(terms), squares[:terms, terms:])
    return np.asarray(factors, np.float64)


def product(design: NDArray[np.float64], factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a matrix product, in one thread."""
    return np.asarray(cv2.gemm(design, np.ascontiguousarray(factors), 1.0, np.empty(0), 0.0), np.float64)


def luma_of(rgb: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Return the luma of a `(H, W, 3)` floating picture, in its type."""
    return np.asarray(cv2.transform(rgb, LUMA[None]))
