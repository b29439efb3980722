"""Drawings on bare paper, without a word or with few: lone figures, things, sheets of signs. All their ink is art.

Thick outlines on white are what a network that has seen comic pages alone takes for large lettering. Figures and
cut-outs come from the pack of the compact engine's recipe; signs are closed curves of one stroke, drawn here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from training.compact.inking import ink_cleanly
from training.compact.scenes.figures import CutOut, lay_cut_out, lay_figure
from training.compact.scenes.paint import PaintedPaper
from training.compact.scenes.people import make_somebody
from training.pages.synth.figures import draw_person
from training.pages.synth.tone import screens
from training.pixels.comic import MaskedPage
from training.pixels.overlay import lay_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.compact.pack import Pack
    from training.compact.scenes.paint import Sheets
    from training.pages.synth import FontSet

    Rng = np.random.Generator
    Grey = NDArray[np.uint8]

_WIDTH_PX: Final = (560, 900)
_SIDES: Final = (0.6, 2.2)
_MARGIN: Final = 0.88
_THICKEST_PX: Final = 7
_STROKES_PX: Final = (2, 11)
_CORNERS: Final = (4, 10)
_CURVE_POINTS: Final = 12


def draw_page(pack: Pack, rng: Rng, fonts: FontSet) -> MaskedPage:
    """Return a page of drawings, with words beside or over them now and then; the same for the same `rng`."""
    width = int(rng.integers(*_WIDTH_PX))
    height = int(width * rng.uniform(*_SIDES))
    paper = PaintedPaper(height, width)
    sheets = screens(rng, height, max(width, height), count=2)
    rows, columns = _grid(rng, height / width)
    signs = rng.random() < 0.4 and rows * columns > 1
    stroke = int(rng.integers(*_STROKES_PX))
    for place in range(rows * columns):
        row, column = divmod(place, columns)
        cell = width / columns, height / rows
        middle = (column + rng.uniform(0.42, 0.58)) * cell[0], (row + rng.uniform(0.42, 0.58)) * cell[1]
        if signs and rng.random() < 0.85:
            _draw_sign(paper.grey, middle, _MARGIN * min(cell) / 2, stroke, rng)
        else:
            _draw_one(paper, pack, middle, cell, sheets, rng)
    page = _thickened(paper.grey, rng) if rng.random() < 0.5 else paper.grey
    return _with_words(page, rng, fonts)


def _grid(rng: Rng, side: float) -> tuple[int, int]:
    """Return how many rows and columns of drawings there are: mostly one, sometimes a sheet."""
    if rng.random() < 0.45:
        return 1, 1
    columns = int(rng.integers(1, 6))
    return max(1, round(columns * side * rng.uniform(0.7, 1.2))), columns


def _draw_one(
    paper: PaintedPaper, pack: Pack, middle: tuple[float, float], cell: tuple[float, float], sheets: Sheets, rng: Rng
) -> None:
    """Draw a figure or a cut-out in its cell, or larger, so that it is cut by the page."""
    tall = cell[1] * (rng.uniform(0.6, 0.95) if rng.random() < 0.8 else rng.uniform(1.0, 1.8))
    if pack.cut_outs and rng.random() < 0.45:
        thing = _inked(pack.cut_outs[int(rng.integers(len(pack.cut_outs)))], rng)
        tall = min(tall, 1.1 * cell[0] * len(thing.rgba) / thing.rgba.shape[1])
        lay_cut_out(paper, thing, (middle[0], middle[1] - tall / 6), tall, rng)
        return
    somebody = make_somebody(rng, sheets, pack.figures)
    if somebody.person is not None:
        unit = tall / (9.0 if rng.random() < 0.6 else rng.uniform(2.5, 5))
        draw_person(paper, somebody.person, rng, (middle[0], middle[1] - 0.38 * tall), unit, rng.uniform(1.5, 5))
        return
    figure = somebody.figures[int(rng.integers(len(somebody.figures)))]
    tall = min(tall, 1.2 * cell[0] * figure.height / figure.width)
    lay_figure(paper, figure, somebody.wear, (middle[0], middle[1] - tall / 6), tall, rng)


def _inked(rgba: NDArray[np.uint8], rng: Rng) -> CutOut:
    """Return a cut-out drawn again at twice its size, so that its lines are as sharp as a page's."""
    large = cv2.resize(rgba, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    on_paper = large[..., :3].astype(np.float32)
    on_paper += (255 - on_paper) * (1 - large[..., 3:].astype(np.float32) / np.float32(255))
    drawn = ink_cleanly(np.asarray(on_paper, np.uint8), rng)
    outline = cv2.morphologyEx(large[..., 3], cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    drawn = np.minimum(drawn, 1 - outline.astype(np.float32) / np.float32(255))
    return CutOut(np.asarray(large, np.uint8), (drawn * 255).astype(np.uint8))


def _draw_sign(page: Grey, middle: tuple[float, float], reach: float, stroke: int, rng: Rng) -> None:
    """Draw a sign in one stroke: closed curves beside and within each other, and a few open ones."""
    for size in (1.0, *rng.uniform(0.15, 0.7, int(rng.integers(0, 4)))):
        off = rng.uniform(-0.5, 0.5, 2) * reach * (1 - size)
        closed = bool(size == 1.0 or rng.random() < 0.7)
        points = _curve(rng, reach * size, closed=closed) + (np.array(middle) + off)
        outline = [np.round(points * 8).astype(np.int32)]
        if closed and rng.random() < 0.85:
            fill = 0 if size < 1.0 and rng.random() < 0.2 else 255
            cv2.fillPoly(page, outline, fill, cv2.LINE_AA, 3)
        cv2.polylines(page, outline, closed, 0, stroke, cv2.LINE_AA, 3)


def _curve(rng: Rng, reach: float, *, closed: bool) -> NDArray[np.float64]:
    """Return the points of a smooth curve around (0, 0), or of an angular one."""
    corners = int(rng.integers(*_CORNERS))
    turn = (
        np.sort(rng.uniform(0, 2 * np.pi, corners)) if rng.random() < 0.5 else np.arange(corners) * 2 * np.pi / corners
    )
    far = reach * rng.uniform(0.5, 1.0, corners)
    squeezed = rng.uniform(0.5, 1.0, 2)
    points = np.stack([np.cos(turn) * far * squeezed[0], np.sin(turn) * far * squeezed[1]], axis=1)
    if rng.random() < 0.25:
        return points
    around = np.vstack([points[-1:], points, points[:2]])
    steps = np.linspace(0, 1, _CURVE_POINTS, endpoint=False)[:, None]
    pieces = [_spline(around[at : at + 4], steps) for at in range(corners if closed else corners - 1)]
    return np.vstack(pieces)


def _spline(four: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a piece of the spline of Catmull and Rom (1974) between the second and the third of four points."""
    a, b, c, d = four
    return np.asarray(b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))))


def _thickened(page: Grey, rng: Rng) -> Grey:
    side = int(rng.integers(2, _THICKEST_PX + 1))
    return np.asarray(cv2.erode(page, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))), np.uint8)


def _with_words(page: Grey, rng: Rng, fonts: FontSet) -> MaskedPage:
    picture = page.astype(np.float32) / np.float32(255)
    height, width = page.shape
    balloons, lettering = np.zeros((height, width), np.bool_), np.zeros((height, width), np.bool_)
    if rng.random() < 0.8:
        lay_words(picture, balloons, lettering, rng, fonts)
    worn = np.clip(picture, 0, 1) * 255
    return MaskedPage(worn.astype(np.uint8), balloons, lettering)
