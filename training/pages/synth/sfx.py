"""Sound effects: large letters, each with its own turn and size, outlined, hollow or toned, bent and slanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from training.pages.synth.fonts import Face
    from training.pages.synth.labels import Grey, Points

    Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class SoundWord:
    """Layers to lay one on another, uint8 coverage of one shape: halo, ink round the letters, the letters.

    A grey of None leaves what lies below (a hollow letter, or no halo).
    """

    halo: Grey
    rim: Grey
    body: Grey
    halo_grey: int | None
    rim_grey: int | None
    body_grey: int | None


def sound_word(rng: Rng, face: Face, text: str, size_px: int, *, dark_ground: bool) -> SoundWord:
    """Return a sound word with letters of about this size."""
    body = _bent(rng, _arranged(rng, face, text, size_px))
    pad = max(4, size_px // 4)
    body = np.pad(body, pad)
    rim_px, halo_px = max(1, round(size_px * rng.uniform(0.03, 0.1))), max(1, round(size_px * rng.uniform(0.04, 0.12)))
    rim = _grown(body, rim_px)
    ink, paper = (255, 0) if dark_ground else (0, 255)
    style = rng.random()
    if style < 0.3:  # solid, with or without a halo
        return SoundWord(_grown(body, halo_px), body, body, paper if rng.random() < 0.6 else None, None, ink)
    if style < 0.65:  # filled with paper, ink round it
        return SoundWord(_grown(rim, halo_px), rim, body, paper if rng.random() < 0.4 else None, ink, paper)
    if style < 0.8:  # hollow: only the ink round it
        rim = np.where(body > 127, 0, rim).astype(np.uint8)
        return SoundWord(_grown(rim, halo_px), rim, rim, None, ink, None)
    if style < 0.9:
        return SoundWord(_grown(rim, halo_px), rim, body, paper, ink, int(rng.integers(100, 220)))
    return SoundWord(_grown(rim, halo_px), rim, body, ink if rng.random() < 0.5 else None, paper, ink)


def _arranged(rng: Rng, face: Face, text: str, size_px: int) -> Grey:
    """Return the letters in a row or a column that wavers."""
    down = face.japanese and rng.random() < 0.55
    grow, lean = rng.uniform(0.8, 1.25), rng.normal(0, 0.35)
    letters = [
        _turned(rng, face, letter, max(10, round(size_px * grow ** (i - len(text) / 2) * rng.uniform(0.85, 1.15))))
        for i, letter in enumerate(text)
        if letter != " "
    ]
    pitch = rng.uniform(0.72, 1.05) if face.japanese else rng.uniform(0.5, 0.72)
    places, along = [], 0.0
    for letter in letters:
        half = letter.shape[0] / 1.5 * (1.0 if down else pitch)
        along += half / 2
        across = along * lean + rng.normal(0, size_px * 0.07)
        places.append((across, along) if down else (along, across))
        along += half / 2
    return _laid(letters, np.array(places))


def _laid(letters: list[Grey], centres: Points) -> Grey:
    halves = np.array([[letter.shape[1] / 2, letter.shape[0] / 2] for letter in letters])
    low, high = (centres - halves).min(0), (centres + halves).max(0)
    sheet = np.zeros((int(high[1] - low[1]) + 2, int(high[0] - low[0]) + 2), np.uint8)
    for letter, corner in zip(letters, centres - halves - low, strict=True):
        x, y = int(corner[0]), int(corner[1])
        window = sheet[y : y + letter.shape[0], x : x + letter.shape[1]]
        np.maximum(window, letter[: window.shape[0], : window.shape[1]], out=window)
    return sheet


def _turned(rng: Rng, face: Face, letter: str, size_px: int) -> Grey:
    cell = face.cell(letter, size_px, bold_px=round(size_px * rng.uniform(0, 0.06)))
    if letter in "ー…" and rng.random() < 0.7:
        cell = np.ascontiguousarray(np.rot90(cell, -1))
    side = round(size_px * 1.5)
    turn, wide, tall = rng.normal(0, 9), rng.uniform(0.8, 1.2), rng.uniform(0.8, 1.25)
    matrix = cv2.getRotationMatrix2D((size_px / 2, size_px / 2), turn, 1.0)
    matrix = np.diag([wide, tall]) @ matrix
    matrix[:, 2] = side / 2 - matrix[:, :2] @ (size_px / 2, size_px / 2)
    return np.asarray(cv2.warpAffine(cell, matrix, (side, side), flags=cv2.INTER_LINEAR), np.uint8)


def _bent(rng: Rng, body: Grey) -> Grey:
    """Return the word seen from a slant, turned."""
    height, width = body.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    drawn = corners + rng.uniform(-0.18, 0.18, (4, 2)).astype(np.float32) * min(width, height) * (rng.random() < 0.5)
    turn = np.deg2rad(rng.choice([rng.normal(0, 8), rng.uniform(-35, 35)]))
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    drawn = drawn @ rotation.T
    drawn -= drawn.min(0)
    size = np.ceil(drawn.max(0)).astype(int) + 1
    matrix = cv2.getPerspectiveTransform(corners, drawn.astype(np.float32))
    return np.asarray(cv2.warpPerspective(body, matrix, (int(size[0]), int(size[1]))), np.uint8)


def _grown(alpha: Grey, by_px: int) -> Grey:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by_px + 1, 2 * by_px + 1))
    return np.asarray(cv2.dilate(alpha, kernel), np.uint8)
