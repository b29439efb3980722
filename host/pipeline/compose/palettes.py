"""The colours that the reader wants figures to have, in the regions that show their hair, skin and clothes.

Analysis says whose a place is (`PageMaps.characters`), the engine what it shows (`ColorizeResult.parts`); lines say how
far it goes. A region (`engines.regions`) belongs to the figure that holds most of it, shows the part that most
of it shows, and takes that part's colour whole: its shading is the page's lightness, which stays.

An engine that was told that a place is figure hardly calls it hair any more. So a part counts by how much more of it a
place shows than the figure does on the whole, as priors are corrected (Saerens et al., "Adjusting the outputs of a
classifier to new a priori probabilities", Neural Computation 2002).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.base import PARTS
from engines.geometry import Box
from engines.oklab import srgb_to_oklab
from host.pipeline.compose.hints import region_on
from host.pipeline.drawing import PlacedPalette

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engines.regions import Labels
    from host.corrections import FigurePalette
    from host.pipeline.records.masks import PageMaps
    from host.pipeline.records.page_meta import Character, PageMeta

    Plane = NDArray[np.float32]
    Figures = NDArray[np.uint8]

_SHOWN_BY: Final = {"hair": PARTS.index("hair"), "skin": PARTS.index("skin"), "clothes": PARTS.index("figure")}
_ELSEWHERE: Final = PARTS.index("background")
# A part of which a figure shows less than this on the whole is not there: what is left of it is noise.
_SHARE_MIN: Final = 1e-3
_WITHIN: Final = 0.8
_NO_PARTS: Final = "This engine does not tell hair, skin and clothes apart: use compact, or hints."


def place_palettes(
    palettes: Sequence[FigurePalette], meta: PageMeta, maps: PageMaps | None
) -> tuple[PlacedPalette, ...]:
    """Return for every palette the figure whose mask holds its point, else the smallest one whose box does.

    Detectors see a head as a figure of its own at times: figures that lie in one another and have at most one face
    between them are taken for one.
    """
    found = [_figure_at(one.point, meta, maps) for one in palettes]
    return tuple(
        PlacedPalette(one, () if figure is None else figures_of_one(figure, meta))
        for one, figure in zip(palettes, found, strict=True)
    )


def lay_palettes(
    chroma: Plane,
    labels: Labels,
    figures: Figures,
    parts: NDArray[np.float32] | None,
    palettes: Sequence[PlacedPalette],
) -> tuple[Plane, tuple[str, ...]]:
    """Return `(2, h, w)` chroma with the palettes in it, and what could not be laid of each, in words; "" for nothing.

    figures: `(h, w)`, 0 nobody, else a figure's index plus one. parts: see `ColorizeResult.parts`, of any size. A later
    palette goes over an earlier one.
    """
    if parts is None or not palettes:
        return chroma, (_NO_PARTS,) * len(palettes)
    shares = np.asarray(cv2.resize(parts, labels.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    laid = chroma.copy()
    return laid, tuple(_lay(laid, labels, figures, shares, placed) for placed in palettes)


def _lay(laid: Plane, labels: Labels, figures: Figures, shares: Plane, placed: PlacedPalette) -> str:
    palette, missing = placed.palette, []
    where = f"at {palette.point[0]:.3g}, {palette.point[1]:.3g}"
    if palette.region:
        figure = region_on(palette.region, labels.shape)
    elif placed.figures:
        figure = np.isin(figures, np.array(placed.figures) + 1)
    else:
        return f"No figure was found {where}."
    shown = _shown(labels, figure, shares)
    for name, rgb in palette.colours.items():
        takes = shown == _SHOWN_BY[name]
        if takes.any():
            colour = srgb_to_oklab(np.array([[rgb]], np.uint8))[0, 0, 1:]
            laid[:, takes[labels]] = colour[:, None]
        else:
            missing.append(name)
    return f"No {' and no '.join(missing)} could be told on the figure {where}." if missing else ""


def _shown(labels: Labels, figure: NDArray[np.bool_], shares: Plane) -> NDArray[np.intp]:
    """Return what each region shows of a figure, by the region's number; background where it is not the figure's."""
    inside, count = labels[figure], int(labels.max()) + 1
    most = 2 * np.bincount(inside, minlength=count) > np.bincount(labels.ravel(), minlength=count)
    if not most.any():
        return np.full(count, _ELSEWHERE)
    here = shares[figure]
    more = here / np.maximum(here.mean(axis=0), _SHARE_MIN)
    more /= np.maximum(more.sum(axis=1, keepdims=True), _SHARE_MIN)
    votes = np.stack([np.bincount(inside, one, count) for one in more.T])
    return np.where(most, votes.argmax(axis=0), _ELSEWHERE)


def _figure_at(point: tuple[float, float], meta: PageMeta, maps: PageMaps | None) -> Character | None:
    if maps is None:
        return None
    x = min(int(point[0] * meta.size.width), meta.size.width - 1)
    y = min(int(point[1] * meta.size.height), meta.size.height - 1)
    label = int(maps.characters[y, x])
    if label:
        return next((one for one in meta.characters if one.index == label - 1), None)
    here = Box(x, y, x + 1, y + 1)
    around = [one for one in meta.characters if one.box.intersection(here).area]
    return min(around, key=lambda one: (one.box.area, one.index), default=None)


def figures_of_one(figure: Character, meta: PageMeta) -> tuple[int, ...]:
    """Return the indices of all figures that are one with a figure, which comes first."""
    faces = Counter(face.character for face in meta.faces)
    others = [
        one.index
        for one in meta.characters
        if one.index != figure.index
        and faces[one.index] + faces[figure.index] <= 1
        and one.box.intersection(figure.box).area >= _WITHIN * min(one.box.area, figure.box.area) > 0
    ]
    return (figure.index, *others)
