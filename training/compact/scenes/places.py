"""Places with known parts: meadows, woods, shores, streets and rooms, or nothing but paper, tone and effect lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from training.compact.scenes import palette
from training.compact.scenes.paint import Paint, paint, part
from training.pages.synth.ink import ellipse, rectangle, smooth
from training.pages.synth.scenery import draw_focus, draw_speed

if TYPE_CHECKING:
    from training.compact.scenes.paint import PaintedPaper, Sheets
    from training.pages.synth.labels import Points

    Rng = np.random.Generator

_KINDS: Final = ("meadow", "meadow", "woods", "shore", "street", "room", "room", "hall", "plain", "plain", "effect")
_WHITE: Final = (252, 252, 252)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scene happens: its kind and its paints, the same in every panel."""

    kind: str
    sky: Paint
    far: Paint
    grass: Paint
    leaf: Paint
    ground: Paint
    water: Paint
    wood: Paint
    metal: Paint
    wall: Paint
    roof: Paint
    cloth: Paint
    plain: Paint
    floor: Paint


def make_place(rng: Rng, sheets: Sheets) -> Place:
    """Return a place of natural colours."""
    leaf = palette.foliage(rng)
    wooden = rng.random() < 0.6
    return Place(
        kind=_KINDS[rng.integers(len(_KINDS))],
        sky=paint(rng, sheets, "sky", palette.sky(rng)),
        far=paint(rng, sheets, "foliage", _paled(leaf, 0.35)),
        grass=paint(rng, sheets, "foliage", palette.foliage(rng)),
        leaf=paint(rng, sheets, "foliage", leaf),
        ground=paint(rng, sheets, "ground", palette.ground(rng)),
        water=paint(rng, sheets, "water", palette.water(rng)),
        wood=paint(rng, sheets, "wood", palette.wood(rng)),
        metal=paint(rng, sheets, "metal", palette.metal(rng)),
        wall=paint(rng, sheets, "other", palette.wall(rng)),
        roof=paint(rng, sheets, "other", palette.thing(rng)),
        plain=paint(rng, sheets, "other", palette.backdrop(rng)),
        cloth=paint(rng, sheets, "other", palette.thing(rng)),
        floor=paint(rng, sheets, "wood", palette.wood(rng))
        if wooden
        else paint(rng, sheets, "other", palette.wall(rng)),
    )


def draw_place(paper: PaintedPaper, place: Place, rng: Rng, line_px: float) -> None:
    """Draw a place over the whole paper, seen from somewhere else at every call."""
    if place.kind in ("room", "hall"):
        _room(paper, place, rng, line_px)
    elif place.kind == "plain":
        if rng.random() < 0.5:
            _all(paper, place.plain)
    elif place.kind == "effect":
        (draw_focus if rng.random() < 0.55 else draw_speed)(paper, rng, line_px)
    else:
        _outdoors(paper, place, rng, line_px)


def _outdoors(paper: PaintedPaper, place: Place, rng: Rng, line_px: float) -> None:
    w, h = paper.width, paper.height
    _sky(paper, place, rng, line_px)
    horizon = h * rng.uniform(0.45, 0.9)
    if rng.random() < 0.5:
        _ridge(paper, place.far, rng, horizon, line_px)
    if place.kind == "street":
        _houses(paper, place, rng, horizon, line_px)
    ground = {"street": place.ground, "shore": place.water}.get(place.kind, place.grass)
    paper.shape(rectangle(-9, horizon, w + 9, h + 9), ground, line_px=line_px * 0.7)
    if place.kind == "shore":
        _shore(paper, place, rng, horizon, line_px)
    elif rng.random() < 0.5:
        _path(paper, place, rng, horizon, line_px)
    for _ in range(int(rng.integers(2, 7) if place.kind == "woods" else rng.integers(0, 3))):
        _tree(paper, place, rng, horizon + h * rng.uniform(0, 0.12), line_px)
    if rng.random() < 0.4:
        _fence(paper, place, rng, horizon + h * 0.05, line_px)
    if ground is place.grass:
        _blades(paper, rng, horizon, line_px)


def _sky(paper: PaintedPaper, place: Place, rng: Rng, line_px: float) -> None:
    _all(paper, place.sky)
    if rng.random() < 0.6:
        pale = _paled(place.sky.colour, rng.uniform(0.3, 0.8))
        paper.fade(place.sky.colour, pale, paper.parts == part("sky"))
    cloud = Paint(255, _WHITE, part("sky"))
    for _ in range(rng.integers(0, 4)):
        size = paper.width * rng.uniform(0.06, 0.16)
        at = rng.uniform(0, paper.width), rng.uniform(0, paper.height * 0.4)
        paper.shape(_puff(rng, at, (size * 1.5, size * 0.8)), cloud, line_px=line_px * 0.7)


def _ridge(paper: PaintedPaper, fill: Paint, rng: Rng, horizon: float, line_px: float) -> None:
    w = paper.width
    across = np.linspace(-9, w + 9, 8)
    tops = horizon - paper.height * rng.uniform(0.02, 0.3, 8)
    paper.shape(
        np.vstack([np.stack([across, tops], 1), [[w + 9, horizon + 9], [-9, horizon + 9]]]), fill, line_px=line_px
    )


def _houses(paper: PaintedPaper, place: Place, rng: Rng, horizon: float, line_px: float) -> None:
    x = -paper.width * rng.uniform(0, 0.2)
    glass = Paint(int(rng.choice([255, 200, 60])), place.sky.colour, part("other"))
    while x < paper.width:
        wide, tall = paper.width * rng.uniform(0.15, 0.4), paper.height * rng.uniform(0.15, 0.55)
        top = horizon - tall
        paper.shape(rectangle(x, top, x + wide, horizon + 9), place.wall, line_px=line_px)
        if rng.random() < 0.7:
            peak = np.array([[x - 6, top], [x + wide / 2, top - tall * 0.35], [x + wide + 6, top]])
            paper.shape(peak, place.roof, line_px=line_px)
        for left in np.arange(x + wide * 0.12, x + wide * 0.85, wide * 0.3):
            pane = rectangle(left, top + tall * 0.2, left + wide * 0.18, top + tall * 0.45)
            paper.shape(pane, glass, line_px=line_px * 0.7)
        door = rectangle(x + wide * 0.4, horizon - tall * 0.35, x + wide * 0.58, horizon + 9)
        paper.shape(door, place.wood, line_px=line_px * 0.7)
        x += wide * rng.uniform(1.0, 1.3)


def _shore(paper: PaintedPaper, place: Place, rng: Rng, horizon: float, line_px: float) -> None:
    w, h = paper.width, paper.height
    low = horizon + (h - horizon) * rng.uniform(0.3, 0.8)
    edge = np.stack([np.linspace(-9, w + 9, 7), low + rng.uniform(-0.03, 0.03, 7) * h], 1)
    paper.shape(np.vstack([smooth(edge, closed=False), [[w + 9, h + 9], [-9, h + 9]]]), place.ground, line_px=line_px)
    for _ in range(rng.integers(2, 10)):
        x, y = rng.uniform(0, w), rng.uniform(horizon, low)
        paper.line(np.array([[x, y], [x + w * 0.04, y - 2], [x + w * 0.08, y]]), line_px)


def _path(paper: PaintedPaper, place: Place, rng: Rng, horizon: float, line_px: float) -> None:
    w, h = paper.width, paper.height
    near, far = rng.uniform(0.1, 0.9) * w, rng.uniform(0.2, 0.8) * w
    wide = w * rng.uniform(0.1, 0.4)
    paper.shape(
        np.array([[far - 4, horizon], [far + 4, horizon], [near + wide, h + 9], [near - wide, h + 9]]),
        place.ground,
        line_px=line_px,
    )


def _tree(paper: PaintedPaper, place: Place, rng: Rng, foot: float, line_px: float) -> None:
    x, s = rng.uniform(0, paper.width), paper.height * rng.uniform(0.1, 0.4)
    paper.shape(rectangle(x - s / 9, foot - s, x + s / 9, foot + s * 0.1), place.wood, line_px=line_px)
    for _ in range(rng.integers(1, 4)):
        at = x + rng.uniform(-0.4, 0.4) * s, foot - s * rng.uniform(1.0, 1.6)
        paper.shape(_puff(rng, at, (s * 0.7, s * 0.55)), place.leaf, line_px=line_px)


def _fence(paper: PaintedPaper, place: Place, rng: Rng, foot: float, line_px: float) -> None:
    fill = place.wood if rng.random() < 0.6 else place.metal
    step, tall = paper.width * rng.uniform(0.03, 0.08), paper.height * rng.uniform(0.06, 0.16)
    paper.shape(rectangle(-9, foot - tall * 0.7, paper.width + 9, foot - tall * 0.55), fill, line_px=line_px * 0.7)
    for x in np.arange(0, paper.width, step):
        paper.shape(rectangle(x, foot - tall, x + step * 0.35, foot), fill, line_px=line_px * 0.7)


def _blades(paper: PaintedPaper, rng: Rng, horizon: float, line_px: float) -> None:
    for _ in range(rng.integers(0, 50)):
        x, y, tall = rng.uniform(0, paper.width), rng.uniform(horizon, paper.height), paper.height * 0.03
        paper.line(
            np.array([[x, y], [x + rng.uniform(-3, 3), y - tall * 0.5], [x + rng.uniform(-6, 6), y - tall]]), line_px
        )


def _room(paper: PaintedPaper, place: Place, rng: Rng, line_px: float) -> None:
    w, h = paper.width, paper.height
    _all(paper, place.wall)
    floor, corner = h * rng.uniform(0.6, 0.95), w * rng.uniform(-0.2, 1.2)
    paper.shape(
        np.array([[-9, floor + h * 0.1], [corner, floor], [w + 9, floor + h * 0.1], [w + 9, h + 9], [-9, h + 9]]),
        place.floor,
        line_px=line_px,
    )
    paper.line(np.array([[corner, -9], [corner, floor]]), line_px, taper=False)
    if rng.random() < 0.6:
        _window(paper, place, rng, line_px)
    for _ in range(rng.integers(0, 4)):
        left, top = rng.uniform(-0.1, 0.85) * w, floor - h * rng.uniform(0.05, 0.5)
        fill = (place.wood, place.wood, place.metal, place.cloth)[rng.integers(4)]
        wide = w * rng.uniform(0.12, 0.4)
        paper.shape(rectangle(left, top, left + wide, floor + h * rng.uniform(0.02, 0.3)), fill, line_px=line_px)
        for y in np.linspace(top, floor, int(rng.integers(2, 5)))[1:]:
            paper.line(np.array([[left, y], [left + wide, y]]), line_px * 0.8, taper=False)
    if rng.random() < 0.4:
        x, y, s = rng.uniform(0, w), floor - h * rng.uniform(0, 0.1), h * rng.uniform(0.05, 0.14)
        paper.shape(_puff(rng, (x, y - s * 1.4), (s, s)), place.leaf, line_px=line_px)
        paper.shape(rectangle(x - s / 2, y - s * 0.7, x + s / 2, y + s * 0.3), place.roof, line_px=line_px)


def _window(paper: PaintedPaper, place: Place, rng: Rng, line_px: float) -> None:
    w, h = paper.width, paper.height
    left, top, wide, tall = (
        rng.uniform(0, 0.7) * w,
        rng.uniform(0.02, 0.25) * h,
        w * rng.uniform(0.15, 0.35),
        h * rng.uniform(0.2, 0.4),
    )
    frame = place.wood if rng.random() < 0.6 else place.metal
    paper.shape(rectangle(left - 5, top - 5, left + wide + 5, top + tall + 5), frame, line_px=line_px)
    paper.shape(rectangle(left, top, left + wide, top + tall), place.sky, line_px=line_px * 0.7)
    if rng.random() < 0.5:
        paper.shape(rectangle(left, top + tall * 0.7, left + wide, top + tall), place.far, line_px=line_px * 0.7)
    paper.line(np.array([[left + wide / 2, top], [left + wide / 2, top + tall]]), line_px * 1.5, taper=False)
    if rng.random() < 0.5:
        for x in (left - wide * 0.2, left + wide * 0.85):
            paper.shape(rectangle(x, top - 8, x + wide * 0.35, top + tall * 1.2), place.cloth, line_px=line_px)


def _all(paper: PaintedPaper, fill: Paint) -> None:
    paper.shape(rectangle(-2, -2, paper.width + 2, paper.height + 2), fill)


def _puff(rng: Rng, centre: tuple[float, float], half: tuple[float, float]) -> Points:
    bumps = int(rng.integers(6, 13))
    round_it = ellipse((0.0, 0.0), half, count=bumps * 6)
    swell = 0.85 + 0.2 * np.abs(np.sin(np.linspace(0, np.pi * bumps, bumps * 6, endpoint=False)))
    found: Points = round_it * swell[:, None] + np.array(centre)
    return found


def _paled(colour: palette.Rgb, share: float) -> palette.Rgb:
    red, green, blue = (int(value + (255 - value) * share) for value in colour)
    return red, green, blue
