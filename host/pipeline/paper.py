"""Where bare paper finds room for colour: the lightness that chroma costs.

sRGB has no chroma at L = 1, and in manga skin, hair and clothes are bare paper. To keep L exactly would leave them
white; to multiply the page with the colour would darken every tone. So bright pixels give up lightness, only as
much as their colour needs, and the ink nothing. With L and L' the lightness before and after, c the wanted chroma
and h its hue:

    cusp-side edge   Ledge(c, h)  the largest L at which sRGB still holds chroma c at hue h
    cost of paper    d(c, h)      = min(D, 1 - Ledge(c, h)),                       D = 0.15
    new lightness    L'           = L - d(c, h) * t(L)^2,    t(L) = max(0, (L - K) / (1 - K)),    K = 0.4
    new chroma       c'           = min(c, Cmax(L', h)) * ink(L)

t^2 joins the unchanged dark half smoothly. dL'/dL >= 1 - 2D / (1 - K) = 0.5: what was lighter stays lighter, no
edge turns over, no light tone is lost. Colours that fit (yellow on paper, anything in the mid-tones) cost nothing.
`ink` fades chroma out of black, where it would only fringe the lines. Hue is never touched.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.oklab import max_chroma

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIGHTNESS_COST_MAX: Final = 0.15
_KNEE: Final = 0.4
_INK_BLACK: Final = 0.08
_INK_COLOURED: Final = 0.24
_CHROMA_STEPS: Final = 128
_CHROMA_TOP: Final = 0.33
_HUE_STEPS: Final = 360


def cost_of_paper(chroma: NDArray[np.float32], hue: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return d(c, h), 0..`LIGHTNESS_COST_MAX`. Both `(H, W)` float32, hue in radians 0..2 pi."""
    columns = hue * np.float32(_HUE_STEPS / (2 * np.pi))
    rows = np.minimum(chroma, _CHROMA_TOP) * np.float32((_CHROMA_STEPS - 1) / _CHROMA_TOP)
    return np.asarray(cv2.remap(_cost_table(), columns, rows, cv2.INTER_LINEAR), np.float32)


def paper_weight(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return t(L)^2: how much of the cost a lightness bears, 0 for ink, 1 for paper."""
    return np.asarray(np.clip((lightness - _KNEE) / (1 - _KNEE), 0.0, 1.0) ** 2, np.float32)


def ink_weight(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ink(L): how much of its chroma a lightness keeps, 0 for black, 1 from dark grey on."""
    step = np.clip((lightness - _INK_BLACK) / (_INK_COLOURED - _INK_BLACK), 0.0, 1.0)
    return np.asarray(step * step * (3 - 2 * step), np.float32)


@cache
def _cost_table() -> NDArray[np.float32]:
    """Return d by `(chroma, hue)`; the last column repeats hue 0."""
    lightness = np.linspace(1 - LIGHTNESS_COST_MAX, 1, 64, dtype=np.float32)
    hue = np.linspace(0, 2 * np.pi, _HUE_STEPS + 1, dtype=np.float32)
    room = max_chroma(*np.meshgrid(lightness, hue, indexing="ij"))
    # From paper downwards the room grows; cummax bridges the table's grain, so that the edge can be searched.
    room = np.maximum.accumulate(room[::-1], axis=0)
    chroma = np.linspace(0, _CHROMA_TOP, _CHROMA_STEPS, dtype=np.float32)
    cost = 1 - lightness[::-1]
    columns = [np.interp(chroma, room[:, column], cost) for column in range(len(hue))]
    return np.stack(columns, axis=1).astype(np.float32)
