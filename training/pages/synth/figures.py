"""People and animals in many poses, near and far, each with the masks of its figure and face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.pages.synth import tone as tones
from training.pages.synth.faces import Head, draw_back_hair, draw_head, draw_nape, draw_profile, make_head
from training.pages.synth.ink import ellipse
from training.pages.synth.pen import Pen

if TYPE_CHECKING:
    from training.pages.synth.ink import Fill, Paper
    from training.pages.synth.labels import Mask

    Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Person:
    """One who looks the same on a page: head, clothes, and proportions (`build` 1 grown up, 0.4 a small round one)."""

    head: Head
    top: Fill
    bottom: Fill
    trim: Fill
    shadow: tones.Tone | None
    build: float
    skirt: bool
    sleeves: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """Where a figure and its face lie on a panel; an empty face is turned away."""

    figure: Mask
    face: Mask


def make_person(rng: Rng, sheets: list[tones.Screen]) -> Person:
    """Return someone; hair and clothes are ink, paper or one of the page's tones."""

    def cloth(black: float, white: float) -> Fill:
        chance = rng.random()
        if chance < black:
            return 0
        return 255 if chance < black + white else tones.tone(rng, sheets, dark=0.3)

    skin: Fill = 255 if rng.random() < 0.88 else tones.tone(rng, sheets, ramp=0.0, dark=0.75)
    return Person(
        make_head(rng, cloth(0.35, 0.35), skin),
        cloth(0.15, 0.5),
        cloth(0.3, 0.35),
        cloth(0.4, 0.4),
        tones.tone(rng, sheets, ramp=0.3, dark=0.35) if rng.random() < 0.6 else None,
        float(rng.choice([1.0, 1.0, 0.9, 0.7, 0.45])),
        bool(rng.random() < 0.4),
        bool(rng.random() < 0.65),
    )


def draw_person(
    paper: Paper, person: Person, rng: Rng, at: tuple[float, float], unit_px: float, line_px: float
) -> Drawn:
    """Draw someone whose head's middle lies at `at`, half a head high `unit_px`; what leaves the paper is cut."""
    weight = line_px * float(np.clip(unit_px / 40, 0.7, 2.2))
    pen = Pen(paper, at, unit_px, turn=_lean(rng), flipped=bool(rng.random() < 0.5), line_px=weight)
    view = rng.random()
    if view < 0.88:
        draw_back_hair(pen, person.head, rng)
    _body(pen, person, rng)
    if view < 0.72:
        draw_head(pen, person.head, rng)
    elif view < 0.88:
        draw_profile(pen, person.head, rng)
    else:
        draw_nape(pen, person.head, rng)
        if person.head.hair_style in ("long", "tail"):
            draw_back_hair(pen, person.head, rng)
    return Drawn(pen.figure_mask, pen.face_mask)


def draw_animal(paper: Paper, rng: Rng, fill: Fill, at: tuple[float, float], unit_px: float, line_px: float) -> Drawn:
    """Draw a cat, a dog, a bear or a rabbit, sitting or standing."""
    pen = Pen(paper, at, unit_px, turn=float(rng.normal(0, 0.08)), flipped=bool(rng.random() < 0.5), line_px=line_px)
    long = rng.uniform(1.5, 3.0)
    if rng.random() < 0.5:
        pen.limb(np.array([[long, 1.8], [long + 0.8, 1.2], [long + 0.7, 0.2]]), (0.35, 0.3, 0.12), fill)
        for x in (0.6, 1.0, long - 0.3, long + 0.1):
            pen.limb(np.array([[x, 1.8], [x - 0.05, 2.5], [x - 0.1, 3.1]]), (0.5, 0.36, 0.36), fill)
        pen.shape(ellipse((long / 2 + 0.3, 1.5), (long / 2 + 0.6, 0.8)), fill)
    else:
        pen.shape(ellipse((0.1, 1.9), (0.95, 1.2)), fill)
        for side in (-1, 1):
            pen.limb(np.array([[side * 0.4, 1.6], [side * 0.4, 2.4], [side * 0.5, 3.0]]), (0.45, 0.36, 0.4), fill)
    ear = rng.integers(3)
    for side in (-1, 1):
        if ear == 0:
            pen.shape(np.array([[side * 0.85, -0.35], [side * 0.8, -1.25], [side * 0.25, -0.8]]), fill)
        elif ear == 1:
            pen.shape(ellipse((side * 0.7, -0.75), (0.32, 0.32)), fill)
        else:
            pen.shape(ellipse((side * 0.4, -1.4), (0.22, 0.75), side * 0.2), fill)
    face = ellipse((0, 0), (1.0, rng.uniform(0.78, 0.95)))
    pen.shape(face, fill)
    pen.face(face)
    ink = 255 if fill == 0 else 0
    size = rng.uniform(0.1, 0.24)
    for side in (-1, 1):
        pen.shape(ellipse((side * 0.42, -0.05), (size, size * 1.2)), 255, line=0.9)
        pen.shape(ellipse((side * 0.42, -0.02), (size * 0.5, size * 0.8)), 0, line=0.0)
        for k in (-0.1, 0.05):
            pen.line(np.array([[side * 0.5, 0.35 + k], [side * 1.25, 0.3 + 2 * k]]), 0.6, ink=ink)
    if rng.random() < 0.5:
        pen.shape(ellipse((0, 0.4), (0.42, 0.34)), 255, line=0.7)
        ink = 0
    pen.shape(ellipse((0, 0.24), (0.14, 0.1)), ink, line=0.5)
    pen.line(np.array([[-0.25, 0.45], [-0.1, 0.52], [0, 0.42], [0.1, 0.52], [0.25, 0.45]]), 1.0, ink=ink)
    return Drawn(pen.figure_mask, pen.face_mask)


def _body(pen: Pen, person: Person, rng: Rng) -> None:
    build = person.build
    shoulder, waist, hip = 1.55 * (0.55 + 0.45 * build), 1.4 + 2.6 * build, 1.05
    high = 1.25
    _legs(pen, person, rng, waist)
    sway, rounded = rng.uniform(-0.35, 0.35), rng.random() < 0.75
    pen.shape(np.array([[-0.3, 0.5], [0.3, 0.5], [0.36, high + 0.35], [-0.36, high + 0.35]]), person.head.skin)
    if person.shadow is not None:  # the head's shadow on the neck
        pen.shade(np.array([[-0.33, 0.7], [0.33, 0.7], [0.35, 1.25], [0.0, 1.05], [-0.35, 1.4]]), person.shadow)
    behind = rng.random() < 0.3
    if behind:
        _arm(pen, person, rng, 1, shoulder, high)
    torso = np.array(
        [[-0.35, high], [-shoulder, high + 0.35], [-shoulder * 0.86, (high + waist) / 2], [-hip + sway, waist + 0.3],
         [hip + sway, waist + 0.3], [shoulder * 0.86, (high + waist) / 2], [shoulder, high + 0.35], [0.35, high]]
    )  # fmt: skip
    pen.shape(torso, person.top, curved=rounded)
    if person.shadow is not None and rng.random() < 0.6:
        _shade_side(pen, person.shadow, rng, shoulder, high, waist)
    _trim(pen, person, rng, high, waist, shoulder)
    for side in (-1, 1)[: 1 if behind else 2]:
        _arm(pen, person, rng, side, shoulder, high)


def _shade_side(pen: Pen, shadow: tones.Tone, rng: Rng, shoulder: float, high: float, waist: float) -> None:
    edge = rng.uniform(0.1, 0.6, 6) * shoulder
    y = np.linspace(high + 0.45, waist + 0.25, 6)
    far = np.stack([np.full(6, shoulder * 0.8), y], axis=1)
    pen.shade(np.vstack([np.stack([edge, y], axis=1), far[::-1]]), shadow)


def _trim(pen: Pen, person: Person, rng: Rng, high: float, waist: float, shoulder: float) -> None:
    ink = 255 if person.top == 0 else 0
    kind = rng.integers(4)
    if kind == 0:
        pen.shape(
            np.array(
                [[-0.45, high - 0.05], [0, high + 0.9], [0.45, high - 0.05], [0.2, high + 0.1], [-0.2, high + 0.1]]
            ),
            person.trim,
        )
    elif kind == 1:
        pen.shape(
            np.array(
                [[-0.12, high + 0.3], [0.12, high + 0.3], [0.2, waist * 0.8], [0, waist * 0.9], [-0.2, waist * 0.8]]
            ),
            person.trim,
        )
    elif kind == 2:
        for y in np.linspace(high + 0.5, waist, 4):
            pen.shape(ellipse((0.0, float(y)), (0.08, 0.08), count=10), 255 - ink, line=0.7)
    for _ in range(rng.integers(2, 7)):
        x, y = rng.uniform(-shoulder * 0.7, shoulder * 0.7), rng.uniform(high + 0.6, waist)
        pen.line(np.array([[x, y], [x * 0.8, y + 0.3], [x * 0.9, y + rng.uniform(0.4, 0.9)]]), 0.8, ink=ink)


def _arm(pen: Pen, person: Person, rng: Rng, side: int, shoulder: float, high: float) -> None:
    long = 0.75 + 0.9 * person.build
    first, bend = rng.uniform(-0.5, 2.2), rng.uniform(-0.3, 2.3)
    start = np.array([side * shoulder * 0.85, high + 0.55])
    elbow = start + long * np.array([side * np.sin(first), np.cos(first)])
    hand = elbow + long * np.array(
        [side * np.sin(first + bend * np.sign(1 - first)), np.cos(first + bend * np.sign(1 - first))]
    )
    wide = 0.62 * (0.6 + 0.4 * person.build)
    pen.limb(np.array([start, elbow, hand]), (wide * 0.8, wide * 0.66, wide * 0.5), person.head.skin)
    sleeve = hand - (hand - elbow) * 0.12 if person.sleeves else start + (elbow - start) * 0.6
    joints = [start, elbow, sleeve] if person.sleeves else [start, (start + sleeve) / 2, sleeve]
    pen.limb(np.array(joints), (wide * 1.1, wide, wide * 0.85), person.top)
    along = (hand - elbow) / max(0.1, float(np.hypot(*(hand - elbow))))
    palm = hand + along * 0.2
    pen.shape(
        ellipse((float(palm[0]), float(palm[1])), (0.34, 0.28), float(np.arctan2(along[1], along[0]))), person.head.skin
    )
    for k in (-1, 0, 1):
        across = np.array([-along[1], along[0]]) * 0.13 * k
        pen.limb(
            np.array([palm + across, palm + across + along * 0.3, palm + across + along * 0.5]),
            (0.14, 0.13, 0.1),
            person.head.skin,
        )


def _legs(pen: Pen, person: Person, rng: Rng, waist: float) -> None:
    long = 0.7 + 1.7 * person.build
    for side in (-1, 1):
        spread = rng.uniform(-0.1, 0.6)
        hip = np.array([side * 0.5, waist])
        knee = hip + long * np.array([side * np.sin(spread), np.cos(spread)])
        foot = knee + long * np.array([side * rng.uniform(-0.4, 0.3), 1.0])
        wide = 0.55 + 0.35 * person.build
        leg = person.head.skin if person.skirt else person.bottom
        pen.limb(np.array([hip, knee, foot]), (wide, wide * 0.75, wide * 0.5), leg)
        pen.shape(ellipse((float(foot[0]) + side * 0.2, float(foot[1]) + 0.1), (0.48, 0.22)), person.trim)
    if person.skirt:
        wide, low = rng.uniform(1.3, 2.0), waist + rng.uniform(0.8, 2.5) * person.build + 0.3
        pen.shape(np.array([[-0.95, waist], [0.95, waist], [wide, low], [0, low + 0.2], [-wide, low]]), person.bottom)
        for x in np.linspace(-0.7, 0.7, 4):
            pen.line(np.array([[x, waist + 0.2], [x * wide, low]]), 0.7, ink=255 if person.bottom == 0 else 0)


def _lean(rng: Rng) -> float:
    """Return how far a figure leans, in radians; now and then someone lies, falls or flies."""
    return float(rng.uniform(-2.2, 2.2) if rng.random() < 0.07 else rng.normal(0, 0.13))
