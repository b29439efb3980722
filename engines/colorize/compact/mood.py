"""The references' mood: what colour things of a lightness have in them on the whole, for what matches nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.colorize.compact.network import Tokens

    Array = NDArray[np.float32]

_LEVELS: Final = np.linspace(0, 1, 33, dtype=np.float32)
_LIKE: Final = 0.1
# As many tokens as this share of them have to be of a lightness for its mean to count more than that of all.
_RARE_SHARE: Final = 0.02


def mood_of(tokens: Tokens, lightness: Array) -> Array:
    """Return chroma `(h, w, 2)` for a page's lightness `(h, w)`: the references' mean at each lightness."""
    chroma = tokens.values[0, :, :2]
    like = np.exp(-np.square((_LEVELS[:, None] - tokens.lightness[0]) / _LIKE))
    rare = _RARE_SHARE * chroma.shape[0]
    mean = (like @ chroma + rare * chroma.mean(axis=0)) / (like.sum(axis=1, keepdims=True) + rare)
    planes = [np.interp(lightness, _LEVELS, mean[:, plane]) for plane in (0, 1)]
    return np.stack(planes, axis=-1).astype(np.float32)


def hedged(chroma: Array, confidence: Array, mood: Array) -> Array:
    """Return `(h, w, 2)` chroma where a `(h, w)` confidence is 1, the mood where it is 0."""
    return np.asarray(mood + (chroma - mood) * confidence[..., None], np.float32)
