"""The references' mood: what colour things of a lightness have in them on the whole.

It stands in for what matches nothing, and it takes over where the references' lightness alone tells their colour, as
in a sepia page or a night: no guess of what is drawn can be surer there. References with many colours at a lightness
have none to give, and a doubtful guess is better than their brown mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.colorize.compact.network import Tokens

    Array = NDArray[np.float32]

_LEVELS: Final = np.linspace(0, 1, 33, dtype=np.float32)
_LIKE: Final = 0.1
# As many tokens as this share of them have to be of a lightness for its mean to count more than that of all.
_RARE_SHARE: Final = 0.02
_FAINT: Final = 1e-4
# High: a mood that is half agreed on would paint over skies (agreement is 0.1..0.9 on colour pages, 0.5 mostly).
_SURE: Final = 4


class Mood(NamedTuple):
    """Chroma `(h, w, 2)` for a page, and how far the references agree on it, `(h, w)` 0..1."""

    chroma: Array
    agreement: Array


def mood_of(tokens: Tokens, lightness: Array) -> Mood:
    """Return for a page's lightness `(h, w)` the references' mean at each lightness.

    They agree as far as the square of that mean is the mean of the squares: wholly where there is but one colour.
    """
    chroma = tokens.values[0, :, :2]
    like = np.exp(-np.square((_LEVELS[:, None] - tokens.lightness[0]) / _LIKE))
    measured = np.column_stack([chroma, np.square(chroma).sum(axis=1)])
    rare = _RARE_SHARE * chroma.shape[0]
    mean = (like @ measured + rare * measured.mean(axis=0)) / (like.sum(axis=1, keepdims=True) + rare)
    agreement = (np.square(mean[:, :2]).sum(axis=1) + _FAINT) / (mean[:, 2] + _FAINT)
    planes = [np.interp(lightness, _LEVELS, plane) for plane in (mean[:, 0], mean[:, 1], agreement)]
    return Mood(np.stack(planes[:2], axis=-1).astype(np.float32), planes[2].astype(np.float32))


def hedged(chroma: Array, confidence: Array, mood: Mood) -> Array:
    """Return `(h, w, 2)`: the mood where it is wholly agreed on, and by its agreement where a `(h, w)` confidence ends.

    In the rest it is the chroma as it is.
    """
    share = (1 - (1 - confidence) * mood.agreement) * (1 - mood.agreement**_SURE)
    return np.asarray(mood.chroma + (chroma - mood.chroma) * share[..., None], np.float32)
