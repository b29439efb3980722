"""Fonts to letter with: those in folders that a caller names, and Pillow's own where there are none.

Where no font has Japanese letters, marks made of strokes stand in for them, so that vertical lettering is there always.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from training.pages.synth.labels import Grey

_LOG = logging.getLogger(__name__)
_ENDINGS = (".ttf", ".otf", ".ttc")


@dataclass(frozen=True, slots=True)
class Face:
    """A font's file, or None for what needs no file: Pillow's own Latin letters, or strokes for Japanese ones."""

    path: Path | None
    japanese: bool

    def draw(self, text: str, size_px: int, *, bold_px: int = 0) -> Grey:
        """Return one line of text, tight in width, its height from ascent to descent; uint8 coverage."""
        if self.path is None and self.japanese:
            return np.hstack([_strokes(character, size_px) for character in text])
        font = _font(self.path, size_px)
        ascent, descent = font.getmetrics()
        pad = bold_px + size_px // 4
        width = max(1, int(font.getlength(text)))
        picture = Image.new("L", (width + 2 * pad, ascent + descent + 2 * bold_px))
        ImageDraw.Draw(picture).text((pad, bold_px), text, fill=255, font=font, stroke_width=bold_px)
        drawn = np.asarray(picture)
        inked = np.flatnonzero(drawn.any(0))
        return drawn[:, inked[0] : inked[-1] + 1].copy() if len(inked) else drawn

    def cell(self, character: str, size_px: int, *, bold_px: int = 0) -> Grey:
        """Return one letter in its square, `(size_px, size_px)` uint8 coverage."""
        if self.path is None and self.japanese:
            return _strokes(character, size_px)
        return _cell(self.path, character, size_px, bold_px)


@dataclass(frozen=True, slots=True)
class FontSet:
    """The fonts at hand; `latin` and `japanese` are never empty."""

    latin: tuple[Face, ...]
    japanese: tuple[Face, ...]


def load_fonts(folders: Sequence[Path] = ()) -> FontSet:
    """Return the fonts found in folders (not below them), sorted by the letters that they have.

    A file that cannot be read as a font is left out with a warning in the log.
    """
    latin: list[Face] = []
    japanese: list[Face] = []
    for path in (path for folder in folders for path in sorted(folder.iterdir()) if path.suffix.lower() in _ENDINGS):
        try:
            if _has(path, "あ語ドー"):
                japanese.append(Face(path, japanese=True))
            if _has(path, "AZaz!?") and path.suffix.lower() != ".ttc":
                latin.append(Face(path, japanese=False))
        except OSError:
            _LOG.warning("%s cannot be read as a font; pages are lettered without it", path.name)
    if not japanese:
        _LOG.info("no font with Japanese letters: strokes stand in for them")
    return FontSet(tuple(latin) or (Face(None, japanese=False),), tuple(japanese) or (Face(None, japanese=True),))


def _has(path: Path, letters: str) -> bool:
    font = _font(path, 24)
    missing = bytes(font.getmask("\U0010fffd"))
    drawn = [bytes(font.getmask(letter)) for letter in letters]
    return all(any(mask) and mask != missing for mask in drawn) and len(set(drawn)) == len(drawn)


@lru_cache(maxsize=512)
def _font(path: Path | None, size_px: int) -> ImageFont.FreeTypeFont:
    if path is not None:
        return ImageFont.truetype(path, size_px)
    font = ImageFont.load_default(size_px)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType, so there is no font to letter with")
    return font


@lru_cache(maxsize=8192)
def _cell(path: Path | None, character: str, size_px: int, bold_px: int) -> Grey:
    font = _font(path, size_px)
    picture = Image.new("L", (size_px, size_px))
    pen = ImageDraw.Draw(picture)
    pen.text((size_px / 2, size_px * 0.88), character, fill=255, font=font, anchor="ms", stroke_width=bold_px)
    return np.asarray(picture).copy()


@lru_cache(maxsize=4096)
def _strokes(character: str, size_px: int) -> Grey:
    rng = np.random.default_rng(ord(character))
    big = np.zeros((96, 96), np.uint8)
    width = int(rng.integers(6, 10))
    for _ in range(2 if "ぁ" <= character <= "ヿ" else int(rng.integers(5, 9))):
        a = rng.integers(10, 86, 2)
        kind = rng.integers(4)
        if kind == 0:
            cv2.line(big, (10, int(a[1])), (86, int(a[1])), 255, width, cv2.LINE_AA)
        elif kind == 1:
            cv2.line(big, (int(a[0]), 10), (int(a[0]), 86), 255, width, cv2.LINE_AA)
        elif kind == 2:
            b = rng.integers(10, 86, 2)
            cv2.line(big, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])), 255, width, cv2.LINE_AA)
        else:
            cv2.ellipse(big, (48, 48), (int(a[0]) // 3 + 9, 30), int(a[1]), 0, 200, 255, width, cv2.LINE_AA)
    return np.asarray(cv2.resize(big, (size_px, size_px), interpolation=cv2.INTER_AREA), np.uint8)
