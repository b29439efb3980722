"""The colour of a page on its grid: an engine's chroma where the page's lines have it, and the reader's corrections."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from engines.cores import Beside
from engines.geometry import Size
from engines.nearest import resize_labels
from engines.regions import find_regions, outlined
from host.pipeline.compose.align import Shift, measure_shift, undo_shift
from host.pipeline.compose.flats import even_flats, flatness
from host.pipeline.compose.hints import lay_hints
from host.pipeline.compose.palettes import lay_palettes
from host.pipeline.compose.paper import ground_weight
from host.pipeline.compose.upsample import coarseness, grid_lightness, pixel_size, spread_chroma, trust_of
from host.pipeline.drawing import Drawing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.regions import Labels, Outline
    from host.pipeline.decode import DecodedPage

# A coarse engine decides by cells of this many of its pixels in a row: 8 px of the page that the compact engine sees.
_CELL_ENGINE_PX = 4


@dataclass(frozen=True, slots=True, eq=False)
class ColourField:
    """Chroma on the page's grid, `(2, h, w)` float32 OKLab a and b, and the shift of the engine that was undone.

    ground: `(h, w)` float32, how far each place is paper (`paper.ground_weight`).
    faults: what of each palette could not be laid, in words; "" for nothing.
    """

    chroma: NDArray[np.float32]
    shift: Shift
    ground: NDArray[np.float32]
    faults: tuple[str, ...] = ()


def colour_field(
    page: DecodedPage,
    protect: NDArray[np.bool_],
    oklab: NDArray[np.float32],
    strength_01: float = 1.0,
    drawing: Drawing | None = None,
    parts: NDArray[np.float32] | None = None,
) -> ColourField:
    """Return an engine's `(h, w, 3)` OKLab picture as chroma on the page's grid.

    strength_01 scales the engine's chroma; hints and palettes are what they are. parts: see `ColorizeResult`.
    Same arguments give the same field.
    """
    drawing = drawing or Drawing()
    lightness, borders = _walled(page, drawing)
    grid = Size(*lightness.shape)
    with Beside(partial(find_regions, lightness, borders)) as regions:
        shift = measure_shift(oklab[..., 0], page.grey)
        chroma = undo_shift(np.ascontiguousarray(oklab[..., 1:]) * np.float32(strength_01), shift)
        pixel_px = pixel_size(chroma, grid)
        trust = trust_of(lightness, protect, pixel_px)
        ground = ground_weight(lightness if drawing.tone is None else grid_lightness(page.grey))
        labels = regions.result()
    flat = flatness(lightness, trust, labels)
    spread = spread_chroma(chroma, lightness, trust, labels)
    evened = even_flats(spread, trust, labels, flat, coarseness(pixel_px), (_CELL_ENGINE_PX * pixel_px) ** 2)
    dressed, faults = lay_palettes(evened, labels, _figures(drawing, grid), parts, drawing.palettes)
    return ColourField(lay_hints(dressed, lightness, labels, flat, drawing.hints), shift, ground, faults)


def find_page_regions(page: DecodedPage, drawing: Drawing) -> Labels:
    """Return the region of every place of a page's grid, as `colour_field` has them."""
    return find_regions(*_walled(page, drawing))


def _walled(page: DecodedPage, drawing: Drawing) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the page's lightness on its grid, and the panels' borders there."""
    lightness = grid_lightness(page.grey if drawing.tone is None else drawing.tone)
    grid = Size(*lightness.shape)
    return lightness, outlined([_on_grid(panel, page.size, grid) for panel in drawing.panels], lightness.shape)


def _figures(drawing: Drawing, grid: Size) -> NDArray[np.uint8]:
    if drawing.characters is None:
        return np.zeros(grid, np.uint8)
    return resize_labels(drawing.characters, grid.height, grid.width)


def _on_grid(outline: Outline, page: Size, grid: Size) -> list[tuple[int, int]]:
    across, down = grid.width / page.width, grid.height / page.height
    return [(int(x * across), int(y * down)) for x, y in outline]
