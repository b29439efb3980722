"""What a place shows: the network's twelve kinds as the four that engines tell apart, and what the analysis knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engines.base import FACE, FIGURE
from engines.base import PARTS as TOLD_APART

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

KINDS: Final = (
    "skin", "hair", "eyes", "clothes", "sky", "foliage", "ground", "water", "wood", "metal", "paper", "other",
)  # fmt: skip
"""The network's kinds, in the order of its outputs; those of `training/compact/network.py`."""
_SHOWN_AS: Final = {"skin": "skin", "hair": "hair", "eyes": "figure", "clothes": "figure"}
# How much likelier a place shows a figure, or skin, where analysis saw a figure or a face. A word in the ear, no order.
_FIGURE_SEEN: Final = 6.0
_FACE_SEEN: Final = 4.0


def shares_of(logits: Array) -> Array:
    """Return logits `(12, ...)` as shares, 1 in all."""
    shares = np.exp(logits - logits.max(0))
    return np.asarray(shares / shares.sum(0), np.float32)


def told_apart(shares: Array, seen: NDArray[np.uint8] | None) -> Array:
    """Return shares `(12, h, w)` of the kinds as `(h, w, 4)` shares of `engines.base.PARTS`, 1 in all.

    seen: `(h, w)` `FIGURE`, `FACE` or 0, see `ColorizeRequest.parts`.
    """
    apart = np.zeros((len(TOLD_APART), *shares.shape[1:]), np.float32)
    for kind, share in zip(KINDS, shares, strict=True):
        apart[TOLD_APART.index(_SHOWN_AS.get(kind, "background"))] += share
    if seen is not None:
        people = np.where((seen == FIGURE) | (seen == FACE), np.float32(_FIGURE_SEEN), np.float32(1))
        apart[1:] *= people
        apart[TOLD_APART.index("skin")] *= np.where(seen == FACE, np.float32(_FACE_SEEN), np.float32(1))
    return np.ascontiguousarray((apart / apart.sum(0)).transpose(1, 2, 0))
