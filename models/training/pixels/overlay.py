"""Words laid over art: sound words, and captions without a ground. They are what readers of pages miss most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from models.training.pages.synth import words
from models.training.pages.synth.lettering import READABLE, make_hand, speech_block
from models.training.pages.synth.sfx import sound_word

if TYPE_CHECKING:
    from models.training.pages.synth import FontSet
    from models.training.pages.synth.lettering import Hand
    from models.training.pixels.comic import Grey, Mask, Picture, Rng

_MOST = 4
_TRIES = 6


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


def _lay(
    picture: Picture, balloons: Mask, lettering: Mask, layers: list[tuple[Grey, float, bool]], rng: Rng
) -> None:
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
