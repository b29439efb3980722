"""Blocks of lettering: Japanese in columns from right to left, with furigana, and Latin in centred lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.pages.synth import words

if TYPE_CHECKING:
    from training.pages.synth.fonts import Face, FontSet
    from training.pages.synth.labels import Grey

    Rng = np.random.Generator

_TURNED = frozenset("ー…〜（）「」―-—")
_CORNERED = frozenset("、。")
_SMALL = frozenset("ぁぃぅぇぉっゃゅょァィゥェォッャュョ")
READABLE = 64  # coverage above this (of 255) counts as a glyph's pixel


@dataclass(frozen=True, slots=True)
class Hand:
    """How one page is lettered: its fonts, its usual size in pixels and how thick."""

    japanese: bool
    speech: Face
    caption: Face
    shout: Face
    size_px: int
    bold_px: int
    furigana: bool


def make_hand(rng: Rng, fonts: FontSet, width: int, *, japanese: bool) -> Hand:
    """Return one page's lettering; `width` is that of one page of paper."""
    faces = fonts.japanese if japanese else fonts.latin
    speech, caption, shout = (faces[rng.integers(len(faces))] for _ in range(3))
    size = width / 832 * (rng.uniform(15, 25) if japanese else rng.uniform(13, 22))
    return Hand(
        japanese,
        speech,
        caption if rng.random() < 0.3 else speech,
        shout if rng.random() < 0.6 else speech,
        max(8, round(size)),
        int(rng.random() < 0.3),
        bool(rng.random() < 0.5),
    )


def speech_block(rng: Rng, hand: Hand, room: tuple[float, float], *, kind: str = "speech") -> Grey | None:
    """Return the coverage of some speech no larger than `room` (width, height), tight, or None where nothing fits."""
    face = {"speech": hand.speech, "caption": hand.caption, "shout": hand.shout}[kind]
    scale = rng.uniform(1.1, 1.9) if kind == "shout" else rng.choice([1.0, 1.0, 1.0, 0.8, 1.25])
    length = int(rng.integers(2, 11 if hand.japanese else 17))
    for attempt in range(4):
        size = max(8, round(hand.size_px * scale * 0.85**attempt))
        text = words.sentence(rng, japanese=hand.japanese, length=max(1, length >> attempt))
        block = block_of(rng, face, text, size, hand, kind=kind)
        if block is not None and block.shape[1] <= room[0] and block.shape[0] <= room[1]:
            return block
    return None


def block_of(rng: Rng, face: Face, text: str, size_px: int, hand: Hand, *, kind: str = "speech") -> Grey | None:
    """Return the coverage of a text, broken into columns or lines, or None where the font draws nothing."""
    bold = size_px // 22 if kind == "shout" else hand.bold_px
    if face.japanese and rng.random() < 0.9:
        block = _columns(rng, face, text, size_px, bold, furigana=hand.furigana and kind != "shout")
    elif face.japanese:
        per_line = int(rng.integers(4, 12))
        lines = [text[i : i + per_line] for i in range(0, len(text), per_line)]
        block = _lines([face.draw(line, size_px, bold_px=bold) for line in lines], size_px, 1.2, centred=False)
    else:
        lines = _wrapped(text, rng.uniform(0.8, 2.2), caption=kind == "caption")
        drawn = [face.draw(line, size_px, bold_px=bold) for line in lines]
        block = _lines(drawn, size_px, rng.uniform(0.95, 1.25), centred=kind != "caption" or rng.random() < 0.3)
    if kind == "shout" and rng.random() < 0.2:
        block = _slanted(block, rng.uniform(-0.25, 0.25))
    return _tight(block)


def _columns(rng: Rng, face: Face, text: str, size_px: int, bold_px: int, *, furigana: bool) -> Grey:
    count = max(1, round(len(text) / rng.integers(4, 9)))
    tall = -(-len(text) // count)
    columns = [text[i : i + tall] for i in range(0, len(text), tall)]
    step = round(size_px * (1.45 if furigana else rng.uniform(1.1, 1.35)))
    block = np.zeros((size_px * (tall + 1), step * len(columns) + size_px), np.uint8)
    for index, column in enumerate(columns):
        left = step * (len(columns) - 1 - index)
        for row, character in enumerate(column):
            _place(block, _upright(face, character, size_px, bold_px), left, row * size_px)
            if furigana and "一" <= character <= "鿿":
                _furigana(rng, block, face, left + size_px, row * size_px, size_px)
    return block


def _furigana(rng: Rng, block: Grey, face: Face, left: int, top: int, size_px: int) -> None:
    small = max(5, round(size_px * 0.42))
    for i in range(2):
        _place(block, face.cell("あいうえおかきくけこしすたちと"[rng.integers(15)], small), left, top + i * small)


def _upright(face: Face, character: str, size_px: int, bold_px: int) -> Grey:
    cell = face.cell(character, size_px, bold_px=bold_px)
    if character in _TURNED:
        return np.ascontiguousarray(np.rot90(cell, -1))
    if character in _CORNERED:
        return np.roll(cell, (-size_px * 5 // 9, size_px * 5 // 9), (0, 1))
    if character in _SMALL:
        return np.roll(cell, (-size_px // 8, size_px // 8), (0, 1))
    return cell


def _wrapped(text: str, shape: float, *, caption: bool) -> list[str]:
    """Break into lines so that the block is `shape` times as wide as high; a balloon's ends are shorter."""
    per_line = max(6.0, float(np.sqrt(len(text) * shape * 2)))
    guess = max(1, round(len(text) / per_line))
    lines: list[str] = []
    for word in text.split(" "):
        bulge = (
            1.0 if caption or guess < 3 else 0.6 + 0.7 * np.sin(np.pi * (min(len(lines), guess) + 0.5) / (guess + 1))
        )
        if lines and len(lines[-1]) + len(word) < per_line * bulge:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def _lines(drawn: list[Grey], size_px: int, leading: float, *, centred: bool) -> Grey:
    step, wide = max(1, round(size_px * leading)), max(line.shape[1] for line in drawn)
    block = np.zeros((step * (len(drawn) - 1) + max(line.shape[0] for line in drawn), wide), np.uint8)
    for index, line in enumerate(drawn):
        _place(block, line, (wide - line.shape[1]) // 2 if centred else 0, index * step)
    return block


def _place(block: Grey, drawn: Grey, left: int, top: int) -> None:
    window = block[top : top + drawn.shape[0], left : left + drawn.shape[1]]
    np.maximum(window, drawn[: window.shape[0], : window.shape[1]], out=window)


def _slanted(block: Grey, slant: float) -> Grey:
    height, width = block.shape
    extra = round(abs(slant) * height) + 1
    matrix = np.array([[1, -slant, extra if slant > 0 else 0], [0, 1, 0]], np.float64)
    return np.asarray(cv2.warpAffine(block, matrix, (width + extra, height)), np.uint8)


def _tight(block: Grey) -> Grey | None:
    seen = block > READABLE
    columns, rows = np.flatnonzero(seen.any(0)), np.flatnonzero(seen.any(1))
    if not len(columns):
        return None
    return block[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
