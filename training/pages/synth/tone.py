"""Screentone: what greys are in print. Dots, lines and grain of several rulings and angles, flat or running out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rng = np.random.Generator
    Wave = NDArray[np.float32]

_KINDS = ("dots", "dots", "dots", "dots", "lines", "grain", "flat", "flat")


@dataclass(frozen=True, slots=True)
class Screen:
    """A ruling that covers a whole page: what is darker than the wave is ink. wave: `(H, W)` float32, 0..1."""

    wave: Wave
    softness: float


@dataclass(frozen=True, slots=True)
class Tone:
    """A fill with a screen: paper left at each end of a ramp (1 white, 0 black) that runs at `angle`."""

    screen: Screen
    start: float
    end: float
    angle: float
    ink: int = 0
    paper: int = 255

    def render(self, left: int, top: int, right: int, bottom: int) -> NDArray[np.uint8]:
        """Return the tone of a window of the page, `(bottom - top, right - left)` uint8."""
        height, width = self.screen.wave.shape
        rows = np.arange(top, bottom) % height
        columns = np.arange(left, right) % width
        wave = self.screen.wave[rows[:, None], columns[None]]
        level: NDArray[np.floating] | float = self.start
        if self.start != self.end:
            x = np.linspace(-0.5, 0.5, right - left, dtype=np.float32) * np.float32(np.cos(self.angle))
            y = np.linspace(-0.5, 0.5, bottom - top, dtype=np.float32) * np.float32(np.sin(self.angle))
            reach = abs(np.cos(self.angle)) + abs(np.sin(self.angle))
            level = self.start + (self.end - self.start) * ((x[None] + y[:, None]) / np.float32(reach) + 0.5)
        dots = np.clip((level - wave) / self.screen.softness + 0.5, 0, 1)
        return np.asarray(self.ink + dots * (self.paper - self.ink), np.uint8)


def screens(rng: Rng, height: int, width: int, count: int = 3) -> list[Screen]:
    """Return the rulings that one page uses."""
    return [_screen(rng, height, width) for _ in range(count)]


def tone(rng: Rng, sheets: list[Screen], *, ramp: float = 0.25, dark: float = 0.15) -> Tone:
    """Return a fill with one of the page's screens; `ramp` is how often it runs out, `dark` the least paper left."""
    start = float(rng.uniform(dark, 0.95))
    end = float(rng.uniform(dark, 1.15)) if rng.random() < ramp else start
    return Tone(sheets[rng.integers(len(sheets))], start, end, float(rng.uniform(0, 2 * np.pi)))


def _screen(rng: Rng, height: int, width: int) -> Screen:
    kind = _KINDS[rng.integers(len(_KINDS))]
    if kind == "flat":
        return Screen(np.full((height, width), 0.5, np.float32), 1.0)
    if kind == "grain":
        return _grain(rng, height, width)
    pitch = width / 832 * (rng.uniform(2.3, 4.5) if rng.random() < 0.7 else rng.uniform(4.5, 9.0))
    angle = rng.choice([np.pi / 4, np.pi / 4, np.pi / 4, np.pi / 6, np.pi / 12, 0.0, np.pi / 3])
    wave = _wave(height, width, np.pi / pitch, angle)
    if kind == "dots":
        wave = wave * _wave(height, width, np.pi / pitch, angle + np.pi / 2)
    # The screen's own levels are made even, so that a level of 0.3 leaves 0.3 of the paper.
    even = np.clip(np.arcsin(np.clip(wave, -1, 1)) / np.pi + 0.5, 0, 1) if kind == "lines" else (wave + 1) / 2
    return Screen(even.astype(np.float32), float(rng.uniform(0.06, 0.35)))


def _wave(height: int, width: int, frequency: float, angle: float) -> Wave:
    """Return cos of the distance along `angle`, by the sum rule: a product of rows and columns is cheap."""
    x = np.arange(width, dtype=np.float32) * np.float32(frequency * np.cos(angle))
    y = np.arange(height, dtype=np.float32) * np.float32(frequency * np.sin(angle))
    wave: Wave = np.outer(np.cos(y), np.cos(x)).astype(np.float32, copy=False)
    wave -= np.outer(np.sin(y), np.sin(x))
    return wave


def _grain(rng: Rng, height: int, width: int) -> Screen:
    noise = np.tile(rng.random((128, 128), np.float32), (2, 2))
    tile = np.asarray(cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.3, 0.8)))[64:192, 64:192]
    ranks = np.argsort(np.argsort(tile, axis=None)).reshape(tile.shape) / tile.size
    repeats = (height // 128 + 1, width // 128 + 1)
    return Screen(np.tile(ranks.astype(np.float32), repeats)[:height, :width], float(rng.uniform(0.4, 1.2)))
