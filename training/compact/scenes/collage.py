"""Pages with everything on them: panels of one place, its people, animals and things, effect lines, balloons.

A `World` is who and where; each `draw_page` shows it anew, as a manga frames it. So a page and its reference share
colours by what things are, with bare paper on the page where a manga leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from training.compact.inking import ink_cleanly
from training.compact.manga import printed
from training.compact.scenes.figures import CutOut, Figure, lay_cut_out
from training.compact.scenes.paint import UNKNOWN, PaintedPaper, part
from training.compact.scenes.people import Somebody, draw_beast, draw_somebody, dressed_anew, make_somebody
from training.compact.scenes.places import Place, draw_place, make_place
from training.pages.synth import tone as tones
from training.pages.synth.ink import ellipse, rectangle
from training.pages.synth.scenery import draw_focus, draw_speed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from training.compact.scenes.paint import Sheets

    Rng = np.random.Generator
    Rgb = NDArray[np.uint8]

# As shares of the page: left, top, right, bottom.
_LAYOUTS: Final = (
    ((0, 0, 1, 0.5), (0, 0.5, 1, 1)),
    ((0, 0, 0.5, 1), (0.5, 0, 1, 1)),
    ((0, 0, 1, 0.45), (0, 0.45, 0.5, 1), (0.5, 0.45, 1, 1)),
    ((0, 0, 0.55, 0.5), (0.55, 0, 1, 0.5), (0, 0.5, 1, 1)),
)
_ONE_PANEL: Final = 0.5
_SCREEN_PX: Final = 832


@dataclass(frozen=True, slots=True)
class Props:
    """What scenes are made of besides drawing: identities of avatars, cut-outs, painted backdrops `(h, w, 3)`."""

    figures: Sequence[tuple[Figure, ...]] = ()
    things: Sequence[CutOut] = ()
    backdrops: Sequence[Rgb] = ()


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """People, a place (or a painted backdrop instead) and the page's screens."""

    people: tuple[Somebody, ...]
    place: Place
    backdrop: Rgb | None
    sheets: Sheets


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A square page: manga `(S, S)` float32 0..1; flat and coloured `(S, S, 3)` uint8, without and with lines.

    parts: `(S, S)` uint8, numbers in `PARTS` or `UNKNOWN`.
    """

    manga: NDArray[np.float32]
    flat: Rgb
    coloured: Rgb
    parts: NDArray[np.uint8]


def make_world(rng: Rng, props: Props, side: int) -> World:
    """Return a world for pages of this side."""
    sheets = _sheets(rng, side)
    people = tuple(make_somebody(rng, sheets, props.figures) for _ in range(rng.integers(1, 4)))
    backdrop = (
        props.backdrops[int(rng.integers(len(props.backdrops)))] if props.backdrops and rng.random() < 0.3 else None
    )
    return World(people, make_place(rng, sheets), backdrop, sheets)


def changed_clothes(world: World, rng: Rng) -> World:
    """Return the same world with everybody in clothes of another colour, printed alike."""
    return World(tuple(dressed_anew(one, rng) for one in world.people), world.place, world.backdrop, world.sheets)


def elsewhere(world: World, rng: Rng) -> World:
    """Return the same people in another place."""
    return World(world.people, make_place(rng, world.sheets), None, world.sheets)


def draw_page(world: World, props: Props, rng: Rng, side: int) -> Scene:
    """Draw one to three panels on a square."""
    page = PaintedPaper(side, side)
    line_px = side / 512 * rng.uniform(1.0, 2.4)
    gap = side * rng.uniform(0.008, 0.025)
    for panel in _panels(rng):
        x0, y0, x1, y1 = (
            int(np.clip(edge * side + step, -2, side + 2))
            for edge, step in zip(panel, (gap, gap, -gap, -gap), strict=True)
        )
        window = PaintedPaper(y1 - y0, x1 - x0, origin=(max(x0, 0), max(y0, 0)))
        _fill_panel(window, world, props, rng, line_px)
        _hang(page, window, x0, y0, line_px)
    lay_balloons(page, rng, line_px)
    if rng.random() < 0.05:
        page.grey[:] = 255 - page.grey
    manga = printed(page.grey.astype(np.float32) / np.float32(255), rng)
    return Scene(manga, page.colour, page.coloured, page.parts)


def picture_of(rgb: Rgb) -> Scene:
    """Return a picture as it is, as a page: its grey for the manga, no part known."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    return Scene(grey, rgb, rgb, np.full(rgb.shape[:2], UNKNOWN, np.uint8))


def lay_balloons(page: PaintedPaper, rng: Rng, line_px: float) -> None:
    """Lay up to two balloons, or none, on a page."""
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        _balloon(page, rng, line_px)


def _panels(rng: Rng) -> tuple[tuple[float, float, float, float], ...]:
    if rng.random() < _ONE_PANEL:
        return ((-1, -1, 2, 2),) if rng.random() < 0.6 else ((0, 0, 1, 1),)
    return _LAYOUTS[rng.integers(len(_LAYOUTS))]


def _fill_panel(paper: PaintedPaper, world: World, props: Props, rng: Rng, line_px: float) -> None:
    if world.backdrop is not None and rng.random() < 0.7:
        _paint_backdrop(paper, world.backdrop, rng)
    elif rng.random() < 0.85:
        draw_place(paper, world.place, rng, line_px)
    for _ in range(rng.choice([0, 0, 1, 2]) if props.things else 0):
        thing = props.things[int(rng.integers(len(props.things)))]
        at = paper.width * rng.uniform(0, 1), paper.height * rng.uniform(0.1, 0.9)
        lay_cut_out(paper, thing, at, min(paper.width, paper.height) * rng.uniform(0.15, 0.6), rng)
    if rng.random() < 0.08:
        draw_beast(paper, rng, world.sheets, line_px)
    count = rng.choice([0, 1, 1, 1, 2, 3])
    for number in rng.permutation(len(world.people))[:count]:
        draw_somebody(paper, world.people[number], rng, line_px)
    if rng.random() < 0.06:
        (draw_focus if rng.random() < 0.5 else draw_speed)(paper, rng, line_px, ink=0)


def _paint_backdrop(paper: PaintedPaper, picture: Rgb, rng: Rng) -> None:
    height, width = picture.shape[:2]
    share = min(height / paper.height, width / paper.width) * rng.uniform(0.5, 1.0)
    high, wide = int(paper.height * share), int(paper.width * share)
    top, left = rng.integers(0, height - high + 1), rng.integers(0, width - wide + 1)
    piece = cv2.resize(
        picture[top : top + high, left : left + wide], (paper.width, paper.height), interpolation=cv2.INTER_LINEAR
    )
    if rng.random() < 0.5:
        piece = np.ascontiguousarray(piece[:, ::-1])
    paper.colour[:], paper.ink[:], paper.parts[:] = piece, 255, UNKNOWN
    paper.grey[:] = (ink_cleanly(np.asarray(piece, np.uint8), rng) * 255).astype(np.uint8)


def _hang(page: PaintedPaper, panel: PaintedPaper, left: int, top: int, line_px: float) -> None:
    """Put a panel on the page, with its frame."""
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + panel.width, page.width), min(top + panel.height, page.height)
    theirs = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
    for mine, given in (
        (page.grey, panel.grey),
        (page.colour, panel.colour),
        (page.ink, panel.ink),
        (page.parts, panel.parts),
    ):
        mine[y0:y1, x0:x1] = given[theirs]
    corners = rectangle(left, top, left + panel.width, top + panel.height)
    page.line(np.vstack([corners, corners[:1]]), line_px * 1.4, taper=False)


def _balloon(page: PaintedPaper, rng: Rng, line_px: float) -> None:
    """Lay a balloon with strokes like lettering: paper that stays paper."""
    side = page.width
    at = float(rng.uniform(0, side)), float(rng.uniform(0, side))
    half = float(side * rng.uniform(0.05, 0.17)), float(side * rng.uniform(0.05, 0.19))
    outline = (
        ellipse(at, half)
        if rng.random() < 0.8
        else rectangle(at[0] - half[0], at[1] - half[1], at[0] + half[0], at[1] + half[1])
    )
    page.shape(outline, 255, line_px=line_px)
    inside = np.zeros(page.grey.shape, np.uint8)
    cv2.fillPoly(inside, [np.round(outline).astype(np.int32)], 1)
    page.parts[inside > 0] = part("paper")
    glyph = max(4.0, min(half) / rng.uniform(2.5, 5))
    for y in np.arange(at[1] - half[1] * 0.55, at[1] + half[1] * 0.5, glyph * 1.25):
        for x in np.arange(at[0] - half[0] * 0.55, at[0] + half[0] * 0.5, glyph * 1.15):
            for _ in range(rng.integers(2, 5)):
                page.line(np.array([x, y]) + rng.uniform(0, glyph, (2, 2)), max(1.0, line_px * 0.8), taper=False)


def _sheets(rng: Rng, side: int) -> Sheets:
    """Return the page's screens, half of the time flat greys: what is left after screentone was taken away."""
    if rng.random() < 0.5:
        return [tones.Screen(np.full((side, side), 0.5, np.float32), 1.0)]
    made = tones.screens(rng, side, max(side, _SCREEN_PX), count=3)
    return [tones.Screen(np.ascontiguousarray(one.wave[:, :side]), one.softness) for one in made]
