"""From distributions to colour: regions take their mode, painted ground keeps a smooth field.

**What references say.** A look at the references falls on their colours by shares. Where it falls as on all of them
alike it says nothing; what counts is how much more of a colour it sees here than they have on the whole, as a
likelihood ratio beside the prior. So a sure match copies; an unsure one changes nothing. Matches with a picture of
other things, as a night beside a day, are sure at times and wrong: so all of them count by how far they go the way of
the prior, which those with related pictures do. The mean of what is looked at draws besides: colours near it become
likelier, more where the network believes it. And colours that the references lack altogether become rarer: their
palette.

**Flat or painted.** A region whose lightness is even and whose field is nearly so gets one colour. Shading keeps its
changes, and so does a large region, which may be more than one thing whose border nobody drew. Hair and skin have
one colour even where they are shaded (`people`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

from engines.colorize.compact.bins import BINS, modes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.colorize.compact.network import Said
    from engines.colorize.compact.references import References

    Array = NDArray[np.float32]
    Labels = NDArray[np.int32]

TEMPERATURE: Final = 0.38
_CELLS: Final = 8192
_DOUBT: Final = 0.003
_MATCHED: Final = 1.0
# How strongly the mean of what is looked at draws, with related references and with others, and how far away.
_DRAWN: Final = 1.0
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
_SHADED: Final = 0.06
_MIXED: Final = 0.05
_LARGE_SHARE: Final = 0.25
_WHOLE: Final = 0.8


class Colours(NamedTuple):
    """What cells are said to be: a distribution `(305, h, w)`, 1 in all, and its sharpened mean `(h, w, 2)`."""

    distribution: Array
    chroma: Array


def colours_of(said: Said, references: References | None) -> Colours:
    """Return the colours of a tile's cells by prior and references; what was said is overwritten.

    Some cells at a time: planes of all bins are as large as everything else of a page together.
    """
    logits = said.logits.reshape(len(BINS), -1)
    if references is not None:
        _weigh(logits, said, references)
    chroma = np.empty((logits.shape[1], 2), np.float32)
    for start in range(0, logits.shape[1], _CELLS):
        cells = slice(start, start + _CELLS)
        some = logits[:, cells] - logits[:, cells].max(0)
        sharp = cv2.exp(some * np.float32(1 / TEMPERATURE))
        chroma[cells] = (sharp.T @ BINS) / sharp.sum(0)[:, None]
        cv2.exp(some, dst=sharp)
        logits[:, cells] = sharp / sharp.sum(0)
    shape = said.logits.shape[1:]
    return Colours(logits.reshape(-1, *shape), chroma.reshape(*shape, 2))


def _weigh(logits: Array, said: Said, references: References) -> None:
    """Add to logits `(305, cells)` what the references say."""
    height, width = said.logits.shape[1:]
    evidence = np.stack([cv2.resize(one, (width, height), interpolation=cv2.INTER_LINEAR) for one in said.evidence])
    evidence = evidence.reshape(len(evidence), -1)
    related = np.float32(_MATCHED * _related(logits, evidence, references))
    for place, share, seen in zip(references.bins, references.shares, evidence, strict=True):
        ratio = np.log((seen + np.float32(_DOUBT)) / (share + np.float32(_DOUBT))).clip(*_RATIO_RANGE)
        logits[place] += related * ratio
    copied = said.copied.reshape(2, -1)
    drawn = _DRAWN * float(np.maximum(related, _DRAWN_AT_LEAST))
    belief = said.gate.reshape(-1) * np.float32(drawn / (2 * _NEARBY**2))
    # Bin by bin: a page's worth of distances would take as much memory again.
    for place, colour in enumerate(BINS):
        away = np.square(copied - colour[:, None]).sum(0)
        logits[place] -= np.minimum(away, np.float32(_FAR**2)) * belief
    one_hue = max(0.0, references.agreement - _ONE_HUE_FROM) / (1 - _ONE_HUE_FROM)
    logits += (_PALETTE + _ONE_HUE * one_hue) * np.log(references.likely + np.float32(_ABSENT))[:, None]


def _related(logits: Array, evidence: Array, references: References) -> float:
    """Return 0..1: how far looks at the references `(bins, cells)` go the way of the prior's logits `(305, cells)`.

    The mean gain of the prior's logarithm, from what all of a reference would have to what the looks have, as a share
    of how far (Kullback and Leibler) they are from it.
    """
    some = np.s_[:, ::_SAMPLED]
    prior = logits[some] - logits[some].max(0)
    prior = np.log(np.exp(prior) / np.exp(prior).sum(0) + _FAINT)[references.bins]
    looks = evidence[some] / np.maximum(evidence[some].sum(0), _FAINT)
    whole = (references.shares / references.shares.sum())[:, None]
    gain = float(((looks - whole) * prior).sum(0).mean())
    way = float((looks * np.log((looks + _FAINT) / (whole + _FAINT))).sum(0).mean())
    return float(np.clip((gain / max(way, _FAINT) - _UNRELATED) / (_RELATED - _UNRELATED), 0, 1))


def laid_out(field: Array, distributions: Array, labels: Labels, lightness: Array, trust: Array, one: Array) -> Array:
    """Return chroma `(h, w, 2)` of a page with its regions.

    field: `(h / 2, w / 2, 2)` by cells. distributions: `(305, regions)` by number; one: `(regions,)` 0..1, how far each
    has one colour whatever its shading says. labels, lightness, trust: `(h, w)`.
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
    own = modes(distributions, TEMPERATURE)
    return np.asarray(wide + (own[labels] - wide) * share.astype(np.float32)[labels][..., None], np.float32)
