"""The lightness of a coloured page: what chroma costs on paper, and what keeps the luma where it was.

**Paper.** sRGB has no chroma at L = 1, and in manga skin, hair and clothes are bare paper. To keep L exactly would
leave them white. So bright ground gives up lightness, only as much as its colour needs, and takes its lines along.
With L and L' the lightness before and after, c the wanted chroma, h its hue, and G the lightness of the ground: the
brightest within a line's width, so that a line and the paper around it have one G:

    edge of the gamut    Ledge(c, h)  the largest L at which sRGB still holds chroma c at hue h
    cost of paper        d            = min(D, 1 - Ledge(c, h)) * t(G),     D = 0.14, t = smoothstep from 0.6 to 0.95
    new lightness        L'           = L (1 - d)
    new chroma           c'           = min(c, Cmax(L', h)) * ink(L)

c, h and G are smooth between the page's edges, so nearby pixels share one d: every contrast keeps its ratio, no edge
turns over, black stays black. Colours that fit (yellow on paper, anything in the mid-tones) cost little or nothing.
`ink` fades chroma out of black, where it would only fringe the lines. Hue is never touched.

**Luma.** Equal OKLab lightness is not equal luma (the grey of Rec. 601, by which ink is measured and seen by most
programs): a saturated blue of the same L is up to 40 levels darker. `luma_shift` adds to L what keeps the luma, a
least-squares fit over the colours of sRGB; what remains is 0.3 levels in the median and 2 at the 95th percentile.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import BAND_RATIO
from engines.oklab import max_chroma
from engines.warp import look_up

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIGHTNESS_COST_MAX: Final = 0.14
_PAPER_FROM: Final = 0.6
_PAPER_FULL: Final = 0.95
# A share of the page's width: thick lines and the period of coarse screentone.
_LINE_WIDTH: Final = 0.015
_INK_BLACK: Final = 0.08
_INK_COLOURED: Final = 0.24
_CHROMA_STEPS: Final = 128
_CHROMA_TOP: Final = 0.33
_HUE_STEPS: Final = 360


def cost_of_paper(chroma: NDArray[np.float32], hue: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return d(c, h), 0..`LIGHTNESS_COST_MAX`. Both `(H, W)` float32, hue in radians 0..2 pi."""
    columns = hue * np.float32(_HUE_STEPS / (2 * np.pi))
    rows = np.minimum(chroma, _CHROMA_TOP) * np.float32((_CHROMA_STEPS - 1) / _CHROMA_TOP)
    return look_up(_cost_table(), columns, rows)


def ground_weight(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return t(G) for a `(H, W)` lightness: 1 where the ground is paper, 0 where it is a mid-tone or darker."""
    height, width = lightness.shape
    side = max(3, round(_LINE_WIDTH * min(width, BAND_RATIO * height))) | 1
    ground = cv2.morphologyEx(lightness, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return _smoothstep(np.asarray(cv2.GaussianBlur(ground, (0, 0), 1.0), np.float32), _PAPER_FROM, _PAPER_FULL)


def ink_weight(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ink(L): how much of its chroma a lightness keeps, 0 for black, 1 from dark grey on."""
    return _smoothstep(lightness, _INK_BLACK, _INK_COLOURED)


def luma_shift(lightness: NDArray[np.float32], a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what to add to L so that a colour has the luma of the grey of that L. All `(H, W)` float32.

    A fit: at its worst colour 12 levels of 255 off up to chroma 0.1, 23 up to 0.2 (vivid cyan).
    """
    quadratic = (1.281 * a + 0.674 * b) * a + 0.528 * b * b
    return np.asarray(quadratic / np.maximum(lightness, 0.1) - 0.17 * a, np.float32)


def _smoothstep(value: NDArray[np.float32], start: float, end: float) -> NDArray[np.float32]:
    step = np.clip((value - start) / (end - start), 0.0, 1.0)
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
