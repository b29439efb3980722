"""Lettering outside balloons: sound words, words on bare art, signs, titles, page numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.pages.synth import words
from training.pages.synth.lettering import block_of, speech_block
from training.pages.synth.sfx import sound_word

if TYPE_CHECKING:
    from training.pages.synth.lettering import Hand
    from training.pages.synth.sheet import Placed, Sheet

    Rng = np.random.Generator


def free_words(sheet: Sheet, placed: Placed, hand: Hand, rng: Rng) -> None:
    """Letter straight on the art, mostly with a halo that keeps it readable."""
    window = placed.window
    width, height = window.right - window.left, window.bottom - window.top
    block = speech_block(rng, hand, (width * 0.5, height * 0.6), kind="caption" if rng.random() < 0.5 else "speech")
    if block is None:
        return
    halo_px = int(rng.integers(2, 5))
    letters = np.pad(block, halo_px + 1)
    left = round(rng.uniform(window.left, max(window.left + 1, window.right - letters.shape[1])))
    top = round(rng.uniform(window.top, max(window.top + 1, window.bottom - letters.shape[0])))
    room = sheet.window(left, top, left + letters.shape[1], top + letters.shape[0])
    if sheet.taken(room) > 0 or (sheet.face_share(room) > 0.1 and rng.random() < 0.8):
        return
    under = float(sheet.grey[room.slices].mean())
    ink, paper = (255, 0) if under < 110 else (0, 255)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * halo_px + 1, 2 * halo_px + 1))
    halo = np.asarray(cv2.dilate(letters, kernel), np.uint8)
    layers = [(halo, paper)] if rng.random() < 0.75 else []
    sheet.lay_letters("text", letters, left, top, layers=[*layers, (letters, ink)], within=placed)


def sound(sheet: Sheet, placed: Placed, hand: Hand, rng: Rng) -> None:
    """Draw a sound word into a panel's art, some over its frame."""
    window = placed.window
    width, height = window.right - window.left, window.bottom - window.top
    text = words.sound(rng, japanese=hand.japanese)
    size = min(width, height) * rng.uniform(0.1, 0.34)
    size = float(np.clip(size, 18, 1.6 * max(width, height) / max(2, len(text))))
    face = hand.shout if rng.random() < 0.7 else hand.caption
    x, y = rng.uniform(window.left, window.right), rng.uniform(window.top, window.bottom)
    near = sheet.window(x - size, y - size, x + size, y + size)
    dark = not near.empty and float(sheet.grey[near.slices].mean()) < 90
    word = sound_word(rng, face, text, round(size), dark_ground=dark)
    left, top = round(x - word.body.shape[1] / 2), round(y - word.body.shape[0] / 2)
    room = sheet.window(left, top, left + word.body.shape[1], top + word.body.shape[0])
    if sheet.taken(room) > 0.03:
        return
    parts = ((word.halo, word.halo_grey), (word.rim, word.rim_grey), (word.body, word.body_grey))
    layers = [(alpha, grey) for alpha, grey in parts if grey is not None]
    sheet.lay_letters("sfx", word.rim, left, top, layers=layers, within=placed if rng.random() < 0.75 else None)


def sign(sheet: Sheet, placed: Placed, hand: Hand, rng: Rng) -> None:
    """Put up a board with a word on it: lettering, but no balloon."""
    window = placed.window
    size = max(10, round(min(window.right - window.left, window.bottom - window.top) * rng.uniform(0.06, 0.14)))
    block = block_of(rng, hand.caption, words.sign(rng, japanese=hand.japanese), size, hand)
    if block is None:
        return
    pad = round(size * rng.uniform(0.3, 0.8))
    letters = np.pad(block, pad)
    left = round(rng.uniform(window.left, max(window.left + 1, window.right - letters.shape[1])))
    top = round(rng.uniform(window.top, max(window.top + 1, window.bottom - letters.shape[0])))
    board, frame = np.full_like(letters, 255), np.zeros_like(letters)
    cv2.rectangle(frame, (1, 1), (letters.shape[1] - 2, letters.shape[0] - 2), 255, max(1, round(sheet.line_px * 1.5)))
    grey, ink = ((255, 0), (0, 255), (int(rng.integers(150, 230)), 0))[rng.integers(3)]
    layers = [(board, grey), (frame, ink), (letters, ink)]
    sheet.lay_letters("text", letters, left, top, layers=layers, within=placed)


def titles(sheet: Sheet, hand: Hand, rng: Rng) -> None:
    """Letter a title over each column of panels."""
    tops = {round(placed.panel.extent[0]): placed.panel.extent for placed in reversed(sheet.panels)}
    for left, top, right, _ in tops.values():
        text = words.sentence(rng, japanese=hand.japanese, length=3)
        letters = hand.caption.draw(text, max(9, round(hand.size_px * rng.uniform(0.9, 1.3))))
        if letters.shape[1] < right - left and letters.shape[0] + 4 < top:
            ink = 255 if sheet.ground < 110 else 0
            place = round(left + right - letters.shape[1]) // 2, round(top - letters.shape[0] - 3)
            sheet.lay_letters("text", letters, *place, layers=[(letters, ink)])


def page_number(sheet: Sheet, hand: Hand, rng: Rng) -> None:
    """Letter the page's number at its foot."""
    height, width = sheet.grey.shape
    size = max(9, round(hand.size_px * rng.uniform(0.7, 1.1)))
    letters = hand.caption.draw(str(rng.integers(1, 300)), size) if hand.caption.path or not hand.japanese else None
    if letters is None:
        return
    x = rng.choice([width * 0.03, width * 0.95 - letters.shape[1], width * 0.5])
    top = round(height - size * rng.uniform(1.3, 2.0))
    room = sheet.window(x, top, x + letters.shape[1], top + letters.shape[0])
    ink = 255 if float(sheet.grey[room.slices].mean()) < 110 else 0
    if sheet.taken(room) == 0:
        sheet.lay_letters("text", letters, round(x), top, layers=[(letters, ink)])
