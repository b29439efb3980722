"""What lies behind figures: rooms, streets, nature, night, plain tone, effect lines; and round things like balloons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.pages.synth import tone as tones
from training.pages.synth.ink import ellipse, rectangle

if TYPE_CHECKING:
    from collections.abc import Callable

    from training.pages.synth.ink import Fill, Paper
    from training.pages.synth.labels import Points

    Rng = np.random.Generator
    Sheets = list[tones.Screen]
    Scene = Callable[[Paper, Rng, Sheets, float], None]


def draw_scenery(paper: Paper, rng: Rng, sheets: Sheets, line_px: float) -> bool:
    """Fill a panel with a place; returns whether it is dark."""
    if rng.random() < 0.08:
        _all(paper, 0)
        if rng.random() < 0.6:
            _night(paper, rng)
        return True
    _all(paper, 255)
    scene = _SCENES[rng.integers(len(_SCENES))]
    scene(paper, rng, sheets, line_px)
    return False


def draw_focus(paper: Paper, rng: Rng, line_px: float, *, ink: int = 0) -> None:
    """Draw lines that run to a point from all sides."""
    w, h = paper.width, paper.height
    middle = np.array([w * rng.uniform(0.3, 0.7), h * rng.uniform(0.3, 0.7)])
    clear = np.array([w, h]) * rng.uniform(0.22, 0.5)
    reach = float(np.hypot(w, h))
    for angle in np.cumsum(rng.exponential(2 * np.pi / rng.integers(60, 220), 400)):
        if angle > 2 * np.pi:
            break
        way = np.array([np.cos(angle), np.sin(angle)])
        tip = middle + way * clear * rng.uniform(0.85, 1.5)
        wide = np.array([-way[1], way[0]]) * line_px * rng.uniform(0.3, 2.2)
        end = middle + way * reach
        paper.shape(np.array([tip, end + wide, end - wide]), ink)


def draw_speed(paper: Paper, rng: Rng, line_px: float, *, ink: int = 0) -> None:
    """Draw parallel lines of movement."""
    w, h = paper.width, paper.height
    angle = rng.choice([0.0, np.pi / 2, rng.uniform(0, np.pi)])
    way, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    reach = float(np.hypot(w, h))
    for _ in range(rng.integers(25, 140)):
        middle = np.array([w, h]) / 2 + across * rng.uniform(-0.5, 0.5) * reach + way * rng.uniform(-0.6, 0.6) * reach
        half = way * reach * rng.uniform(0.15, 0.6)
        wide = across * line_px * rng.uniform(0.3, 1.6)
        paper.shape(np.array([middle - half, middle + wide, middle + half, middle - wide]), ink)


def draw_objects(paper: Paper, rng: Rng, sheets: Sheets, line_px: float) -> None:
    """Draw some things with large bare or round areas: balls, plates, clocks, papers, cushions, steam."""
    w, h = paper.width, paper.height
    for _ in range(rng.integers(1, 4)):
        x, y, s = rng.uniform(0, w), rng.uniform(h * 0.3, h), min(w, h) * rng.uniform(0.06, 0.22)
        kind = rng.integers(5)
        fill = _fill(rng, sheets, white=0.7)
        if kind == 0:
            paper.shape(ellipse((x, y), (s, s)), fill, line_px=line_px)
            paper.line(ellipse((x, y), (s * 0.7, s * 0.7))[22:32], line_px)
        elif kind == 1:
            paper.shape(ellipse((x, y), (s * 1.6, s * 0.5)), fill, line_px=line_px)
            paper.shape(ellipse((x, y), (s * 1.1, s * 0.32)), None, line_px=line_px * 0.7)
        elif kind == 2:
            paper.shape(ellipse((x, y), (s, s)), 255, line_px=line_px * 2)
            for angle in rng.uniform(0, 6, 2):
                paper.line(np.array([[x, y], [x + s * 0.7 * np.cos(angle), y + s * 0.7 * np.sin(angle)]]), line_px * 2)
        elif kind == 3:
            turn = rng.uniform(-0.6, 0.6)
            corners = rectangle(-s, -s * 0.7, s, s * 0.7) @ np.array(
                [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
            )
            paper.shape(corners + np.array([x, y]), 255, line_px=line_px)
        else:
            _cloud(paper, rng, x, y, s, line_px)


def _all(paper: Paper, fill: Fill) -> None:
    paper.shape(rectangle(-2, -2, paper.width + 2, paper.height + 2), fill)


def _fill(rng: Rng, sheets: Sheets, *, white: float = 0.45, black: float = 0.08) -> Fill:
    chance = rng.random()
    if chance < white:
        return 255
    return 0 if chance < white + black else tones.tone(rng, sheets, dark=0.3)


def _plain(paper: Paper, rng: Rng, sheets: Sheets, line_px: float) -> None:
    if rng.random() < 0.55:
        _all(paper, tones.tone(rng, sheets, ramp=0.6))
    if rng.random() < 0.25:
        for _ in range(rng.integers(4, 20)):
            x, y, s = rng.uniform(0, paper.width), rng.uniform(0, paper.height), paper.width * rng.uniform(0.01, 0.06)
            if rng.random() < 0.5:
                paper.shape(ellipse((x, y), (s, s)), 255, line_px=line_px * (rng.random() < 0.5))
            else:
                paper.shape(_STAR * s + np.array([x, y]), 255)


def _effect(paper: Paper, rng: Rng, sheets: Sheets, line_px: float) -> None:
    if rng.random() < 0.3:
        _plain(paper, rng, sheets, line_px)
    (draw_focus if rng.random() < 0.55 else draw_speed)(paper, rng, line_px)


def _room(paper: Paper, rng: Rng, sheets: Sheets, line_px: float) -> None:
    w, h = paper.width, paper.height
    _all(paper, _fill(rng, sheets, white=0.6, black=0.0))
    floor, corner = h * rng.uniform(0.6, 0.95), w * rng.uniform(-0.2, 0.6)
    low = floor + h * rng.uniform(0.05, 0.3)
    paper.shape(
        np.array([[-9, low], [corner, floor], [w + 9, low], [w + 9, h + 9], [-9, h + 9]]),
        _fill(rng, sheets),
        line_px=line_px,
    )
    paper.line(np.array([[corner, -9], [corner, floor]]), line_px, taper=False)
    for _ in range(rng.integers(1, 4)):
        left, top = rng.uniform(0, w * 0.8), h * rng.uniform(0.02, 0.4)
        wide, tall = w * rng.uniform(0.12, 0.35), h * rng.uniform(0.15, 0.4)
        paper.shape(rectangle(left, top, left + wide, top + tall), _fill(rng, sheets, white=0.7), line_px=line_px * 1.5)
        for k in range(1, int(rng.integers(1, 5))):
            paper.line(np.array([[left, top + tall * k / 5], [left + wide, top + tall * k / 5]]), line_px, taper=False)
        paper.line(np.array([[left + wide / 2, top], [left + wide / 2, top + tall]]), line_px, taper=False)
    for _ in range(rng.integers(0, 3)):
        left, top, wide = rng.uniform(-w * 0.1, w * 0.9), floor - h * rng.uniform(0.02, 0.3), w * rng.uniform(0.15, 0.5)
        paper.shape(rectangle(left, top, left + wide, h + 9), _fill(rng, sheets), line_px=line_px)
        paper.shape(rectangle(left - 4, top, left + wide + 4, top + h * 0.04), 255, line_px=line_px)


def _street(paper: Paper, rng: Rng, sheets: Sheets, line_px: float) -> None:
    w, h = paper.width, paper.height
    _sky(paper, rng, sheets, line_px)
    ground, x = h * rng.uniform(0.7, 1.0), -w * rng.uniform(0, 0.2)
    while x < w:
        wide, top = w * rng.uniform(0.1, 0.35), h * rng.uniform(0.0, 0.5)
        paper.shape(rectangle(x, top, x + wide, ground), _fill(rng, sheets, white=0.6), line_px=line_px)
        if rng.random() < 0.8:
            _windows(paper, rng, rectangle(x, top, x + wide, ground), line_px)
        x += wide + w * rng.uniform(-0.02, 0.1)
    paper.shape(rectangle(-9, ground, w + 9, h + 9), _fill(rng, sheets), line_px=line_px)


def _windows(paper: Paper, rng: Rng, wall: Points, line_px: float) -> None:
    (left, top), (right, bottom) = wall[0], wall[2]
    columns, rows = int(rng.integers(2, 5)), int(rng.integers(2, 7))
    fill = int(rng.choice([0, 60, 255, 255, 200]))
    wide, tall = (right - left) / columns, (bottom - top) / rows
    for i in range(columns):
        for j in range(rows):
            x, y = left + wide * (i + 0.2), top + tall * (j + 0.2)
            paper.shape(rectangle(x, y, x + wide * 0.6, y + tall * 0.6), fill, line_px=line_px * 0.7)


def _nature(paper: Paper, rng: Rng, sheets: Sheets, line_px: float) -> None:
    w, h = paper.width, paper.height
    _sky(paper, rng, sheets, line_px)
    horizon = h * rng.uniform(0.4, 0.85)
    if rng.random() < 0.6:
        across = np.linspace(-9, w + 9, 9)
        peaks = np.stack([across, horizon - h * rng.uniform(0.0, 0.35, 9)], axis=1)
        paper.shape(np.vstack([peaks, [[w + 9, h], [-9, h]]]), _fill(rng, sheets), line_px=line_px)
    paper.shape(rectangle(-9, horizon, w + 9, h + 9), _fill(rng, sheets, white=0.6, black=0.02), line_px=line_px)
    leaf = _fill(rng, sheets, white=0.35, black=0.2)
    for _ in range(rng.integers(1, 6)):
        x, s, y = rng.uniform(0, w), h * rng.uniform(0.08, 0.3), horizon + h * rng.uniform(0, 0.15)
        paper.shape(rectangle(x - s / 9, y - s, x + s / 9, y + s * 0.2), _fill(rng, sheets, white=0.6), line_px=line_px)
        _cloud(paper, rng, x, y - s * 1.3, s * 0.6, line_px, fill=leaf)
    for _ in range(rng.integers(0, 60)):
        x, y = rng.uniform(0, w), rng.uniform(horizon, h)
        paper.line(
            np.array([[x, y], [x + rng.uniform(-3, 3), y - h * 0.02], [x + rng.uniform(-6, 6), y - h * 0.04]]), line_px
        )


def _sky(paper: Paper, rng: Rng, sheets: Sheets, line_px: float) -> None:
    if rng.random() < 0.5:
        _all(paper, tones.tone(rng, sheets, ramp=0.7, dark=0.5))
    for _ in range(rng.integers(0, 4)):
        _cloud(
            paper,
            rng,
            rng.uniform(0, paper.width),
            rng.uniform(0, paper.height * 0.4),
            paper.width * rng.uniform(0.06, 0.16),
            line_px,
        )


def _cloud(paper: Paper, rng: Rng, x: float, y: float, s: float, line_px: float, fill: Fill = 255) -> None:
    count = int(rng.integers(7, 14))
    angles = np.linspace(0, 2 * np.pi, count * 6, endpoint=False)
    swell = 0.85 + 0.2 * np.abs(np.sin(angles * count / 2)) + 0.05 * np.sin(angles * 2 + rng.uniform(0, 6))
    paper.shape(
        np.stack([x + s * 1.5 * swell * np.cos(angles), y + s * swell * np.sin(angles)], axis=1),
        fill,
        line_px=line_px * 0.8,
    )


def _night(paper: Paper, rng: Rng) -> None:
    w, h = paper.width, paper.height
    for _ in range(rng.integers(20, 90)):
        s = rng.uniform(0.4, 1.6)
        paper.shape(ellipse((rng.uniform(0, w), rng.uniform(0, h)), (s, s), count=8), 255)
    if rng.random() < 0.6:
        s = min(w, h) * rng.uniform(0.06, 0.2)
        x, y = rng.uniform(s, w - s), rng.uniform(s, h * 0.5)
        paper.shape(ellipse((x, y), (s, s)), 255)
        if rng.random() < 0.4:
            paper.shape(ellipse((x + s * 0.4, y - s * 0.1), (s * 0.9, s * 0.9)), 0)


def _hatched(paper: Paper, rng: Rng, sheets: Sheets, line_px: float) -> None:
    w, h = paper.width, paper.height
    if rng.random() < 0.5:
        _room(paper, rng, sheets, line_px)
    for _ in range(rng.integers(2, 8)):
        x, y, s = rng.uniform(0, w), rng.uniform(0, h), min(w, h) * rng.uniform(0.1, 0.4)
        angle = rng.uniform(0, np.pi)
        way, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        for k in np.arange(-s / 2, s / 2, max(3.0, line_px * 3)):
            middle = np.array([x, y]) + across * k
            paper.line(
                np.array([middle - way * s * 0.5, middle, middle + way * s * rng.uniform(0.3, 0.6)]), line_px * 0.8
            )


_STAR = np.array([[0, -1], [0.2, -0.2], [1, 0], [0.2, 0.2], [0, 1], [-0.2, 0.2], [-1, 0], [-0.2, -0.2]])
_SCENES: tuple[Scene, ...] = (
    _plain,
    _plain,
    _plain,
    _effect,
    _effect,
    _room,
    _room,
    _street,
    _nature,
    _nature,
    _hatched,
)
