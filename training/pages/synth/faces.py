"""Heads as manga draws them: large eyes, a small nose, hair in locks, many looks and moods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.pages.synth.ink import ellipse, smooth

if TYPE_CHECKING:
    from training.pages.synth.ink import Fill
    from training.pages.synth.labels import Points
    from training.pages.synth.pen import Pen

    Rng = np.random.Generator

HAIR_STYLES = ("short", "bob", "long", "tail", "twin", "spiky", "bun", "bald", "hat", "messy")
_MOODS = ("calm", "calm", "smile", "shout", "angry", "sad", "shock", "closed")


@dataclass(frozen=True, slots=True)
class Head:
    """What makes one head another's."""

    hair_style: str
    hair: Fill
    skin: Fill
    jaw: float
    eye: float
    eye_style: int
    glasses: bool
    ears: bool
    beard: bool


def make_head(rng: Rng, hair: Fill, skin: Fill) -> Head:
    """Return a head of random looks; the fills come from the page's ink and tones."""
    return Head(
        HAIR_STYLES[rng.integers(len(HAIR_STYLES))],
        hair,
        skin,
        float(rng.uniform(0.35, 0.75)),
        float(rng.uniform(0.13, 0.34)),
        int(rng.integers(0, 4)),
        bool(rng.random() < 0.14),
        bool(rng.random() < 0.6),
        bool(rng.random() < 0.08),
    )


def draw_back_hair(pen: Pen, head: Head, rng: Rng) -> None:
    """Draw what hangs behind neck and shoulders."""
    length = {"long": rng.uniform(1.8, 3.6), "bob": 0.95, "tail": 0.5, "twin": 0.5, "hat": rng.uniform(0.3, 2.0)}
    if (low := length.get(head.hair_style)) is None:
        return
    wave = rng.uniform(-0.15, 0.15, 5)
    x = np.array([-0.95, -1.1, -0.6, 0.0, 0.6, 1.1, 0.95])
    y = np.array([-0.3, low * 0.6, low, low * 1.04, low, low * 0.6, -0.3])
    y[1:-1] += wave
    pen.shape(np.vstack([np.stack([x, y], axis=1), [[0.0, -1.0]]]), head.hair, curved=True)
    if head.hair_style in ("tail", "twin"):
        for side in (-1, 1) if head.hair_style == "twin" else (1,):
            end = rng.uniform(1.2, 2.8)
            joints = np.array([[0.75 * side, -0.7], [1.5 * side, -0.5], [1.7 * side, end * 0.5], [1.35 * side, end]])
            pen.limb(joints, (0.25, 0.6, 0.6, 0.08), head.hair)


def draw_head(pen: Pen, head: Head, rng: Rng) -> None:
    """Draw a head seen from the front or half from the side."""
    yaw = float(rng.uniform(-0.45, 0.45))
    outline = _face_outline(head, yaw)
    if head.ears and head.hair_style not in ("long", "bob"):
        for side in (-1, 1):
            pen.shape(ellipse((side * 0.84 - yaw * 0.15, 0.12), (0.14, 0.24)), head.skin)
    pen.shape(outline, head.skin, curved=True)
    pen.face(outline)
    _features(pen, head, yaw, rng)
    _front_hair(pen, head, yaw, rng)
    if rng.random() < 0.2:
        _worry(pen, yaw, rng)
    if head.glasses:
        for side in (-1, 1):
            pen.shape(ellipse((yaw * 0.5 + side * 0.4, 0.15), (0.3, 0.26)), None, line=0.9)
        pen.line(np.array([[yaw * 0.5 - 0.1, 0.12], [yaw * 0.5 + 0.1, 0.12]]))


def _worry(pen: Pen, yaw: float, rng: Rng) -> None:
    """Draw a drop of sweat, a vein, or wrinkles beside the eyes."""
    side = rng.choice([-1, 1])
    x, y = yaw * 0.4 + side * 0.66, rng.uniform(-0.4, 0.2)
    kind = rng.integers(3)
    if kind == 0:
        pen.shape(np.array([[x, y - 0.2], [x + 0.1, y + 0.05], [x, y + 0.14], [x - 0.1, y + 0.05]]), 255, curved=True)
    elif kind == 1:
        for turn in np.arange(4) * np.pi / 2:
            way = np.array([np.cos(turn), np.sin(turn)]) * 0.05
            across = np.array([-way[1], way[0]])
            pen.line(np.array([way * 3 + across, way + across, way * 1.2 + across * 3]) + np.array([x, y]), 1.3)
    else:
        for k in range(3):
            pen.line(np.array([[x - side * 0.1, 0.4 + k * 0.07], [x + side * 0.02, 0.36 + k * 0.09]]), 0.7)


def draw_profile(pen: Pen, head: Head, rng: Rng) -> None:
    """Draw a head from the side, looking to the left."""
    nose = rng.uniform(0.06, 0.2)
    outline = np.array(
        [[0.1, -0.95], [-0.6, -0.65], [-0.78, -0.2], [-0.74, 0.02], [-0.84 - nose, 0.28], [-0.78, 0.38], [-0.84, 0.5],
         [-0.76, 0.56], [-0.8, 0.66], [-0.68, 0.94], [-0.4, 0.96], [0.25, 0.55], [0.5, 0.1], [0.6, -0.5]]
    )  # fmt: skip
    rounded = np.vstack([outline[:3], outline[3:10], smooth(outline[9:], closed=False)])
    pen.shape(rounded, head.skin)
    pen.face(outline[:12])
    ear = ellipse((0.22, 0.15), (0.13, 0.22))
    size = head.eye
    pen.line(np.array([[-0.66, -0.02], [-0.55, -0.02 - size * 0.5], [-0.35, 0.0]]), 2.4)
    pen.shape(ellipse((-0.54, 0.1), (size * 0.28, size * 0.6)), 30, line=0.6)
    pen.line(np.array([[-0.7, -0.25], [-0.5, -0.33], [-0.3, -0.25]]), 1.6)
    pen.line(np.array([[-0.74, 0.58], [-0.6, 0.57], [-0.5, 0.6 + rng.uniform(-0.06, 0.06)]]), 1.2)
    back = np.array(
        [[-0.72, -0.35], [-0.5, -1.0], [0.2, -1.2], [0.95, -0.8], [1.05, 0.0], [0.75, 0.7], [0.3, 0.5], [0.15, -0.1]]
    )
    fringe = np.stack([np.linspace(0.05, -0.75, 6), -0.3 + rng.uniform(-0.3, 0.25, 6)], axis=1)
    pen.shape(np.vstack([smooth(back, closed=False), fringe]), head.hair)
    pen.shape(ear, head.skin)


def draw_nape(pen: Pen, head: Head, rng: Rng) -> None:
    """Draw a head from behind: hair, no face."""
    cap = _cap(rng, spread=1.05, low=rng.uniform(0.5, 0.9), spiky=head.hair_style == "spiky")
    ends = np.stack([np.linspace(0.75, -0.75, 7), cap[0, 1] + rng.uniform(0.0, 0.25, 7)], axis=1)
    pen.shape(np.vstack([cap, ends]), head.hair)
    for _ in range(5):
        x = rng.uniform(-0.7, 0.7)
        pen.line(np.array([[x * 0.4, -0.7], [x, 0.0], [x * 1.1, 0.6]]), 0.8, ink=_strand(head))


def _face_outline(head: Head, yaw: float) -> Points:
    chin = yaw * 0.35
    jaw = head.jaw
    return np.array(
        [[0, -0.98], [0.55, -0.85], [0.82, -0.4], [0.82, 0.1], [0.74, 0.42], [jaw * 0.85 + chin * 0.6, 0.76],
         [0.12 + chin, 0.99], [-0.12 + chin, 0.99], [-jaw * 0.85 + chin * 0.6, 0.76], [-0.74, 0.42], [-0.82, 0.1],
         [-0.82, -0.4], [-0.55, -0.85]]
    )  # fmt: skip


def _features(pen: Pen, head: Head, yaw: float, rng: Rng) -> None:
    mood = _MOODS[rng.integers(len(_MOODS))]
    shift, look = yaw * 0.55, rng.uniform(-0.05, 0.05)
    for side in (-1, 1):
        x = shift + side * (0.4 - 0.08 * abs(yaw) * (np.sign(yaw) == side))
        narrow = 1.0 - 0.5 * abs(yaw) * (np.sign(yaw) == side)
        _eye(pen, head, (x, 0.15), head.eye * narrow, mood, look)
        tilt = {"angry": 0.14, "shout": 0.08, "sad": -0.12}.get(mood, 0.0)
        high = 0.15 - head.eye * 1.25 - 0.1
        pen.line(np.array([[x - side * 0.22, high + tilt], [x, high - 0.05], [x + side * 0.26, high - tilt]]), 1.7)
    nose = shift * 1.3
    pen.line(np.array([[nose, 0.4], [nose + 0.05 * np.sign(yaw or 1), 0.5], [nose - 0.03, 0.52]]), 0.9)
    _mouth(pen, (shift * 1.1, 0.72), mood, rng)
    if rng.random() < 0.15:
        for side in (-1, 1):
            for k in range(3):
                x = shift + side * 0.5 + k * 0.08
                pen.line(np.array([[x, 0.45], [x - 0.05, 0.55]]), 0.6)
    if head.beard:
        pen.shape(np.array([[-0.5, 0.6], [0.0, 0.85], [0.5, 0.6], [0.35, 1.15], [0.0, 1.35], [-0.35, 1.15]]), head.hair)


def _eye(pen: Pen, head: Head, at: tuple[float, float], size: float, mood: str, look: float) -> None:
    x, y = at
    tall = size * (1.15 if mood != "angry" else 0.75)
    if mood == "closed" or (mood == "smile" and head.eye_style == 2):
        bend = -tall * 0.6 if mood == "smile" else tall * 0.5
        pen.line(np.array([[x - size, y], [x, y + bend], [x + size, y]]), 2.2)
        return
    if mood == "shock" or (head.eye_style == 3 and size < 0.2):
        pen.shape(ellipse((x, y), (size * 0.9, tall)), 255, line=0.9)
        pen.shape(ellipse((x + look, y), (size * 0.2, size * 0.25)), 0, line=0.5)
        return
    pen.shape(ellipse((x, y), (size, tall * 0.9)), 255, line=0)
    iris = (60, 130, 20)[head.eye_style % 3]
    pen.shape(ellipse((x + look, y), (size * 0.68, tall * 0.88)), iris, line=0.8)
    pen.shape(ellipse((x + look, y), (size * 0.34, tall * 0.5)), 0, line=0)
    pen.shape(ellipse((x + look - size * 0.22, y - tall * 0.38), (size * 0.24, tall * 0.24)), 255, line=0)
    pen.line(np.array([[x - size * 1.1, y - tall * 0.2], [x, y - tall * 1.02], [x + size * 1.1, y - tall * 0.2]]), 3.0)
    pen.line(np.array([[x - size * 0.6, y + tall * 0.9], [x, y + tall], [x + size * 0.6, y + tall * 0.9]]), 0.9)


def _mouth(pen: Pen, at: tuple[float, float], mood: str, rng: Rng) -> None:
    x, y = at
    wide = rng.uniform(0.1, 0.25)
    if mood in ("shout", "shock"):
        tall = rng.uniform(0.1, 0.22)
        pen.shape(ellipse((x, y), (wide * 1.1, tall)), int(rng.choice([0, 40, 255])))
        return
    bend = {"smile": 0.1, "calm": 0.02, "closed": 0.06}.get(mood, -0.06)
    pen.line(np.array([[x - wide, y - bend], [x, y + bend], [x + wide, y - bend]]), 1.3)


def _front_hair(pen: Pen, head: Head, yaw: float, rng: Rng) -> None:
    style = head.hair_style
    if style == "bald":
        return
    if style == "bun":
        pen.shape(ellipse((0, -1.35), (0.45, 0.42)), head.hair)
    cap = _cap(
        rng, spread=1.04, low=-0.15 if style in ("short", "spiky", "messy") else 0.35, spiky=style in ("spiky", "messy")
    )
    ends = int(rng.integers(4, 9))
    fringe_x = np.linspace(0.8, -0.8, 2 * ends + 1) + yaw * 0.2
    fringe_y = np.where(np.arange(2 * ends + 1) % 2, rng.uniform(-0.3, 0.12, 2 * ends + 1), -0.5)
    fringe_y[[0, -1]] = cap[[-1, 0], 1]
    pen.shape(np.vstack([cap, np.stack([fringe_x, fringe_y], axis=1)]), head.hair)
    for _ in range(int(rng.integers(2, 7))):
        x = rng.uniform(-0.6, 0.6)
        pen.line(np.array([[x * 0.5, -1.0], [x * 0.9, -0.75], [x, -0.45]]), 0.7, ink=_strand(head))
    if style == "hat":
        pen.shape(
            np.array([[-1.0, -0.55], [-0.85, -1.5], [0.85, -1.5], [1.0, -0.55]]),
            int(rng.choice([0, 255, 255])),
            curved=True,
        )
        pen.shape(ellipse((0, -0.58), (rng.uniform(1.1, 1.8), 0.18)), int(rng.choice([0, 255])))


def _cap(rng: Rng, *, spread: float, low: float, spiky: bool) -> Points:
    """Return the hair's outer edge, from the left temple over the crown to the right."""
    angles = np.linspace(np.pi - 0.05, 2 * np.pi + 0.05, 21)
    cap = np.stack([np.cos(angles) * spread, np.sin(angles) * 1.15 - 0.12], axis=1)
    if spiky:
        cap[1:-1:2] *= rng.uniform(1.12, 1.5, (10, 1))
    sides = np.array([[-0.88 * spread, low], [0.88 * spread, low]])
    return np.vstack([sides[:1], cap, sides[1:]])


def _strand(head: Head) -> int:
    return 255 if head.hair == 0 else 0
