"""References as the compact network and its readers take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

from engines.colorize.compact.bins import BINS, smoothed, soft_bins
from engines.colorize.compact.picture import REFERENCE_CELL_PX
from engines.colorize.compact.tones import ToneSums, tone_sums, tone_table
from engines.oklab import srgb_to_oklab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

# Cells that are nearly grey tell little of a palette: paper, ink and mist are on every page.
_VIVID: Final = 0.02
_NEUTRAL: Final = 0.025
_NEUTRAL_SHARE: Final = 0.4
_LEAST_SHARE: Final = 2e-4


# Bare paper and solid ink look like everything that is not drawn: they say of no thing what colour it has.
_PAPER: Final = 0.94
_INK: Final = 0.12
_COLOURLESS: Final = 0.012
_DRAWN_MIN: Final = 16
# Of a reference's cells; with fewer in colour it is a grey page, which says nothing of colours.
_COLOURED_MIN: Final = 0.005


class Cells(NamedTuple):
    """One reference by cells of 8 px: features `(1, cells, 64)`, chroma `(cells, 2)` OKLab a and b, tones of all."""

    features: Array
    chroma: Array
    tones: ToneSums


class References(NamedTuple):
    """All references of a page as one set of cells.

    features `(1, cells, 64)`, chroma `(1, cells, 2)`. bins: indices of the bins that they hold; values: `(1, cells,
    bins)`, each cell's shares of these; shares: `(bins,)` of all cells. likely: `(305,)` 0..1, how much of a colour
    there is beside the most frequent one; grey counts at least a little. agreement: 0..1, how far all have one hue.
    tones: `(LEVELS, 305)`, the shares of the bins at each lightness. palette: `(305,)`, those of all cells.
    """

    features: Array
    chroma: Array
    bins: NDArray[np.intp]
    values: Array
    shares: Array
    likely: Array
    agreement: float
    tones: Array
    palette: Array


def cells_of(reference: NDArray[np.uint8], features: Array) -> Cells:
    """Return a reference's cells by its features `(1, 64, h / 8, w / 8)`, those of bare paper and ink left out.

    reference: `(h, w, 3)` sRGB, sides multiples of 32.
    """
    size = reference.shape[1] // REFERENCE_CELL_PX, reference.shape[0] // REFERENCE_CELL_PX
    lab = np.asarray(cv2.resize(srgb_to_oklab(reference), size, interpolation=cv2.INTER_AREA), np.float32)
    lightness, chroma = lab[..., 0].ravel(), lab[..., 1:].reshape(-1, 2)
    bare = (lightness > _PAPER) | (lightness < _INK)
    drawn = ~(bare & (np.hypot(chroma[:, 0], chroma[:, 1]) < _COLOURLESS))
    if np.count_nonzero(drawn) < _DRAWN_MIN:
        drawn[:] = True
    rows = features.reshape(1, features.shape[1], -1).transpose(0, 2, 1)
    grey = cv2.resize(cv2.cvtColor(reference, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
    tones = tone_sums(grey.ravel().astype(np.float32) / np.float32(255), soft_bins(chroma))
    return Cells(np.ascontiguousarray(rows[:, drawn]), np.ascontiguousarray(chroma[drawn]), tones)


def has_colour(cells: Cells) -> bool:
    """Tell whether a reference has any colour to take."""
    return float(np.mean(np.hypot(cells.chroma[:, 0], cells.chroma[:, 1]) > _VIVID)) >= _COLOURED_MIN


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
        likely=_likely(values[strength > _VIVID]),
        agreement=float(np.hypot(*chroma.mean(0)) / max(float(strength.mean()), 1e-6)),
        tones=tone_table([one.tones for one in pictures]),
        palette=palette,
    )


def _likely(vivid: Array) -> Array:
    neutral = _NEUTRAL_SHARE * np.exp(-np.square(BINS).sum(-1) / _NEUTRAL**2)
    if not len(vivid):
        return np.asarray(neutral, np.float32)
    spread = smoothed(vivid.mean(0)[:, None], 0.9)[:, 0]
    return np.asarray(np.maximum(spread / spread.max(), neutral), np.float32)
