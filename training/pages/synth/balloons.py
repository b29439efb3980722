"""Balloons of every usual shape, as layers of coverage; the body and its tail are one form, its outline round both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import cv2
import numpy as np

from training.pages.synth.ink import coverage, ellipse, ribbon

if TYPE_CHECKING:
    from training.pages.synth.labels import Grey, Points

    Rng = np.random.Generator

Kind = Literal["round", "soft_box", "cloud", "jagged", "burst", "thought", "whisper", "wavy", "caption"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_ROOM = {
    "round": 1.45,
    "soft_box": 1.22,
    "cloud": 1.4,
    "jagged": 1.55,
    "burst": 1.6,
    "thought": 1.42,
    "whisper": 1.45,
    "wavy": 1.4,
    "caption": 1.08,
}


@dataclass(frozen=True, slots=True)
class Look:
    """How a balloon is inked: its fill and line in grey, the line's width (0: none), the fill's opacity 0..1."""

    fill: int
    ink: int
    line_px: float
    opacity: float = 1.0
    doubled: bool = False


@dataclass(frozen=True, slots=True)
class Balloon:
    """Coverage of outline and fill together, and of the fill, uint8, with the place of their corner on the page."""

    left: int
    top: int
    whole: Grey
    inner: Grey
    look: Look


def half_sizes(rng: Rng, kind: Kind, width: float, height: float) -> tuple[float, float]:
    """Return half the width and height of a body that holds lettering of this size."""
    room = _ROOM[kind] * rng.uniform(1.0, 1.22)
    margin = rng.uniform(3, 9)
    across, down = width / 2 * room + margin, height / 2 * (1 + (room - 1) * rng.uniform(0.75, 1.05)) + margin
    if kind == "caption" or rng.random() < 0.12:
        return across, down
    # A single column or line stands in a balloon that is no needle.
    return max(across, down * rng.uniform(0.36, 0.62)), max(down, across * rng.uniform(0.3, 0.5))


def make_balloon(
    rng: Rng,
    kind: Kind,
    lobes: list[tuple[float, float, float, float]],
    look: Look,
    target: tuple[float, float] | None,
) -> Balloon:
    """Return a balloon of one or more lobes (centre x, y, half width, half height), its tail towards `target`."""
    forms = [_body(rng, kind, x, y, a, b) for x, y, a, b in lobes]
    if target is not None:
        forms += _tail(rng, kind, lobes[-1], target)
    ends = np.vstack(forms)
    pad = int(look.line_px) + 3
    left, top = (int(value) - pad for value in np.floor(ends.min(0)))
    right, bottom = (int(value) + pad for value in np.ceil(ends.max(0)))
    size = (bottom - top, right - left)
    forms = [form - (left, top) for form in forms]
    inner = np.zeros(size, np.uint8)
    for form in forms:
        np.maximum(inner, coverage(form, *size), out=inner)
    if kind == "burst":
        whole = _rays(rng, forms[0], size, look)
    else:
        whole = _outlined(rng, forms, size, look, dashed=kind == "whisper")
    return Balloon(left, top, np.maximum(whole, inner), inner, look)


def _outlined(rng: Rng, forms: list[Points], size: tuple[int, int], look: Look, *, dashed: bool) -> Grey:
    whole = np.zeros(size, np.uint8)
    if look.line_px <= 0:
        return whole
    for form in forms:
        ring = np.vstack([form, form[:2]])
        for piece in _dashes(ring) if dashed else [ring]:
            np.maximum(whole, coverage(_swelling(rng, piece, look.line_px * 2), *size), out=whole)
        if look.doubled:
            away = form - form.mean(0)
            outer = form + away / np.maximum(np.hypot(away[:, 0], away[:, 1]), 1)[:, None] * (look.line_px + 2)
            cv2.polylines(whole, [np.round(outer * 16).astype(np.int32)], True, 255, 1, cv2.LINE_AA, 4)
    return whole


def _swelling(rng: Rng, piece: Points, line_px: float) -> Points:
    """Return a line that is thicker on one side of the form, as a pen's is."""
    outline = ribbon(piece, line_px, taper=False)
    middle, phase = piece.mean(0), rng.uniform(0, 2 * np.pi)
    turn = np.arctan2(piece[:, 1] - middle[1], piece[:, 0] - middle[0])
    weight = (1 + 0.25 * np.cos(turn - phase))[:, None]
    centre = np.vstack([piece, piece[::-1]])
    swollen: Points = centre + (outline - centre) * np.vstack([weight, weight[::-1]])
    return swollen


def _dashes(ring: Points) -> list[Points]:
    steps = np.hypot(*np.diff(ring, axis=0).T)
    along = np.concatenate([[0], np.cumsum(steps)])
    count = max(8, int(along[-1] / 12))
    starts = np.linspace(0, along[-1], count, endpoint=False)
    spans = np.linspace(0, along[-1] / count * 0.55, 4)
    return [np.stack([np.interp(start + spans, along, ring[:, axis]) for axis in (0, 1)], axis=1) for start in starts]


def _rays(rng: Rng, core: Points, size: tuple[int, int], look: Look) -> Grey:
    """Return the many strokes that stand round a shout instead of an outline."""
    whole = np.zeros(size, np.uint8)
    middle = core.mean(0)
    count = int(rng.integers(50, 130))
    for angle in np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.normal(0, 0.02, count):
        at = core[int((angle / (2 * np.pi)) * len(core)) % len(core)]
        away = at - middle
        start, end = middle + away * rng.uniform(0.86, 0.97), middle + away * rng.uniform(0.98, 1.0)
        stroke = np.array([start, (start + end) / 2, end])
        fixed = np.round(ribbon(stroke, max(1.0, look.line_px), taper=True) * 16).astype(np.int32)
        cv2.fillPoly(whole, [fixed], 255, cv2.LINE_AA, 4)
    return whole


def _body(rng: Rng, kind: Kind, x: float, y: float, a: float, b: float) -> Points:
    if kind in ("cloud", "thought"):
        return _bumps(rng, x, y, a, b)
    if kind in ("jagged", "burst"):
        return _spikes(rng, x, y, a, b, sharp=kind == "jagged")
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    power = {"soft_box": rng.uniform(0.35, 0.7), "caption": 0.0}.get(kind, rng.uniform(0.85, 1.0))
    if kind == "caption":
        lean = rng.choice([0.0, 0.0, 0.0, rng.uniform(-0.06, 0.06)]) * b
        return np.array([[x - a + lean, y - b], [x + a + lean, y - b], [x + a - lean, y + b], [x - a - lean, y + b]])
    cos, sin = np.cos(angles), np.sin(angles)
    wobble = (
        1 + rng.uniform(0, 0.03) * np.sin(angles * 2 + rng.uniform(0, 6)) + rng.uniform(0, 0.02) * np.sin(angles * 3)
    )
    if kind == "wavy":
        wobble = wobble + 0.035 * np.sin(angles * rng.integers(14, 24))
    return np.stack(
        [x + a * wobble * np.sign(cos) * abs(cos) ** power, y + b * wobble * np.sign(sin) * abs(sin) ** power], axis=1
    )


def _bumps(rng: Rng, x: float, y: float, a: float, b: float) -> Points:
    count = int(rng.integers(9, 18))
    angles = np.linspace(0, 2 * np.pi, count * 9, endpoint=False) + rng.uniform(0, 1)
    phase = (angles * count / (2 * np.pi)) % 1
    swell = 0.95 + rng.uniform(0.09, 0.18) * np.sqrt(np.clip(1 - (2 * phase - 1) ** 2, 0, 1))
    return np.stack([x + a * swell * np.cos(angles), y + b * swell * np.sin(angles)], axis=1)


def _spikes(rng: Rng, x: float, y: float, a: float, b: float, *, sharp: bool) -> Points:
    count = int(rng.integers(11, 24))
    angles = np.linspace(0, 2 * np.pi, 2 * count, endpoint=False) + rng.normal(0, 0.25 / count, 2 * count)
    swell = np.empty(2 * count)
    swell[::2] = rng.uniform(0.88, 0.96, count)
    swell[1::2] = rng.uniform(1.08, 1.45 if sharp else 1.2, count)
    points = np.stack([x + a * swell * np.cos(angles), y + b * swell * np.sin(angles)], axis=1)
    if sharp and rng.random() < 0.5:  # spikes with hollow sides
        middle = (points + np.roll(points, -1, 0)) / 2
        middle += ((x, y) - middle) * 0.05
        return np.stack([points, middle], axis=1).reshape(-1, 2)
    return points


def _tail(rng: Rng, kind: Kind, lobe: tuple[float, float, float, float], target: tuple[float, float]) -> list[Points]:
    x, y, a, b = lobe
    away = np.array(target) - (x, y)
    angle = float(np.arctan2(away[1] / b, away[0] / a))
    edge = np.array([x + a * np.cos(angle), y + b * np.sin(angle)])
    length = min(float(np.hypot(*(np.array(target) - edge))), rng.uniform(0.35, 1.4) * min(a, b) + 8)
    along = away / max(1.0, float(np.hypot(*away)))
    tip = edge + along * max(8.0, length)
    if kind == "thought":
        sizes = min(a, b) * np.array([0.22, 0.15, 0.09])
        return [
            ellipse((float(c[0]), float(c[1])), (s * 1.15, s))
            for s, c in zip(sizes, np.linspace(edge + along * sizes[0], tip + along * sizes[0] * 2, 3), strict=True)
        ]
    half = min(a, b) * rng.uniform(0.12, 0.26)
    across = np.array([-along[1], along[0]])
    bend = across * rng.uniform(-0.35, 0.35) * length
    t = np.linspace(0, 1, 8)[:, None]
    root = edge - along * min(a, b) * 0.4
    spine = root * (1 - t) ** 2 + 2 * t * (1 - t) * ((root + tip) / 2 + bend) + tip * t**2
    side = across * half * (1 - t)
    return [np.vstack([spine + side, (spine - side)[::-1]])]
