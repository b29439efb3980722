"""Words laid over art: sound words, captions without a ground, small print. Readers of pages miss them most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.pages.synth import words
from training.pages.synth.lettering import READABLE, make_hand, speech_block
from training.pages.synth.sfx import sound_word

if TYPE_CHECKING:
    from training.pages.synth import FontSet
    from training.pages.synth.lettering import Hand

    Grey = np.ndarray[tuple[int, int], np.dtype[np.uint8]]
    Mask = np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    Picture = np.ndarray[tuple[int, int], np.dtype[np.float32]]
    Rng = np.random.Generator

_MOST = 4
_TRIES = 6
_SMALL_PX = (7, 15)
_MARKS = ("?", "!", "!?", "!!", "…", "…?", "あ", "え?", "はい", "No", "Oh", "Hm?")
_MARKED_PX = (12, 40)


def lay_words(picture: Picture, balloons: Mask, lettering: Mask, rng: Rng, fonts: FontSet) -> None:
    """Draw a few words over a picture, 0 black to 1 white, beside what is lettered already; mark them as lettering."""
    japanese = bool(rng.random() < 0.5 and fonts.japanese)
    hand = make_hand(rng, fonts, picture.shape[1], japanese=japanese)
    for _ in range(int(rng.integers(1, _MOST + 1))):
        draw = _sound if rng.random() < 0.6 else _caption
        layers = draw(picture, hand, rng)
        if layers:
            _lay(picture, balloons, lettering, layers, rng)


def _sound(picture: Picture, hand: Hand, rng: Rng) -> list[tuple[Grey, float, bool]]:
    text = words.sound(rng, japanese=hand.japanese)
    size = round(picture.shape[1] * rng.choice([rng.uniform(0.02, 0.05), rng.uniform(0.04, 0.13)]))
    word = sound_word(rng, hand.shout, text, max(12, size), dark_ground=bool(rng.random() < 0.4))
    layers = [(word.halo, word.halo_grey, False), (word.rim, word.rim_grey, True), (word.body, word.body_grey, True)]
    return [(alpha, grey / 255, counts) for alpha, grey, counts in layers if grey is not None]


def _caption(picture: Picture, hand: Hand, rng: Rng) -> list[tuple[Grey, float, bool]]:
    width = picture.shape[1]
    block = speech_block(rng, hand, (width * 0.4, width * 0.3), kind="caption")
    if block is None:
        return []
    letters = np.pad(block, 6)
    level = float(rng.choice([rng.uniform(0, 0.1), rng.uniform(0.9, 1.0), rng.uniform(0, 1)], p=[0.45, 0.45, 0.1]))
    layers = [(letters, level, True)]
    if rng.random() < 0.6:
        reach = int(rng.integers(1, 5)) * 2 + 1
        rim = cv2.dilate(letters, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
        if rng.random() < 0.4:
            rim = cv2.GaussianBlur(rim, (0, 0), rng.uniform(1, 3))
        layers.insert(0, (np.asarray(rim, np.uint8), 1 - round(level), False))
    return layers


def _lay(picture: Picture, balloons: Mask, lettering: Mask, layers: list[tuple[Grey, float, bool]], rng: Rng) -> None:
    tall, wide = layers[0][0].shape
    height, width = picture.shape
    if tall >= height or wide >= width:
        return
    for _ in range(_TRIES):
        top, left = int(rng.integers(height - tall)), int(rng.integers(width - wide))
        view = slice(top, top + tall), slice(left, left + wide)
        if balloons[view].any() or lettering[view].any():
            continue
        for alpha, level, counts in layers:
            share = alpha.astype(np.float32) / np.float32(255)
            picture[view] += (np.float32(level) - picture[view]) * share
            if counts:
                lettering[view] |= alpha > READABLE
        return


def lay_small_print(grey: Picture, lettering: Picture, balloons: Picture, rng: Rng, fonts: FontSet) -> None:
    """Draw lines of small, often pale print over a crop as the network sees it, 0 black to 1 white; where art is.

    lettering, balloons: shares 0..1; of lettering the shares of the new letters are set.
    """
    japanese = bool(rng.random() < 0.4 and fonts.japanese)
    faces = fonts.japanese if japanese else fonts.latin
    face, size = faces[int(rng.integers(len(faces)))], int(rng.integers(_SMALL_PX[0], _SMALL_PX[1]))
    lines = [words.sentence(rng, japanese=japanese, length=int(rng.integers(2, 9))) for _ in range(rng.integers(1, 4))]
    if rng.random() < 0.5 and not japanese:
        lines = [line.capitalize() for line in lines]
    left, top = int(rng.integers(grey.shape[1] // 2)), int(rng.integers(grey.shape[0] - size))
    contrast = float(rng.choice([-1.0, 1.0]) * rng.uniform(0.15, 0.9))
    for line in lines:
        drawn = face.draw(line, 2 * size)
        half = drawn.shape[1] // 2, drawn.shape[0] // 2
        if min(half) < 1:
            continue
        share = cv2.resize(drawn, half, interpolation=cv2.INTER_AREA)[: grey.shape[0] - top, : grey.shape[1] - left]
        view = slice(top, top + share.shape[0]), slice(left, left + share.shape[1])
        if share.size and not balloons[view].any() and not lettering[view].any():
            share = share.astype(np.float32) / np.float32(255)
            ground = float(np.median(grey[view]))
            away = contrast if 0 <= ground + contrast <= 1 else -contrast
            grey[view] += (np.float32(np.clip(ground + away, 0, 1)) - grey[view]) * share
            lettering[view] = cv2.dilate(share, np.ones((2, 2), np.uint8))
        top += round(1.25 * size)
        if top >= grey.shape[0] - 4:
            return


def lay_marked_balloons(grey: Picture, lettering: Picture, balloons: Picture, rng: Rng, fonts: FontSet) -> None:
    """Draw small round balloons with a mark or a word over a crop as the network sees it, 0 black to 1 white."""
    side = grey.shape[0]
    for _ in range(int(rng.integers(1, 4))):
        reach = rng.uniform(*_MARKED_PX, 1) * rng.uniform(0.75, 1.0, 2)
        x, y = rng.uniform(0.1 * side, 0.9 * side, 2)
        body = np.zeros(grey.shape, np.uint8)
        cv2.ellipse(body, ((x, y), (2 * reach[0], 2 * reach[1]), rng.uniform(0, 180)), 255, -1, cv2.LINE_AA)
        there = body > 0
        if balloons[there].any() or lettering[there].any():
            continue
        ground, stroke = rng.uniform(0.92, 1.0), rng.uniform(0.0, 0.2)
        line = int(rng.integers(1, 5))
        inner = cv2.erode(body, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * line + 1, 2 * line + 1)))
        for layer, level in ((body, stroke), (np.asarray(inner, np.uint8), ground)):
            grey += (np.float32(level) - grey) * (layer.astype(np.float32) / np.float32(255))
        balloons[there] = 1
        _write_mark(grey, lettering, rng, fonts, (x, y), float(reach.min()), stroke)


def _write_mark(
    grey: Picture, lettering: Picture, rng: Rng, fonts: FontSet, at: tuple[float, float], reach: float, level: float
) -> None:
    faces = fonts.japanese or fonts.latin
    face = faces[int(rng.integers(len(faces)))]
    text = str(rng.choice(_MARKS if fonts.japanese else [mark for mark in _MARKS if mark.isascii()]))
    drawn = face.draw(text, max(8, round(reach * rng.uniform(0.9, 1.5) / max(1.0, 0.7 * len(text)))))
    tall, wide = drawn.shape
    top, left = round(at[1] - tall / 2), round(at[0] - wide / 2)
    if min(tall, wide) < 1 or top < 0 or left < 0 or top + tall > grey.shape[0] or left + wide > grey.shape[1]:
        return
    view = np.s_[top : top + tall, left : left + wide]
    share = drawn.astype(np.float32) / np.float32(255)
    grey[view] += (np.float32(level) - grey[view]) * share
    lettering[view] = np.maximum(lettering[view], share)
