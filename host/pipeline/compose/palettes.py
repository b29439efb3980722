"""The colours that the reader wants figures to have, in the regions that show their hair, skin and clothes.

Analysis says whose a place is (`PageMaps.characters`), the engine what it shows (`ColorizeResult.parts`); lines say how
far it goes. A region (`engines.regions`) belongs to the figure that holds most of it, shows the part that most
of it shows, and takes that part's colour whole: its shading is the page's lightness, which stays.

An engine that was told that a place is figure hardly calls it hair any more. So a part counts by how much more of it a
place shows than the figure does on the whole, as priors are corrected (Saerens et al., "Adjusting the outputs of a
classifier to new a priori probabilities", Neural Computation 2002).

Where lines leak, hair is one region with the ground behind it, and no region shows it; where a figure could not be cut
out, none is its own. There the part is guessed place by place (`_guessed`), and the fault says so.
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

    from engines.geometry import Size
    from engines.regions import Labels
    from host.corrections import FigurePalette
    from host.pipeline.drawing import Place
    from host.pipeline.records.masks import PageMaps
    from host.pipeline.records.page_meta import Character, PageMeta

    Plane = NDArray[np.float32]
    Figures = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

_SHOWN_BY: Final = {"hair": PARTS.index("hair"), "skin": PARTS.index("skin"), "clothes": PARTS.index("figure")}
_ELSEWHERE: Final = PARTS.index("background")
# A part of which a figure shows less than this on the whole is not there: what is left of it is noise.
_SHARE_MIN: Final = 1e-3
_WITHIN: Final = 0.8
# Regions tell a part where they hold this share of the places that show it.
_TOLD_MIN: Final = 0.5
# A head about its face, in the face's own height and width: above, below, aside; and how far hair goes about it.
_HEAD: Final = (0.55, 0.15, 0.35)
_HAIR: Final = (0.8, 1.0, 0.8)
# What is smaller than this, in places of the grid, is noise.
_SPECK: Final = np.ones((3, 3), np.uint8)
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
        PlacedPalette(one, ()) if figure is None else _placed(one, figure, meta)
        for one, figure in zip(palettes, found, strict=True)
    )


def _placed(palette: FigurePalette, figure: Character, meta: PageMeta) -> PlacedPalette:
    indices = figures_of_one(figure, meta)
    faces = [one for one in meta.faces if one.character in indices]
    face = max(faces, key=lambda one: one.score, default=None)
    boxes = []
    for one in meta.characters:
        if one.index in indices:
            panel = next((each.box for each in meta.panels if each.order == one.panel), one.box)
            boxes.append(_share(one.box.intersection(panel), meta.size))
    return PlacedPalette(palette, indices, tuple(boxes), None if face is None else _share(face.box, meta.size))


def _share(box: Box, size: Size) -> Place:
    left, top, right, bottom = box
    return left / size.width, top / size.height, right / size.width, bottom / size.height


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
    palette, missing, guessed = placed.palette, [], []
    where = f"at {palette.point[0]:.3g}, {palette.point[1]:.3g}"
    if palette.region:
        figure = region_on(palette.region, labels.shape)
    elif placed.figures:
        figure = np.isin(figures, np.array(placed.figures) + 1)
    else:
        return f"No figure was found {where}."
    shown = _shown(labels, figure, shares)
    guessed_at = _guessed(figure if figure.any() else _within(placed.boxes, figures), shares, placed.face)
    for name, rgb in palette.colours.items():
        takes, guess = (shown == _SHOWN_BY[name])[labels], _without_specks(guessed_at == _SHOWN_BY[name])
        if np.count_nonzero(takes & guess) < _TOLD_MIN * np.count_nonzero(guess):
            takes = guess
            guessed.append(name)
        if takes.any():
            colour = srgb_to_oklab(np.array([[rgb]], np.uint8))[0, 0, 1:]
            laid[:, takes] = colour[:, None]
        else:
            missing.append(name)
    return " ".join(
        [f"No {' and no '.join(missing)} could be told on the figure {where}."] * bool(missing)
        + [f"Where {' and '.join(guessed)} is on the figure {where} is a guess."] * bool(guessed)
    )


def _guessed(area: Mask, shares: Plane, face: Place | None) -> NDArray[np.intp]:
    """Return the part that each place of a figure shows more than the figure does on the whole; background elsewhere.

    About a face all that is neither skin nor ground is hair, and far from it nothing is.
    """
    if not area.any():
        return np.full(area.shape, _ELSEWHERE)
    hair = _SHOWN_BY["hair"]
    more = shares / np.maximum(shares[area].mean(axis=0), _SHARE_MIN)
    if face is not None:
        more[_about(face, _HEAD, area.shape) & (shares[..., hair] > _SHARE_MIN), _SHOWN_BY["clothes"]] = 0
        more[~_about(face, _HAIR, area.shape), hair] = 0
    return np.where(area, more.argmax(axis=-1), _ELSEWHERE)


def _without_specks(mask: Mask) -> Mask:
    return np.asarray(cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, _SPECK) > 0, np.bool_)


def _within(boxes: Sequence[Place], figures: Figures) -> Mask:
    """Return the places of boxes that are nobody else's: of a figure that could not be cut out."""
    area = np.zeros(figures.shape, np.bool_)
    for box in boxes:
        area[_slices(box, figures.shape)] = True
    return np.asarray(area & (figures == 0), np.bool_)


def _about(face: Place, more: tuple[float, float, float], shape: tuple[int, ...]) -> Mask:
    (left, top, right, bottom), (above, below, aside) = face, more
    width, height = right - left, bottom - top
    grown = left - aside * width, top - above * height, right + aside * width, bottom + below * height
    area = np.zeros(shape, np.bool_)
    area[_slices(grown, shape)] = True
    return area


def _slices(place: Place, shape: tuple[int, ...]) -> tuple[slice, slice]:
    left, top, right, bottom = (max(0.0, one) for one in place)
    return slice(int(top * shape[0]), int(bottom * shape[0])), slice(int(left * shape[1]), int(right * shape[1]))


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
