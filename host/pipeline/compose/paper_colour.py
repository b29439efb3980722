"""The colour that a grey page has of its paper, ink and stains, so that a coloured page keeps it everywhere.

What is protected keeps its pixels, and with them the paper's tint; art without it would end at the mask's border in an
edge that nobody drew. So composing adds to the engine's picture, in levels of sRGB, what the source has more than its
luma: the tint (`host.pipeline.tint`), and what is left of it and changes slowly, stains and shadows. Fringes of
channels that lie apart, noise and the chroma of JPEG are none of it: a median over 2 % of the width has none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Size
from host.pipeline.compose.upsample import rows_of_grid
from host.pipeline.decode import is_grey
from host.pipeline.tint import Tint, find_tint, luma_of, shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAMPLE_SIDE: Final = 320
_MEDIAN: Final = 13
# So strong is no stain; levels.
_STRONG: Final = 40.0
_DARKEST: Final = 64.0
# Bytes per level of the median's input.
_FINENESS: Final = 2.0
_NEUTRAL: Final = 128
# Nobody sees less, in levels.
_SEEN: Final = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class PaperColour:
    """What a page has more than its luma by paper and ink.

    powers: a grid of `(h, w, 3)` float32 levels over the page for each power of the luma as a share, the lowest first.
    """

    powers: tuple[NDArray[np.float32], ...]

    def at(self, luma: NDArray[np.uint8], rows: slice, page: Size) -> NDArray[np.float32]:
        """Return `(h, W, 3)` float32 levels for these rows of a page; luma is `(h, W)` 0..255, the source's."""
        share = cv2.merge([luma.astype(np.float32) / np.float32(255)] * 3)
        highest, *lower = reversed(self.powers)
        levels = rows_of_grid(highest, rows, page)
        for power in lower:
            levels *= share
            levels += rows_of_grid(power, rows, page)
        return levels


def find_paper_colour(rgb: NDArray[np.uint8]) -> PaperColour | None:
    """Return the colour of a `(H, W, 3)` uint8 sRGB page's paper and ink; None where nobody sees any.

    The page is one without colour of its own, but for what stays as it is.
    """
    tint = None if is_grey(rgb) else find_tint(rgb)
    return None if tint is None else paper_colour_with(tint, rgb)


def paper_colour_with(tint: Tint, rgb: NDArray[np.uint8]) -> PaperColour | None:
    """Return what `find_paper_colour` does for a page whose tint is known."""
    small = np.asarray(shrunk(rgb, _SAMPLE_SIDE), np.float32)
    size = Size(*small.shape[:2])
    luma = np.asarray(luma_of(small), np.float32)
    plain = tint.at(luma)
    stains = _stains(small - luma[..., None] - plain, luma)
    if max(np.abs(plain).max(), np.abs(stains).max()) < _SEEN:
        return None
    constant, linear, *higher = tint.powers(size)
    # A stain takes its share of the light.
    return PaperColour((constant, linear + stains, *higher))


def _stains(rest: NDArray[np.float32], luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what changes slowly of the rest that the tint leaves, per share of the luma."""
    shares = rest * (255 / np.maximum(luma, _DARKEST))[..., None]
    shares[np.abs(rest).max(axis=2) > _STRONG] = 0
    steps = np.clip(np.round(shares * _FINENESS) + _NEUTRAL, 0, 255).astype(np.uint8)
    slow = cv2.GaussianBlur(cv2.medianBlur(steps, _MEDIAN), (5, 5), 0)
    return (np.asarray(slow, np.float32) - np.float32(_NEUTRAL)) / np.float32(_FINENESS)
