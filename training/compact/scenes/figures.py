"""Figures that come in layers (`figures.mjs`) and cut-outs of pictures, laid on painted paper.

A layered figure is its own ink plus, for every part, how much of each pixel that part covers. So any colours and any
prints can be given to it, and which pixel is skin, hair or cloth is known exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

from training.compact.scenes.paint import UNKNOWN
from training.pages.synth.tone import Tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from training.compact.scenes.paint import Paint, PaintedPaper

    Rng = np.random.Generator

LAYERS: Final = 3
_SOLID: Final = 0.35


class Wear(NamedTuple):
    """The paints of a figure's parts, in the order of the layers' channels."""

    skin: Paint
    hair: Paint
    clothes: Paint
    trim: Paint
    eyes: Paint


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """base `(h, w, 4)` uint8 RGBA, parts black. cover `(h, w, 5)` uint8: how much of a pixel is each part of `Wear`."""

    base: NDArray[np.uint8]
    cover: NDArray[np.uint8]

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.base.shape[0])

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.base.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class CutOut:
    """A thing cut out of a picture, `(h, w, 4)` uint8 RGBA, and its grey as manga, `(h, w)`; nobody knows its parts."""

    rgba: NDArray[np.uint8]
    manga: NDArray[np.uint8]


def figure_of(stacked: NDArray[np.uint8]) -> Figure | None:
    """Return the figure of its three layers one above the other, `(3 h, w, 4)`, cropped; None if it shows nothing."""
    height = len(stacked) // LAYERS
    base, first, second = (stacked[at * height : (at + 1) * height] for at in range(LAYERS))
    rows, columns = np.nonzero(base[..., 3] > 8)
    if not len(rows):
        return None
    window = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
    cover = np.dstack([first[..., :3], second[..., :2]])[window]
    return Figure(np.ascontiguousarray(base[window]), np.ascontiguousarray(cover))


def lay_figure(
    paper: PaintedPaper, figure: Figure, wear: Wear, at: tuple[float, float], tall_px: float, rng: Rng
) -> None:
    """Lay a figure on the paper, so high, its middle a third down at `at`; what leaves the paper is cut."""
    scale = tall_px / figure.height
    base, cover = (_scaled(plane, scale) for plane in (figure.base, figure.cover))
    if rng.random() < 0.5:
        base, cover = np.ascontiguousarray(base[:, ::-1]), np.ascontiguousarray(cover[:, ::-1])
    spot = _Spot.of(paper, base.shape[0], base.shape[1], at)
    if spot is None:
        return
    base, share = base[spot.theirs], cover[spot.theirs].astype(np.float32) / np.float32(255)
    alpha = base[..., 3:].astype(np.float32) / np.float32(255)
    ink = base[..., :3].astype(np.float32)
    colour = ink + share @ np.array([one.colour for one in wear], np.float32)
    printed = ink.mean(2) + (share * _prints(wear, spot, paper)).sum(2)
    covered = share.sum(2)
    shown = covered + ink.mean(2) / np.float32(255)
    # What neither a part nor paper covers of a pixel is line or shadow; the colour goes on below it.
    flat = np.where(covered[..., None] > _SOLID, colour / np.maximum(shown, _SOLID)[..., None], colour)
    _blend(paper.colour, spot, np.clip(flat, 0, 255), alpha)
    _blend(paper.grey, spot, np.clip(printed, 0, 255), alpha[..., 0])
    _blend(paper.ink, spot, np.clip(255 * shown, 0, 255), alpha[..., 0])
    own = np.where(share.max(2) > _SOLID, np.array([one.part for one in wear])[share.argmax(2)], UNKNOWN)
    parts = paper.parts[spot.mine]
    parts[alpha[..., 0] > 0.5] = own[alpha[..., 0] > 0.5]
    if wear.hair.fill == 0 and rng.random() < 0.6:
        _shine(paper.grey[spot.mine], share[..., 1] * alpha[..., 0], rng)


def lay_cut_out(paper: PaintedPaper, thing: CutOut, at: tuple[float, float], tall_px: float, rng: Rng) -> None:
    """Lay a cut-out on the paper."""
    scale = tall_px / len(thing.rgba)
    rgba, manga = _scaled(thing.rgba, scale), _scaled(thing.manga, scale)
    if rng.random() < 0.5:
        rgba, manga = np.ascontiguousarray(rgba[:, ::-1]), np.ascontiguousarray(manga[:, ::-1])
    spot = _Spot.of(paper, rgba.shape[0], rgba.shape[1], at)
    if spot is None:
        return
    rgba = rgba[spot.theirs]
    alpha = rgba[..., 3:].astype(np.float32) / np.float32(255)
    _blend(paper.colour, spot, rgba[..., :3].astype(np.float32), alpha)
    _blend(paper.grey, spot, manga[spot.theirs].astype(np.float32), alpha[..., 0])
    paper.ink[spot.mine] = np.maximum(paper.ink[spot.mine], rgba[..., 3])
    paper.parts[spot.mine][alpha[..., 0] > 0.5] = UNKNOWN


class _Spot(NamedTuple):
    """A window of the paper, and the same of what is laid there."""

    mine: tuple[slice, slice]
    theirs: tuple[slice, slice]

    @classmethod
    def of(cls, paper: PaintedPaper, height: int, width: int, at: tuple[float, float]) -> _Spot | None:
        left, top = round(at[0] - width / 2), round(at[1] - height / 3)
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + width, paper.width), min(top + height, paper.height)
        if x1 <= x0 or y1 <= y0:
            return None
        mine = slice(y0, y1), slice(x0, x1)
        return cls(mine, (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)))


def _prints(wear: Sequence[Paint], spot: _Spot, paper: PaintedPaper) -> NDArray[np.float32]:
    """Return what every paint prints in a window, `(h, w, paints)`, 0 ink to 255 paper."""
    (rows, columns), (x, y) = spot.mine, paper.origin
    planes = []
    for one in wear:
        if isinstance(one.fill, Tone):
            drawn = one.fill.render(columns.start + x, rows.start + y, columns.stop + x, rows.stop + y)
        else:
            drawn = np.full((rows.stop - rows.start, columns.stop - columns.start), one.fill, np.uint8)
        planes.append(drawn)
    return np.dstack(planes).astype(np.float32)


def _shine(grey: NDArray[np.uint8], hair: NDArray[np.float32], rng: Rng) -> None:
    """Leave a jagged band of paper across black hair, as a pen does."""
    rows = np.nonzero((hair > 0.5).any(1))[0]
    if len(rows) < 12:
        return
    width = hair.shape[1]
    teeth = int(rng.integers(6, 22))
    middle = rows[0] + len(rows) * rng.uniform(0.12, 0.35)
    x = np.arange(width)
    edges = np.interp(x, np.linspace(0, width, teeth * 2), rng.uniform(0.2, 1.0, teeth * 2) * np.tile([1, -0.3], teeth))
    bend = ((x / width - 0.5) * rng.uniform(0.5, 1.5)) ** 2 * len(rows)
    band = len(rows) * rng.uniform(0.03, 0.09)
    y = np.arange(len(hair))[:, None]
    lit = np.abs(y - middle - bend) < band * np.maximum(0, edges)
    grey[lit & (hair > 0.8)] = 255


def _blend(plane: NDArray[np.uint8], spot: _Spot, over: NDArray[np.float32], alpha: NDArray[np.float32]) -> None:
    under = plane[spot.mine]
    plane[spot.mine] = (under + (over - under) * alpha + 0.5).astype(np.uint8)


def _scaled(plane: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    if plane.ndim == 3 and plane.shape[2] > 4:  # OpenCV takes no more channels than four
        return np.dstack([_scaled(plane[..., :4], scale), _scaled(plane[..., 4:], scale)])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    found: NDArray[np.uint8] = np.asarray(
        cv2.resize(np.ascontiguousarray(plane), None, fx=scale, fy=scale, interpolation=way), np.uint8
    )
    return found
