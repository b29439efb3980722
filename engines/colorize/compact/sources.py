"""What references say of a page's colours, heard in two ways.

**By shares**, as the network was taught: a mixture of what it looks at in the references, what they have at this
lightness, and the prior. So pages of light and shade are read.

**By likelihood.** Ink on bare paper has hardly a lightness to match, and looks are sure at times and wrong. There a
look counts by how much more of a colour it sees than the references have on the whole, as a likelihood ratio beside
the prior: a sure match copies; an unsure one changes nothing. All of them count by how far they go the way of the
prior, which those with related pictures do. The mean of what is looked at draws besides: colours near it become
likelier, more where the network believes it. And colours that the references lack altogether become rarer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.colorize.compact.bins import BINS
from engines.colorize.compact.tones import at_levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.colorize.compact.network import Said
    from engines.colorize.compact.references import References

    Array = NDArray[np.float32]

_DOUBT: Final = 0.003
# How strongly the mean of what is looked at draws, with related references and with others, and how far away.
_DRAWN_AT_LEAST: Final = 0.35
_NEARBY: Final = 0.06
_FAR: Final = 0.15
# What a look passes over is hardly the less likely for it: most references do not show what a page has.
_RATIO_RANGE: Final = (-0.5, 4.0)
# Where the looks go the prior's way by these shares of their whole way, they begin to count, and count in full.
_UNRELATED: Final = 0.3
_RELATED: Final = 0.65
_PALETTE: Final = 0.15
_ABSENT: Final = 0.02
# A reference of one hue alone (a print in one ink) is obeyed: this much stronger is its palette then.
_ONE_HUE: Final = 2.0
_ONE_HUE_FROM: Final = 0.97
_FAINT: Final = 1e-4
_SAMPLED: Final = 3


class Sources:
    """References as they bear on a tile. said: of it; logits: `said.logits` as `(305, cells)`."""

    def __init__(self, said: Said, logits: Array, references: References) -> None:
        height, width = said.logits.shape[1:]
        wide = [cv2.resize(one, (width, height), interpolation=cv2.INTER_LINEAR) for one in said.evidence]
        self._evidence = np.stack(wide).reshape(len(wide), -1)
        self._references = references
        self._shares = said.shares.reshape(3, -1)
        self._copied = said.copied.reshape(2, -1)
        # Greys are of 8 bits: the references' colours are looked up for each of them once.
        self._toned = at_levels(references.tones, np.arange(256, dtype=np.float32) / np.float32(255))
        self._level = np.rint(said.grey.ravel() * np.float32(255)).astype(np.intp)
        self._whole = np.log(references.shares + np.float32(_DOUBT))[:, None]
        self._related = np.float32(_related(logits, self._evidence, references))
        one_hue = max(0.0, references.agreement - _ONE_HUE_FROM) / (1 - _ONE_HUE_FROM)
        self._palette = (_PALETTE + _ONE_HUE * one_hue) * np.log(references.likely + np.float32(_ABSENT))[:, None]

    def heard(self, logits: Array, cells: slice, ink: float) -> Array:
        """Return what a page that is ink by 0..1 hears, by shares and by likelihood together, `(305, cells)`."""
        if ink <= 0:
            return self.by_shares(logits, cells)
        if ink >= 1:
            return self.by_likelihood(logits, cells)
        return (1 - ink) * self.by_shares(logits, cells) + ink * self.by_likelihood(logits, cells)

    def by_shares(self, logits: Array, cells: slice) -> Array:
        """Return the mixture of look, tone and prior that the network was taught, `(305, cells)`, 1 in all."""
        copy, tone, prior = self._shares[:, cells]
        mixed = as_shares(logits) * prior
        mixed += cv2.transpose(self._toned[self._level[cells]] * tone[:, None])
        mixed[self._references.bins] += self._evidence[:, cells] * copy
        return np.asarray(mixed, np.float32)

    def by_likelihood(self, logits: Array, cells: slice) -> Array:
        """Return the prior, its colours likelier by how much more of them is looked at, `(305, cells)`, 1 in all."""
        weighed = logits + self._palette
        ratio = cv2.log(self._evidence[:, cells] + np.float32(_DOUBT)) - self._whole
        weighed[self._references.bins] += self._related * ratio.clip(*_RATIO_RANGE)
        copy, _, prior = self._shares[:, cells]
        drawn = max(float(self._related), _DRAWN_AT_LEAST) / (2 * _NEARBY**2)
        belief = copy / np.maximum(copy + prior, np.float32(_FAINT)) * np.float32(drawn)
        copied = self._copied[:, cells]
        away = np.square(BINS).sum(1)[:, None] + np.square(copied).sum(0) - 2 * (BINS @ copied)
        weighed -= np.minimum(away, np.float32(_FAR**2)) * belief
        return as_shares(weighed)


def as_shares(logits: Array) -> Array:
    """Return logits `(bins, cells)` as shares, 1 in all."""
    shares = cv2.exp(logits - logits.max(0))
    return np.asarray(shares / shares.sum(0), np.float32)


def _related(logits: Array, evidence: Array, references: References) -> float:
    """Return 0..1: how far looks at the references `(bins, cells)` go the way of the prior's logits `(305, cells)`.

    The mean gain of the prior's logarithm, from what all of a reference would have to what the looks have, as a share
    of how far (Kullback and Leibler) they are from it.
    """
    some = np.s_[:, ::_SAMPLED]
    prior = logits[some].copy()
    prior -= prior.max(0)
    np.exp(prior, out=prior)
    prior = np.log(prior[references.bins] / prior.sum(0) + _FAINT)
    looks = evidence[some] / np.maximum(evidence[some].sum(0), _FAINT)
    whole = (references.shares / references.shares.sum())[:, None]
    gain = float(((looks - whole) * prior).sum(0).mean())
    way = float((looks * np.log((looks + _FAINT) / (whole + _FAINT))).sum(0).mean())
    return float(np.clip((gain / max(way, _FAINT) - _UNRELATED) / (_RELATED - _UNRELATED), 0, 1))
