"""One colour for a part of people all over a page: hair of a tone is one hair, skin of a tone is one skin.

In manga tone tells people apart: who is fair, dark or in between stays so from panel to panel. So regions that show the
same part hear one another, by how near their tones are: what one panel's small head cannot tell, another's
large one does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from engines.colorize.compact.parts import KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Labels = NDArray[np.int32]

# The difference of OKLab lightness at which two regions of a part hear each other by a third.
_LIKE: Final = {"hair": 0.07, "skin": 0.15}
# From this share on a region shows a part and little else.
_MOSTLY: Final = 0.5


class Shown(NamedTuple):
    """What regions show, by their number: shares of the kinds `(12, regions)` and their mean lightness `(regions,)`."""

    kinds: Array
    tone: Array

    def of(self, kind: str) -> Array:
        """Return the share of a kind by region."""
        return np.asarray(self.kinds[KINDS.index(kind)], np.float32)


def shown_by(labels: Labels, kinds: Array, lightness: Array, trust: Array) -> Shown:
    """Return what the regions of `(h, w)` labels show; kinds: `(12, h / 2, w / 2)` shares of cells."""
    inside, weight = labels[::2, ::2], trust[::2, ::2]
    kinds = kinds[:, : inside.shape[0], : inside.shape[1]]
    count = int(labels.max()) + 1
    total = np.bincount(inside.ravel(), weight.ravel(), count) + 1e-12
    shares = [np.bincount(inside.ravel(), (weight * plane).ravel(), count) / total for plane in kinds]
    tone = np.bincount(inside.ravel(), (weight * lightness[::2, ::2]).ravel(), count) / total
    return Shown(np.array(shares, np.float32), np.asarray(tone, np.float32))


def pooled(distributions: Array, shown: Shown) -> Array:
    """Return distributions `(305, regions)` in which regions of one part and tone have been heard by one another."""
    heard = distributions.copy()
    for kind, like in _LIKE.items():
        share = shown.of(kind)
        there = np.flatnonzero(share > _MOSTLY)
        tone = shown.tone[there]
        near = np.exp(-np.square((tone[:, None] - tone) / like)).astype(np.float32)
        heard[:, there] = (distributions[:, there] * share[there]) @ near
    return heard


def oneness(shown: Shown) -> Array:
    """Return 0..1 by region: how far what it shows has one colour, however it is shaded."""
    return np.asarray(sum(shown.of(kind) * (shown.of(kind) > _MOSTLY) for kind in _LIKE), np.float32)
