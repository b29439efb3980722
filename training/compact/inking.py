"""A colour picture drawn again as manga: what has one colour becomes one area with one print, and areas get outlines.

Colours are gathered into a few clusters. Each is printed as manga would: skin bare, darkness black, the rest paper,
flat grey or a screen, hatched now and then, running out where the picture's own light does. Lines come from the borders
of the clusters and from the artist's own lines (`manga.lines`). A flat print is what a page looks like after its
screentone was taken away, so it is as frequent as screens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from training.compact.manga import drawn_lines, printed, screened
from training.pages.synth.tone import screens

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.pages.synth.tone import Screen

    Rng = np.random.Generator
    Rgb = NDArray[np.uint8]
    Picture = NDArray[np.float32]

_SAMPLES: Final = 1500
_STOP: Final = (cv2.TERM_CRITERIA_MAX_ITER | cv2.TERM_CRITERIA_EPS, 8, 1.0)
_BORDER: Final = 14.0
_BLACK: Final = 0.1
_MOST_BLACK: Final = 0.4


@dataclass(frozen=True, slots=True)
class Areas:
    """labels `(H, W)` uint8 of the clusters; centres `(count, 3)` their CIELAB, L 0..100."""

    labels: NDArray[np.uint8]
    centres: NDArray[np.float32]


def ink(rgb: Rgb, rng: Rng) -> Picture:
    """Return a picture `(H, W, 3)`, about 1000 px to a page's width, as a manga page `(H, W)`, 0 ink to 1 paper."""
    return printed(ink_cleanly(rgb, rng), rng)


def ink_cleanly(rgb: Rgb, rng: Rng) -> Picture:
    """Return the page as it is drawn, before it was printed and scanned."""
    soft = cv2.GaussianBlur(rgb, (0, 0), 1.2).astype(np.float32) / np.float32(255)
    lab = np.asarray(cv2.cvtColor(soft, cv2.COLOR_RGB2LAB), np.float32)
    areas = _areas(lab, rng)
    page = _filled(lab[..., 0], areas, rng)
    if rng.random() < 0.8:
        page = np.minimum(page, _borders(areas, rng))
    if rng.random() < 0.85:
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
        page = np.minimum(page, drawn_lines(grey, rng))
    return np.asarray(page, np.float32)


def _areas(lab: Picture, rng: Rng) -> Areas:
    small = cv2.resize(lab, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    points = small.reshape(-1, 3)
    sample = points[rng.integers(0, len(points), _SAMPLES)]
    cv2.setRNGSeed(int(rng.integers(1 << 30)))
    _, _, centres = cv2.kmeans(sample, int(rng.integers(5, 13)), np.empty(0), _STOP, 1, cv2.KMEANS_PP_CENTERS)
    distance = (centres**2).sum(1)[None] - 2 * points @ centres.T
    labels = distance.argmin(1).reshape(small.shape[:2]).astype(np.uint8)
    wide = cv2.resize(cv2.medianBlur(labels, 5), lab.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return Areas(np.asarray(cv2.medianBlur(wide, 7), np.uint8), np.asarray(centres, np.float32))


def _filled(lightness: Picture, areas: Areas, rng: Rng) -> Picture:
    """Return every area with its print."""
    levels = np.array([_level(centre, rng) for centre in areas.centres], np.float32)
    _keep_some_paper(levels, areas)
    level = levels[areas.labels]
    own = areas.centres[areas.labels, 0]
    if rng.random() < 0.5:  # the artist's shadows
        shadow = (lightness < own - 6) & (level > 0.1)
        level = np.where(shadow, np.minimum(level, 1) * np.float32(rng.uniform(0.55, 0.85)), level)
    if rng.random() < 0.4:  # prints that run out with the light
        soft = np.clip((cv2.GaussianBlur(lightness, (0, 0), 6) - own) / 40, -0.3, 0.3)
        level = np.where((level > 0.1) & (level < 0.97), np.clip(level + soft, 0.1, 1), level)
    level = np.asarray(level, np.float32)
    if rng.random() < 0.5:
        return np.minimum(level, 1)
    return _screened(level, areas, rng) if rng.random() < 0.6 else screened(level, rng)


def _keep_some_paper(levels: NDArray[np.float32], areas: Areas) -> None:
    """Make the lightest of the black areas bare while black covers too much: a night is drawn, not poured out."""
    shares = np.bincount(areas.labels.ravel(), minlength=len(levels)) / areas.labels.size
    for area in np.argsort(-areas.centres[:, 0]):
        if shares[levels < _BLACK].sum() <= _MOST_BLACK:
            return
        if levels[area] < _BLACK:
            levels[area] = 1.0


def _level(centre: NDArray[np.float32], rng: Rng) -> float:
    """Return how much paper an area of this colour leaves: 0 black, 1 bare."""
    light, chance = float(centre[0]) / 100, rng.random()
    chroma, hue = float(np.hypot(centre[1], centre[2])), float(np.degrees(np.arctan2(centre[2], centre[1])))
    if 0.55 < light < 0.95 and 8 < chroma < 42 and 25 < hue < 85 and chance < 0.6:  # skin, as far as a colour can tell
        return 1.0
    if light < 0.32:
        return 0.02 if chance < 0.6 else 1.0 if chance < 0.7 else float(np.clip(light + rng.uniform(0, 0.4), 0.15, 0.8))
    if light > 0.93 or chance < 0.42:
        return 1.0
    return float(np.clip(light + rng.normal(0.05, 0.15), 0.2, 0.97))


def _screened(level: Picture, areas: Areas, rng: Rng) -> Picture:
    """Return areas with screens that differ from area to area: dots, lines, grain."""
    height, width = level.shape
    sheets: list[Screen] = screens(rng, height, max(width, 832), count=3)
    which = rng.integers(len(sheets), size=len(areas.centres))
    page = level.copy()
    for number, sheet in enumerate(sheets):
        mine = (which == number)[areas.labels] & (level > 0.1) & (level < 0.97)
        wave = sheet.wave[:height, :width]
        page[mine] = np.clip((level - wave) / sheet.softness + 0.5, 0, 1)[mine]
    return page


def _borders(areas: Areas, rng: Rng) -> Picture:
    """Return lines between areas whose colours differ enough."""
    colours = areas.centres[areas.labels]
    step = np.zeros(areas.labels.shape, np.float32)
    step[:, 1:] = np.abs(colours[:, 1:] - colours[:, :-1]).sum(2)
    step[1:] = np.maximum(step[1:], np.abs(colours[1:] - colours[:-1]).sum(2))
    edge = (step > rng.uniform(0.6, 1.6) * _BORDER).astype(np.float32)
    line = cv2.GaussianBlur(edge, (0, 0), rng.uniform(0.7, 1.5))
    found: Picture = (1 - np.clip(line * rng.uniform(2.0, 3.6) - 0.2, 0, 1)).astype(np.float32)
    return found
