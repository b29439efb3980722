"""The engine gives colour, the page keeps its ink.

Output = the page's own lightness with the engine's chroma, in OKLab: any engine and any working resolution give a
picture of the page's own size and sharpness. Protected pixels are copied from the source. `field` brings the engine's
chroma to the page along its edges and regions, `paper` finds room for colour on bare paper, `paper_colour` keeps the
tint of a page. The last step runs in strips of rows: memory does not grow with the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.cores import do_each
from engines.geometry import Size
from engines.oklab import grey_to_lightness, max_chroma, oklab_to_srgb
from host.pipeline.compose.paper import cost_of_paper, ink_weight, luma_shift
from host.pipeline.compose.upsample import rows_of_grid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from host.pipeline.compose.align import Shift
    from host.pipeline.compose.field import ColourField
    from host.pipeline.compose.paper_colour import PaperColour
    from host.pipeline.decode import DecodedPage

_STRIP_PIXELS: Final = 1 << 16
_TONES: Final = np.arange(256, dtype=np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Composition:
    """A composed page: `(H, W, 3)` uint8 sRGB; shift and faults are those of its `ColourField`."""

    rgb: NDArray[np.uint8]
    shift: Shift
    faults: tuple[str, ...] = ()


def lay_colour(
    page: DecodedPage,
    protect: NDArray[np.bool_],
    colour: ColourField,
    share_01: float = 1.0,
    paper_01: float = 1.0,
    tint: PaperColour | None = None,
) -> Composition:
    """Compose a page with a field of colour.

    protect: `(H, W)` bool; there the output is bit-identical to `page.rgb`. share_01 scales the chroma.
    paper_01: how much of its lightness paper may give for colour; 0 keeps every luma, the safest composition.
    tint: the colour of the page's paper and ink, to which the engine's is added; None: they lose it.
    Same arguments give the same pixels.
    """
    field = _with_cost(colour.chroma * np.float32(share_01), colour.ground, paper_01)
    coloured = _colour(page.grey, field, tint)
    cv2.copyTo(page.rgb, protect.view(np.uint8), coloured)
    return Composition(coloured, colour.shift, colour.faults)


def paper_cost(chroma: NDArray[np.float32], ground: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the share of its lightness paper gives for chroma `(2, h, w)`, `(h, w)` float32.

    ground: its `ground_weight`.
    """
    return cost_of_paper(*_polar(*chroma)) * ground


def _with_cost(chroma: NDArray[np.float32], ground: NDArray[np.float32], paper_01: float) -> NDArray[np.float32]:
    """Return a, b and the cost d of paper on the page's grid, `(h, w, 3)` float32."""
    cost = paper_cost(chroma, ground) * np.float32(paper_01)
    return np.asarray(cv2.merge((*chroma, cost)), np.float32)


def _colour(grey: NDArray[np.uint8], field: NDArray[np.float32], tint: PaperColour | None) -> NDArray[np.uint8]:
    height, width = grey.shape
    tone = grey_to_lightness(_TONES)
    ink = ink_weight(tone)
    coloured = np.empty((height, width, 3), np.uint8)

    def lay(rows: slice) -> None:
        levels = grey[rows]
        a, b, cost = cv2.split(rows_of_grid(field, rows, Size(height, width)))
        chroma, hue = _polar(np.asarray(a, np.float32), np.asarray(b, np.float32))
        lightness = np.asarray(cv2.LUT(levels, tone), np.float32) * (1 - np.asarray(cost, np.float32))
        coloured[rows] = oklab_to_srgb(_fit(lightness, chroma * np.asarray(cv2.LUT(levels, ink)), hue))
        if tint is not None:
            # Of luma it has none: the ink stays where it is.
            own = tint.at(levels, rows, Size(height, width))
            coloured[rows] = np.clip(np.round(coloured[rows] + own), 0, 255)

    do_each(lay, _strips(height, width))
    return coloured


def _fit(lightness: NDArray[np.float32], chroma: NDArray[np.float32], hue: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return OKLab of this hue, with the luma of this lightness and as much of the chroma as sRGB holds there."""
    fitted = lightness
    across, down = _cartesian(np.ones_like(hue), hue)
    # Less chroma shifts the lightness less, which may leave less room again: the second round settles it.
    for _ in range(2):
        fitted = lightness + luma_shift(lightness, chroma * across, chroma * down)
        chroma = np.minimum(chroma, max_chroma(fitted, hue))
    return np.asarray(cv2.merge((fitted, chroma * across, chroma * down)), np.float32)


def _cartesian(
    chroma: NDArray[np.float32], hue: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    a, b = cv2.polarToCart(chroma, hue)
    return np.asarray(a, np.float32), np.asarray(b, np.float32)


def _polar(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    chroma, hue = cv2.cartToPolar(a, b)
    return np.asarray(chroma, np.float32), np.asarray(hue, np.float32)


def _strips(height: int, width: int) -> Iterator[slice]:
    step = max(1, _STRIP_PIXELS // width)
    return (slice(top, min(top + step, height)) for top in range(0, height, step))
