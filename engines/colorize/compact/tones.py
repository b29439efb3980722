"""What colours a reference has at each lightness: in grey paintings, whose lights are true, that says much.

After Welsh, Ashikhmin and Mueller, "Transferring color to greyscale images", 2002, without the neighbourhood, and as a
distribution in the place of one colour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

LEVELS: Final = 24
"""Levels of sRGB grey from black to white."""
LIKE: Final = 0.03
"""Difference of grey, 0..1, at which a cell counts 0.6 of one of the same grey."""
SMOOTHING: Final = 0.01
"""How much of all cells, as a share of them, every level has besides its own."""


class ToneSums(NamedTuple):
    """Sums over a reference's cells: `(LEVELS, 305)` of their shares of the bins, `(LEVELS,)` of how much they count.

    whole: `(305,)`, the shares of all of them, unweighted. cells: how many there are.
    """

    colours: Array
    counts: Array
    whole: Array
    cells: int


def tone_sums(grey: Array, values: Array) -> ToneSums:
    """Return the sums of cells with these greys `(cells,)` 0..1 and shares of the bins `(cells, 305)`."""
    steps = np.linspace(0, 1, LEVELS, dtype=np.float32)
    weight = np.exp(-np.square((grey - steps[:, None]) / np.float32(LIKE)) / 2).astype(np.float32)
    return ToneSums(weight @ values, weight.sum(1), values.sum(0), len(grey))


def tone_table(sums: Sequence[ToneSums]) -> Array:
    """Return the shares of the bins that references together have at each level, `(LEVELS, 305)`."""
    whole, cells = sum(one.whole for one in sums), sum(one.cells for one in sums)
    colours, counts = sum(one.colours for one in sums), sum(one.counts for one in sums)
    total = np.asarray(counts + np.float32(SMOOTHING * cells), np.float32)
    found = (colours + np.float32(SMOOTHING) * whole) / total[:, None]
    return np.asarray(found, np.float32)


def at_levels(table: Array, grey: Array) -> Array:
    """Return rows of a table `(LEVELS, n)` for greys `(cells,)` 0..1, between levels linearly, `(cells, n)`."""
    level = grey * np.float32(LEVELS - 1)
    below = np.clip(level.astype(np.intp), 0, LEVELS - 2)
    share = (level - below).astype(np.float32)[:, None]
    return np.asarray(table[below] * (1 - share) + table[below + 1] * share, np.float32)
