"""How much lightness paper may give for colour so that the page's lines stay lines, told before anything is composed.

A painted page has faint lines everywhere, and darker paper takes contrast from them; a page of ink has none to lose.
The luma of a composition is known but for what chroma does to it, so a part of the page is enough to see it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engines.geometry import Size
from engines.oklab import grey_to_lightness, lightness_to_grey
from host.pipeline.compose.compose import paper_cost
from host.pipeline.compose.upsample import rows_of_grid
from host.pipeline.generation.review import LINE_DICE_MIN, line_dice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from host.pipeline.compose.field import ColourField
    from host.pipeline.decode import DecodedPage

PAPER_SHARES: Final = (1.0, 0.75, 0.5, 0.25, 0.0)
# What chroma takes from the lines besides.
_MARGIN: Final = 0.006
_BAND_PX: Final = 64
_SEEN_PIXELS: Final = 600_000


def paper_share(page: DecodedPage, protect: NDArray[np.bool_], colour: ColourField) -> float:
    """Return the largest of `PAPER_SHARES` at which line Dice is foreseen to suffice; 0 keeps every luma."""
    cost = paper_cost(colour.chroma, colour.ground)
    if not cost.any():
        return PAPER_SHARES[0]
    whole = Size(*page.grey.shape)
    bands = list(_bands(*whole))
    source = np.concatenate([page.grey[rows] for rows in bands])
    kept = np.concatenate([protect[rows] for rows in bands])
    given = np.concatenate([rows_of_grid(cost, rows, whole).reshape(-1, whole.width) for rows in bands])
    given[kept] = 0
    lightness = grey_to_lightness(source)
    for share in PAPER_SHARES[:-1]:
        if line_dice(source, lightness_to_grey(lightness * (1 - np.float32(share) * given))) >= LINE_DICE_MIN + _MARGIN:
            return share
    return PAPER_SHARES[-1]


def _bands(height: int, width: int) -> Iterator[slice]:
    """Yield bands of rows that lie evenly over the page and hold at most about `_SEEN_PIXELS` together."""
    step = max(1, round(height * width / _SEEN_PIXELS)) * _BAND_PX
    return (slice(top, min(top + _BAND_PX, height)) for top in range(0, height, step))
