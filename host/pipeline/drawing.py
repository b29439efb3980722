"""What is known of a page's regions before colour is laid on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engines.regions import Outline
    from host.corrections import ColourHint, FigurePalette, PageWords


Place = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PlacedPalette:
    """A palette and the indices of the figures that are the one that it is for; none where nobody is there.

    boxes, face: where they and their face lie, `(left, top, right, bottom)` in 0..1 of the page; for what is guessed
    where neither lines nor masks tell.
    """

    palette: FigurePalette
    figures: tuple[int, ...]
    boxes: tuple[Place, ...] = ()
    face: Place | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What analysis and the reader know of a page's regions.

    tone: `(H, W)` uint8, the page's grey with its screentone made even; None: the page's grey will do.
    panels: outlines in the page's pixels. hints: what the reader wants where. palettes: what of whom.
    characters: see `PageMaps`; None where nobody asks for it. words: what the reader says of the page.
    """

    tone: NDArray[np.uint8] | None = None
    panels: Sequence[Outline] = ()
    hints: Sequence[ColourHint] = ()
    palettes: Sequence[PlacedPalette] = ()
    characters: NDArray[np.uint8] | None = None
    words: Sequence[PageWords] = ()
