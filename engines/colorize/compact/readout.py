"""From distributions to colour: what references say (`sources`), and regions that take one colour.

**Flat or painted.** A region whose lightness is even and whose field is nearly so gets one colour: in ink its mode,
which of green and red is no brown; in paint its mean. Shading keeps its changes, and so does a large region, which may
be more than one thing whose border nobody drew. Hair and skin have one colour even where they are shaded (`people`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

from engines.colorize.compact.bins import BINS, means, modes
from engines.colorize.compact.sources import Sources, as_shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.colorize.compact.network import Said
    from engines.colorize.compact.references import References

    Array = NDArray[np.float32]
    Labels = NDArray[np.int32]

IN_INK: Final = 0.38
"""Temperature at which a distribution's mean is neither olive nor hard on ink (measured)."""
IN_LIGHT: Final = 0.7
"""The same on pages of light and shade."""
_INKED: Final = 0.5
# The mean of what is likely is paler than the truth; on pages of light and shade by about this much (measured).
_PALE: Final = 1.15
# As many as a core's own cache holds with all bins.
_CELLS: Final = 512
_SHADED: Final = 0.06
_MIXED: Final = 0.05
_LARGE_SHARE: Final = 0.25
_WHOLE: Final = 0.8


class Colours(NamedTuple):
    """What cells are said to be: a distribution `(305, h, w)`, 1 in all, and its sharpened mean `(h, w, 2)`."""

    distribution: Array
    chroma: Array


def colours_of(said: Said, references: References | None, ink: float = 0.0) -> Colours:
    """Return the colours of a tile's cells by prior and references; what was said is overwritten.

    ink: 0..1, how far the page is ink on bare paper (`picture.inkness`).
    Some cells at a time: planes of all bins are as large as everything else of a page together.
    """
    logits = said.logits.reshape(len(BINS), -1)
    sources = None if references is None else Sources(said, logits, references)
    temperature = _temperature(ink)
    chroma = np.empty((logits.shape[1], 2), np.float32)
    for start in range(0, logits.shape[1], _CELLS):
        cells = slice(start, start + _CELLS)
        some = logits[:, cells]
        mixed = as_shares(some) if sources is None else sources.heard(some, cells, ink)
        logits[:, cells] = mixed
        chroma[cells] = means(mixed, temperature)
    shape = said.logits.shape[1:]
    return Colours(logits.reshape(-1, *shape), chroma.reshape(*shape, 2))


def _temperature(ink: float) -> float:
    return IN_LIGHT + (IN_INK - IN_LIGHT) * ink


def laid_out(
    field: Array, distributions: Array, labels: Labels, lightness: Array, trust: Array, one: Array, ink: float = 0.0
) -> Array:
    """Return chroma `(h, w, 2)` of a page with its regions.

    field: `(h / 2, w / 2, 2)` by cells. distributions: `(305, regions)` by number; one: `(regions,)` 0..1, how far each
    has one colour whatever its shading says. labels, lightness, trust: `(h, w)`. ink: see `colours_of`.
    """
    stretched = cv2.resize(field, labels.shape[::-1], interpolation=cv2.INTER_LINEAR)
    wide = np.asarray(stretched, np.float32).reshape(*labels.shape, 2)
    flat = labels.ravel()
    weight = trust.ravel().astype(np.float64)
    total = np.bincount(flat, weight, distributions.shape[1]) + 1e-12

    def mean(plane: Array) -> NDArray[np.float64]:
        return np.asarray(np.bincount(flat, weight * plane.ravel(), len(total)) / total)

    shaded = mean(np.square(lightness - mean(lightness).astype(np.float32)[labels]))
    middle = np.stack([mean(wide[..., plane]) for plane in (0, 1)], axis=-1).astype(np.float32)
    mixed = mean(np.square(wide - middle[labels]).sum(-1))
    area = np.bincount(flat, minlength=len(total)) / flat.size
    share = 1 / ((1 + shaded / _SHADED**2) * (1 + mixed / _MIXED**2) * (1 + np.square(area / _LARGE_SHARE)))
    share = 1 - (1 - share) * (1 - _WHOLE * one)
    share[distributions.sum(0) <= 0] = 0
    own = (modes if ink >= _INKED else means)(distributions, _temperature(ink))
    laid = wide + (own[labels] - wide) * share.astype(np.float32)[labels][..., None]
    return np.asarray(laid * np.float32(1 + (_PALE - 1) * (1 - ink)), np.float32)
