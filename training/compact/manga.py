"""A colour page turned into something like a manga page: ink lines, black fills, tone or bare paper.

Lines are an extended difference of Gaussians (Winnemöller, "XDoG", 2011). Tone is what lightness is left after
posterising, as dots of a procedural screen or flat, or nothing at all: then the fill is paper, and only the reference
can say what colour skin, hair and cloth have.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]


def drawn_in_ink(grey: NDArray[np.uint8], rng: np.random.Generator) -> Picture:
    """Return lines and tone of a colour page's grey, 0 ink to 1 paper, not yet printed."""
    picture = np.asarray(grey, np.float32) / np.float32(255)
    drawn: Picture = np.minimum(_tone(picture, rng), drawn_lines(picture, rng))
    return drawn


def inked(fill: Picture, ink: Picture, rng: np.random.Generator) -> Picture:
    """Return a drawn manga page of its fills and lines (0 black to 1 paper), screened or in flat greys."""
    toned = screened(fill, rng) if rng.random() < 0.6 else fill
    return printed(np.minimum(toned, ink), rng)


def drawn_lines(picture: Picture, rng: np.random.Generator) -> Picture:
    """Return a picture's lines, 0 ink to 1 paper; `picture` is grey 0..1."""
    sigma = rng.uniform(0.8, 1.8)
    fine = cv2.GaussianBlur(picture, (0, 0), sigma)
    coarse = cv2.GaussianBlur(picture, (0, 0), sigma * 1.6)
    sharpened = fine - rng.uniform(0.96, 0.99) * coarse
    steepness = rng.uniform(60, 200)
    threshold = rng.uniform(-0.004, 0.004)
    response = 1 + np.tanh(steepness * (sharpened - threshold))
    lines: Picture = np.clip(response, 0, 1).astype(np.float32)
    return lines


def _tone(picture: Picture, rng: np.random.Generator) -> Picture:
    smooth = cv2.GaussianBlur(picture, (0, 0), rng.uniform(2, 5))
    black = smooth < rng.choice([0.0, 0.08, 0.14, 0.2])
    kind = rng.random()
    if kind < 0.45:
        fill = np.ones_like(picture)
    else:
        levels = rng.integers(2, 5)
        lifted = np.clip(smooth * rng.uniform(1.0, 1.6), 0, 1) ** rng.uniform(0.5, 1.0)
        tone = np.round(lifted * levels) / levels
        fill = screened(tone.astype(np.float32), rng) if kind < 0.8 else tone.astype(np.float32)
    fill[black] = rng.uniform(0, 0.1)
    return fill


def screened(tone: Picture, rng: np.random.Generator) -> Picture:
    """Return round dots whose area is the darkness of the tone; white stays white."""
    pitch, angle = rng.uniform(3.0, 7.0), rng.uniform(0, np.pi / 2)
    rows, columns = np.indices(tone.shape, dtype=np.float32)
    along = (columns * np.cos(angle) + rows * np.sin(angle)) * (np.pi / pitch)
    across = (rows * np.cos(angle) - columns * np.sin(angle)) * (np.pi / pitch)
    wave = (np.cos(along) * np.cos(across) + 1) / 2
    softness = rng.uniform(0.05, 0.2)
    dots = np.clip((tone - wave) / softness + 0.5, 0, 1)
    return np.where(tone >= 0.99, 1.0, dots).astype(np.float32)


def printed(page: Picture, rng: np.random.Generator) -> Picture:
    """Return the page as a scan shows it: paper not quite white, ink not quite black, grain, a little blur."""
    paper, ink = rng.uniform(0.92, 1.0), rng.uniform(0.0, 0.1)
    grain = rng.normal(0, rng.uniform(0, 0.03), page.shape)
    scanned = ink + (paper - ink) * page + grain
    if rng.random() < 0.5:
        scanned = np.asarray(cv2.GaussianBlur(scanned, (0, 0), rng.uniform(0.4, 1.0)))
    return np.clip(scanned, 0, 1).astype(np.float32)
