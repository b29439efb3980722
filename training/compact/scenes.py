"""Drawn scenes: people with faces, hair and clothes, out of doors or in a room, in panels, from simple shapes.

A `World` fixes who and where, and every colour; each call of `draw` shows it from elsewhere. So a reference and a
page share colours by *meaning* (this is hair, that is a sleeve), with white paper on the page where a manga leaves
it white. Hues are any hues: the network is blind to them; lightness and chroma are what such things usually have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.oklab import max_chroma
from training.compact.parts import BACKGROUND, FIGURE, HAIR, SKIN, UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rng = np.random.Generator
    Points = NDArray[np.float64]

_PANEL_LAYOUTS = (
    ((0, 0, 1, 1),),
    ((0, 0, 1, 0.5), (0, 0.5, 1, 1)),
    ((0, 0, 0.5, 1), (0.5, 0, 1, 1)),
    ((0, 0, 1, 0.45), (0, 0.45, 0.5, 1), (0.5, 0.45, 1, 1)),
    ((0, 0, 0.55, 0.5), (0.55, 0, 1, 0.5), (0, 0.5, 1, 1)),
    ((0, 0, 0.5, 0.5), (0.5, 0, 1, 0.5), (0, 0.5, 0.5, 1), (0.5, 0.5, 1, 1)),
)


@dataclass(frozen=True, slots=True)
class Part:
    """How a thing looks: its colour (L, a, b), and its fill in manga, 0 black to 1 paper; which of `parts` it is."""

    lab: tuple[float, float, float]
    fill: float
    kind: int = BACKGROUND


@dataclass(frozen=True, slots=True)
class Person:
    """One who looks the same in every picture."""

    skin: Part
    hair: Part
    top: Part
    bottom: Part
    trim: Part
    eyes: Part
    hair_style: int
    long_sleeves: bool


@dataclass(frozen=True, slots=True)
class World:
    """People and a place; `outdoors` has sky, ground, foliage and walls, a room has wall, floor and wood."""

    people: tuple[Person, ...]
    outdoors: bool
    far: Part
    near: Part
    leaves: Part
    wood: Part
    wall: Part


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn square, float32. lab `(S, S, 3)`: coloured, with lines. chroma `(S, S, 2)`: colour also under the lines.

    fill and ink `(S, S)`: the manga page is the darker of both, the fill screened. parts `(S, S)` uint8.
    """

    lab: NDArray[np.float32]
    chroma: NDArray[np.float32]
    fill: NDArray[np.float32]
    ink: NDArray[np.float32]
    parts: NDArray[np.uint8]


def make_world(rng: Rng) -> World:
    """Return people and a place of random colours."""
    kin = _skin(rng)
    return World(
        people=tuple(_person(rng, kin) for _ in range(rng.integers(1, 4))),
        outdoors=bool(rng.random() < 0.6),
        far=_part(rng, (0.72, 0.95), (0.02, 0.11), (1.0, 1.0, 0.8)),
        near=_part(rng, (0.4, 0.75), (0.03, 0.14), (1.0, 0.8, 0.6)),
        leaves=_part(rng, (0.4, 0.7), (0.07, 0.15), (1.0, 0.7, 0.5)),
        wood=_part(rng, (0.35, 0.65), (0.04, 0.1), (1.0, 0.75, 0.4)),
        wall=_part(rng, (0.6, 0.92), (0.01, 0.08), (1.0, 1.0, 0.85)),
    )


def draw(world: World, rng: Rng, side: int) -> Drawing:
    """Draw one to four panels of a world on a square of white paper."""
    canvas = _Canvas(side, line_px=int(rng.integers(1, 4)))
    outlines = float(rng.choice([1.0, 1.0, 0.4, 0.0]))
    gap = side * rng.uniform(0.01, 0.03)
    for left, top, right, bottom in _PANEL_LAYOUTS[rng.integers(len(_PANEL_LAYOUTS))]:
        corners = [left * side + gap, top * side + gap, right * side - gap, bottom * side - gap]
        x0, y0, x1, y1 = (int(value) for value in corners)
        _panel(canvas.window(x0, y0, x1, y1), world, rng)
        cv2.rectangle(canvas.ink, (x0, y0), (x1, y1), 0.0, canvas.line_px + 1)
        cv2.rectangle(canvas.lightness, (x0, y0), (x1, y1), 0.08, canvas.line_px + 1)
    return canvas.finish(rng, outlines)


class _Canvas:
    """Paper to draw on; a window of it is a panel that shares its pixels."""

    def __init__(self, side: int, line_px: int) -> None:
        self.line_px = line_px
        self.lightness = np.ones((side, side), np.float32)
        self.lineless = np.ones((side, side), np.float32)
        self.chroma = np.zeros((side, side, 2), np.float32)
        self.fill = np.ones((side, side), np.float32)
        self.ink = np.ones((side, side), np.float32)
        self.parts = np.full((side, side), UNKNOWN, np.uint8)

    def window(self, x0: int, y0: int, x1: int, y1: int) -> _Canvas:
        part = _Canvas(1, self.line_px)
        rows, columns = slice(y0, y1), slice(x0, x1)
        part.lightness, part.chroma = self.lightness[rows, columns], self.chroma[rows, columns]
        part.fill, part.ink = self.fill[rows, columns], self.ink[rows, columns]
        part.lineless, part.parts = self.lineless[rows, columns], self.parts[rows, columns]
        return part

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.fill.shape
        return height, width

    def polygon(self, points: Points, part: Part, *, outline: bool = True) -> None:
        corners = [np.round(points).astype(np.int32)]
        light, a, b = part.lab
        for layer, value in ((self.lightness, light), (self.lineless, light), (self.fill, part.fill), (self.ink, 1.0)):
            _fill(layer, corners, value)
        _fill(self.chroma, corners, (a, b))
        _fill(self.parts, corners, part.kind, cv2.LINE_8)
        if outline:
            self._line(corners, closed=True)

    def stroke(self, points: Points) -> None:
        self._line([np.round(points).astype(np.int32)], closed=False)

    def _line(self, corners: list[NDArray[np.int32]], *, closed: bool) -> None:
        for layer, value in ((self.lightness, 0.1), (self.ink, 0.0)):
            picture = np.ascontiguousarray(layer)
            cv2.polylines(picture, corners, closed, value, self.line_px, cv2.LINE_AA)
            layer[...] = picture

    def finish(self, rng: Rng, outlines: float) -> Drawing:
        """Return the drawing, softly shaded; `outlines` is how much of the lines the coloured picture has, 0..1."""
        side = self.fill.shape[0]
        coarse = np.asarray(rng.normal(0, rng.uniform(0, 0.07), (6, 6)), np.float32)
        shade = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
        shade = shade + np.asarray(rng.normal(0, rng.uniform(0, 0.02), shade.shape), np.float32)
        drawn = outlines * self.lightness + (1 - outlines) * self.lineless
        lightness: NDArray[np.float32] = np.clip(drawn + shade * (drawn < 0.99), 0, 1).astype(np.float32)
        dark: NDArray[np.float32] = np.clip(lightness / 0.3, 0, 1)[..., None]
        coloured = np.dstack([lightness, self.chroma * dark])
        return Drawing(coloured, self.chroma, self.fill, self.ink, self.parts)


def _fill(
    layer: NDArray[np.float32] | NDArray[np.uint8],
    corners: list[NDArray[np.int32]],
    value: float | tuple[float, float],
    edge: int = cv2.LINE_AA,
) -> None:
    # OpenCV cannot draw into a window of a picture in place.
    picture: NDArray[np.floating | np.integer] = np.ascontiguousarray(layer)
    cv2.fillPoly(picture, corners, value, edge)
    layer[...] = picture


def _part(
    rng: Rng,
    lightness: tuple[float, float],
    chroma: tuple[float, float],
    fills: tuple[float, ...],
    kind: int = BACKGROUND,
) -> Part:
    light, hue = rng.uniform(*lightness), rng.uniform(0, 2 * np.pi)
    room = float(max_chroma(np.array([light], np.float32), np.array([hue], np.float32))[0])
    colourful = min(rng.uniform(*chroma), room)
    return Part((light, colourful * np.cos(hue), colourful * np.sin(hue)), float(rng.choice(fills)), kind)


def _skin(rng: Rng) -> Part:
    return _part(rng, (0.5, 0.9), (0.03, 0.09), (1.0,), SKIN)


def _person(rng: Rng, kin: Part) -> Person:
    cloth = (1.0, 1.0, 0.8, 0.5, 0.05)
    hair = _part(rng, (0.15, 0.85), (0.03, 0.16), (1.0, 1.0, 0.6), HAIR)
    if hair.lab[0] < 0.5 and rng.random() < 0.7:
        hair = Part(hair.lab, float(rng.uniform(0.0, 0.1)), HAIR)
    return Person(
        skin=kin if rng.random() < 0.7 else _skin(rng),
        hair=hair,
        top=_part(rng, (0.3, 0.92), (0.02, 0.2), cloth, FIGURE),
        bottom=_part(rng, (0.25, 0.8), (0.02, 0.18), cloth, FIGURE),
        trim=_part(rng, (0.3, 0.95), (0.0, 0.2), (1.0, 0.6), FIGURE),
        eyes=_part(rng, (0.3, 0.6), (0.05, 0.15), (0.1, 0.4), FIGURE),
        hair_style=int(rng.integers(0, 5)),
        long_sleeves=bool(rng.random() < 0.6),
    )


def _panel(canvas: _Canvas, world: World, rng: Rng) -> None:
    (_outdoors if world.outdoors else _room)(canvas, world, rng)
    height, width = canvas.size
    order = rng.permutation(len(world.people))[: rng.integers(0, 3) + (rng.random() < 0.7)]
    for place, index in enumerate(order):
        head = min(height, width) * rng.uniform(0.08, 0.3)
        x = width * (place + rng.uniform(0.25, 0.75)) / len(order)
        y = height * rng.uniform(0.25, 0.6)
        _figure(canvas, world.people[index], (x, y), head, rng)
    for _ in range(rng.integers(0, 3)):
        _balloon(canvas, rng)


def _outdoors(canvas: _Canvas, world: World, rng: Rng) -> None:
    height, width = canvas.size
    canvas.polygon(_rectangle(0, 0, width, height), world.far, outline=False)
    cloud = Part((0.98, 0.0, 0.0), 1.0)
    for _ in range(rng.integers(0, 3)):
        centre = rng.uniform(0, width), rng.uniform(0, height * 0.4)
        canvas.polygon(_blob(rng, centre, width * rng.uniform(0.08, 0.2), 0.5, bumps=7), cloud)
    horizon = height * rng.uniform(0.45, 0.9)
    if rng.random() < 0.5:
        left, top = rng.uniform(0, width * 0.7), horizon - height * rng.uniform(0.1, 0.4)
        right = left + width * rng.uniform(0.15, 0.4)
        canvas.polygon(_rectangle(left, top, right, horizon + 5), world.wall)
        peak = np.array([[left - 5, top], [(left + right) / 2, top - height * 0.12], [right + 5, top]])
        canvas.polygon(peak, world.wood)
    canvas.polygon(_rectangle(-5, horizon, width + 5, height + 5), world.near)
    for _ in range(rng.integers(0, 4)):
        x, size = rng.uniform(0, width), height * rng.uniform(0.06, 0.2)
        canvas.polygon(_rectangle(x - size / 6, horizon - size, x + size / 6, horizon + size * 0.3), world.wood)
        canvas.polygon(_blob(rng, (x, horizon - size * 1.4), size, 0.9, bumps=9), world.leaves)


def _room(canvas: _Canvas, world: World, rng: Rng) -> None:
    height, width = canvas.size
    canvas.polygon(_rectangle(0, 0, width, height), world.wall, outline=False)
    floor = height * rng.uniform(0.65, 0.95)
    canvas.polygon(_rectangle(-5, floor, width + 5, height + 5), world.near)
    if rng.random() < 0.6:
        left, top = rng.uniform(0, width * 0.7), height * rng.uniform(0.05, 0.3)
        right, bottom = left + width * rng.uniform(0.15, 0.3), top + height * rng.uniform(0.2, 0.35)
        canvas.polygon(_rectangle(left, top, right, bottom), world.far)
        canvas.stroke(np.array([[(left + right) / 2, top], [(left + right) / 2, bottom]]))
    for _ in range(rng.integers(0, 3)):
        left, wide = rng.uniform(0, width * 0.8), width * rng.uniform(0.15, 0.4)
        top = floor - height * rng.uniform(0.1, 0.5)
        canvas.polygon(_rectangle(left, top, left + wide, floor + height * 0.05), world.wood)
        for row in np.linspace(top, floor, rng.integers(2, 5))[1:]:
            canvas.stroke(np.array([[left, row], [left + wide, row]]))


def _figure(canvas: _Canvas, person: Person, centre: tuple[float, float], head: float, rng: Rng) -> None:
    x, y = centre
    wide = head * rng.uniform(0.75, 1.0)
    shoulder, waist = wide * rng.uniform(1.3, 2.0), y + head * rng.uniform(2.6, 4.0)
    chin = y + head
    if person.hair_style in (1, 3):
        canvas.polygon(_blob(rng, (x, y + head * 0.3), wide * 1.35, 1.3, bumps=0), person.hair)
    canvas.polygon(_rectangle(x - wide * 0.3, y, x + wide * 0.3, chin + head * 0.5), person.skin)
    body = [[x - wide * 0.4, chin + head * 0.2], [x - shoulder, chin + head * 0.6], [x - shoulder * 0.8, waist]]
    canvas.polygon(np.array(body + [[2 * x - px, py] for px, py in reversed(body)]), person.top)
    if rng.random() < 0.5:
        canvas.polygon(
            np.array(
                [[x - wide * 0.4, chin + head * 0.2], [x, chin + head * 0.9], [x + wide * 0.4, chin + head * 0.2]]
            ),
            person.trim,
        )
    canvas.polygon(_rectangle(x - shoulder * 0.8, waist, x + shoulder * 0.8, waist + head * 3), person.bottom)
    for side in (-1, 1):
        _arm(canvas, person, (x + side * shoulder * 0.9, chin + head * 0.8), side, head, rng)
    canvas.polygon(_blob(rng, (x, y), wide, head / wide, bumps=0), person.skin)
    _face(canvas, person, (x, y), wide, head, rng)
    _hair(canvas, person, (x, y), wide, head, rng)


def _arm(canvas: _Canvas, person: Person, shoulder: tuple[float, float], side: int, head: float, rng: Rng) -> None:
    x, y = shoulder
    hand = np.array([x + side * head * rng.uniform(-0.3, 1.5), y + head * rng.uniform(-1.2, 2.4)])
    along = hand - (x, y)
    across = np.array([-along[1], along[0]]) / max(1.0, float(np.hypot(*along))) * head * 0.25
    start = np.array([x, y])
    canvas.polygon(np.array([start - across, start + across, hand + across * 0.7, hand - across * 0.7]), person.skin)
    sleeve = hand if person.long_sleeves else start + along * 0.4
    canvas.polygon(np.array([start - across * 1.2, start + across * 1.2, sleeve + across, sleeve - across]), person.top)
    canvas.polygon(_blob(rng, (float(hand[0]), float(hand[1])), head * 0.25, 1.0, bumps=0), person.skin)


def _face(canvas: _Canvas, person: Person, centre: tuple[float, float], wide: float, head: float, rng: Rng) -> None:
    x, y = centre
    turn, closed = wide * rng.uniform(-0.25, 0.25), rng.random() < 0.3
    white = Part((0.97, 0.0, 0.0), 1.0, FIGURE)
    for side in (-1, 1):
        eye = (x + turn + side * wide * 0.4, y + head * 0.15)
        if closed:
            canvas.stroke(
                np.array([[eye[0] - wide * 0.2, eye[1]], [eye[0], eye[1] + 3], [eye[0] + wide * 0.2, eye[1]]])
            )
            continue
        canvas.polygon(_blob(rng, eye, wide * 0.2, 1.2, bumps=0), white)
        canvas.polygon(_blob(rng, eye, wide * 0.12, 1.3, bumps=0), person.eyes)
    mouth = y + head * 0.6
    bend = head * rng.uniform(-0.1, 0.1)
    canvas.stroke(np.array([[x + turn - wide * 0.2, mouth], [x + turn, mouth + bend], [x + turn + wide * 0.2, mouth]]))


def _hair(canvas: _Canvas, person: Person, centre: tuple[float, float], wide: float, head: float, rng: Rng) -> None:
    x, y = centre
    angles = np.linspace(np.pi, 2 * np.pi, 15)
    outer = np.stack([x + wide * 1.12 * np.cos(angles), y + head * 1.12 * np.sin(angles) - head * 0.05], axis=1)
    if person.hair_style == 2:
        outer[1::2] += (outer[1::2] - centre) * 0.35
    ends = rng.integers(3, 8)
    fringe_x = np.linspace(x + wide * 1.05, x - wide * 1.05, int(ends))
    fringe_y = y - head * rng.uniform(0.1, 0.5) + head * rng.uniform(-0.15, 0.15, int(ends))
    canvas.polygon(np.vstack([outer, np.stack([fringe_x, fringe_y], axis=1)]), person.hair)
    if person.hair_style == 3:
        canvas.polygon(_blob(rng, (x, y - head * 1.3), wide * 0.45, 1.0, bumps=0), person.hair)
    if person.hair_style == 4:
        brim = y - head * 0.55
        canvas.polygon(_blob(rng, (x, brim), wide * 1.6, 0.22, bumps=0), person.trim)
        canvas.polygon(
            np.array(
                [
                    [x - wide * 0.9, brim],
                    [x - wide * 0.5, brim - head],
                    [x + wide * 0.5, brim - head],
                    [x + wide * 0.9, brim],
                ]
            ),
            person.trim,
        )


def _balloon(canvas: _Canvas, rng: Rng) -> None:
    height, width = canvas.size
    centre = rng.uniform(0, width), rng.uniform(0, height)
    wide, ratio = min(height, width) * rng.uniform(0.08, 0.22), rng.uniform(0.5, 1.8)
    canvas.polygon(_blob(rng, centre, wide, ratio, bumps=0), Part((1.0, 0.0, 0.0), 1.0, UNKNOWN))
    glyph = wide * 0.2
    for row in np.arange(-wide * ratio * 0.5, wide * ratio * 0.5, glyph * 1.3):
        for column in np.arange(-wide * 0.5, wide * 0.5, glyph * 1.3):
            corner = np.array([centre[0] + column, centre[1] + row])
            canvas.stroke(corner + rng.uniform(0, glyph, (2, 2)))


def _rectangle(left: float, top: float, right: float, bottom: float) -> Points:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _blob(rng: Rng, centre: tuple[float, float], radius: float, ratio: float, *, bumps: int) -> Points:
    """Return an ellipse of this half width and ratio of height to width, with bumps like a cloud's or a tree's."""
    angles = np.linspace(0, 2 * np.pi, 49)[:-1]
    swell = 1 + (0.12 * np.abs(np.sin(angles * bumps / 2 + rng.uniform(0, 3))) if bumps else 0)
    return np.stack(
        [centre[0] + radius * swell * np.cos(angles), centre[1] + radius * ratio * swell * np.sin(angles)], axis=1
    )
