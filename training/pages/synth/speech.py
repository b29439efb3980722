"""Speech on the drawn panels: balloons and captions, where they stand, whom their tails point at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.pages.synth.balloons import Kind, Look, half_sizes, make_balloon
from training.pages.synth.freetext import free_words, page_number, sign, sound, titles
from training.pages.synth.lettering import speech_block

if TYPE_CHECKING:
    from training.pages.synth.labels import Grey
    from training.pages.synth.layout import Layout
    from training.pages.synth.lettering import Hand
    from training.pages.synth.sheet import Placed, Sheet

    Rng = np.random.Generator

_KINDS: tuple[Kind, ...] = ("round", "soft_box", "cloud", "jagged", "burst", "thought", "whisper", "wavy")
_OFTEN = np.array([0.42, 0.14, 0.08, 0.12, 0.06, 0.07, 0.05, 0.06])
_TRIES = 8


def letter_page(sheet: Sheet, layout: Layout, hand: Hand, rng: Rng, style: str) -> None:
    """Letter every panel, then number the page."""
    bare = rng.random() < 0.03
    usual = _usual_look(sheet, rng)
    for placed in sheet.panels:
        if rng.random() < 0.08:
            sign(sheet, placed, hand, rng)
        while rng.random() < 0.33:
            sound(sheet, placed, hand, rng)
    for placed in () if bare else sheet.panels:
        _speech(sheet, placed, hand, rng, usual, rtl=layout.direction == "rtl", loose=style == "strip")
    if style == "four_panel" and rng.random() < 0.7:
        titles(sheet, hand, rng)
    if rng.random() < 0.35:
        page_number(sheet, hand, rng)


def _usual_look(sheet: Sheet, rng: Rng) -> Look:
    line = sheet.line_px * float(rng.choice([1.0, 1.3, 1.8, 2.4]))
    return Look(255, 0, 0.0 if rng.random() < 0.08 else line)


def _speech(sheet: Sheet, placed: Placed, hand: Hand, rng: Rng, usual: Look, *, rtl: bool, loose: bool) -> None:
    window = placed.window
    width, height = window.right - window.left, window.bottom - window.top
    share = width * height / sheet.grey.size
    most = min(6, 1 + int(share * 14))
    count = int(rng.integers(0, most + 1))
    if rng.random() < 0.22:
        _caption(sheet, placed, hand, rng, rtl=rtl)
    places = rng.uniform(0.0, 1.0, (count, 2))
    # Read from the top and from the side where reading begins.
    order = np.argsort(places[:, 1] * height + (1 - places[:, 0] if rtl else places[:, 0]) * width * 0.7)
    for x, y in places[order]:
        if rng.random() < 0.08:
            free_words(sheet, placed, hand, rng)
        else:
            _balloon(sheet, placed, hand, rng, usual, (float(x), float(y)), loose=loose)


def _balloon(
    sheet: Sheet, placed: Placed, hand: Hand, rng: Rng, usual: Look, near: tuple[float, float], *, loose: bool
) -> None:
    kind = _KINDS[rng.choice(len(_KINDS), p=_OFTEN)]
    window = placed.window
    width, height = window.right - window.left, window.bottom - window.top
    careful = rng.random() < 0.85
    tone = "shout" if kind in ("jagged", "burst") and rng.random() < 0.8 else "speech"
    for attempt in range(_TRIES):
        shrink = 0.85**attempt
        block = speech_block(rng, hand, (width * 0.6 * shrink, height * 0.7 * shrink), kind=tone)
        if block is None:
            return
        half = half_sizes(rng, kind, block.shape[1], block.shape[0])
        cut = rng.random() < 0.6
        centre = _centre(rng, placed, half, block, near, cut=cut, loose=loose)
        room = sheet.window(centre[0] - half[0], centre[1] - half[1], centre[0] + half[0], centre[1] + half[1])
        hidden = sheet.face_share(room) if attempt < _TRIES - 1 and careful else 0.0
        if sheet.taken(room) < 0.02 and hidden < 0.12 and _holds(sheet, block, centre, placed if cut else None):
            _lay(sheet, placed, hand, rng, kind, _look(rng, usual), block, centre, half, cut=cut)
            return
        near = (float(rng.random()), float(rng.random()))


def _centre(
    rng: Rng,
    placed: Placed,
    half: tuple[float, float],
    block: Grey,
    near: tuple[float, float],
    *,
    cut: bool,
    loose: bool,
) -> tuple[float, float]:
    """Return where a balloon stands: the whole of it inside, only its lettering inside, or over the frame."""
    window = placed.window
    if loose and rng.random() < 0.4:
        return (
            float(window.left + near[0] * (window.right - window.left)),
            float(rng.choice([window.top, window.bottom]) + rng.normal(0, half[1] * 0.6)),
        )
    lettered = np.array([block.shape[1] / 2 + 5, block.shape[0] / 2 + 5])
    roomy = np.asarray(half) * rng.choice([1.0, 0.9, 0.7])
    edge = np.maximum(lettered, roomy) if cut else roomy * rng.choice([1.0, 0.6, 0.3])
    low = np.array([window.left, window.top]) + edge
    high = np.array([window.right, window.bottom]) - edge
    at = np.where(high > low, low + (high - low) * near, (low + high) / 2)
    return float(at[0]), float(at[1])


def _look(rng: Rng, usual: Look) -> Look:
    chance = rng.random()
    if chance < 0.05:
        return Look(int(rng.integers(0, 30)), 255, usual.line_px * (rng.random() < 0.5))
    if chance < 0.1:
        return Look(255, 0, 0.0)
    if chance < 0.15:
        return Look(255, 0, max(1.0, usual.line_px), opacity=float(rng.uniform(0.7, 0.95)))
    if chance < 0.19:
        return Look(int(rng.integers(205, 245)), 0, max(1.0, usual.line_px))
    if chance < 0.25:
        return Look(255, 0, max(1.0, usual.line_px), doubled=True)
    return usual


def _lay(
    sheet: Sheet,
    placed: Placed,
    hand: Hand,
    rng: Rng,
    kind: Kind,
    look: Look,
    block: Grey,
    centre: tuple[float, float],
    half: tuple[float, float],
    *,
    cut: bool,
) -> None:
    lobes, blocks = [(*centre, *half)], [(block, centre)]
    within = placed if cut else None
    second = _second_lobe(sheet, hand, rng, centre, half, within) if kind in ("round", "cloud", "soft_box") else None
    if second is not None:
        lobes.append(second[0])
        blocks.append(second[1])
    target = None
    if rng.random() < (0.9 if kind == "thought" else 0.62):
        target = _speaker(sheet, placed, rng, lobes[-1])
    if kind == "burst" and look.line_px <= 0:
        kind = "jagged"
    made = make_balloon(rng, kind, lobes, look, target)
    if target is not None and sheet.touches(made):
        made = make_balloon(rng, kind, lobes, look, None)
    if not sheet.lay_balloon(made, placed, cut=cut):
        return
    ink = 255 if look.fill < 90 else 0
    for letters, (x, y) in blocks:
        left, top = round(x - letters.shape[1] / 2), round(y - letters.shape[0] / 2)
        sheet.lay_letters("text", letters, left, top, layers=[(letters, ink)], within=within)


def _speaker(sheet: Sheet, placed: Placed, rng: Rng, lobe: tuple[float, float, float, float]) -> tuple[float, float]:
    """Return where a tail points: at a face of the panel, or at someone outside it."""
    x, y, a, b = lobe
    faces = [at for at in sheet.faces_in(placed) if abs(at[0] - x) > a or abs(at[1] - y) > b]
    if faces and rng.random() < 0.75:
        return faces[rng.integers(len(faces))]
    angle = rng.choice([rng.uniform(0.2, 2.9), rng.uniform(0, 2 * np.pi)])
    return float(x + np.cos(angle) * 4 * a), float(y + np.sin(angle) * 4 * b)


def _second_lobe(
    sheet: Sheet, hand: Hand, rng: Rng, centre: tuple[float, float], half: tuple[float, float], within: Placed | None
) -> tuple[tuple[float, float, float, float], tuple[Grey, tuple[float, float]]] | None:
    """Return a lobe that grows out of the first, with its lettering, or None."""
    if rng.random() > 0.12:
        return None
    block = speech_block(rng, hand, (half[0] * 1.6, half[1] * 1.6))
    if block is None:
        return None
    a, b = half_sizes(rng, "round", block.shape[1], block.shape[0])
    side = rng.choice([-1, 1])
    x = centre[0] + side * max((half[0] + a) * 0.62, half[0] * 0.2 + block.shape[1] / 2 + 6)
    y = centre[1] + (half[1] + b) * rng.uniform(0.5, 0.62)
    room = sheet.window(x - a, y - b, x + a, y + b)
    if sheet.taken(room) > 0.02 or not _holds(sheet, block, (x, y), within):
        return None
    apart = abs(x - centre[0]) > (block.shape[1] + half[0]) * 0.5
    return ((x, y, a, b), (block, (x, y))) if apart else None


def _caption(sheet: Sheet, placed: Placed, hand: Hand, rng: Rng, *, rtl: bool) -> None:
    window = placed.window
    width, height = window.right - window.left, window.bottom - window.top
    block = speech_block(rng, hand, (width * 0.5, height * 0.6), kind="caption")
    if block is None:
        return
    a, b = half_sizes(rng, "caption", block.shape[1], block.shape[0])
    inset = float(rng.choice([0.0, rng.uniform(4, 16)])) + placed.panel.frame_px
    right = rtl == (rng.random() < 0.75)
    x = window.right - 5 - a - inset if right else window.left + 4 + a + inset
    y = window.top + 4 + b + inset if rng.random() < 0.75 else window.bottom - 5 - b - inset
    cut = rng.random() < 0.8
    within = placed if cut else None
    if sheet.taken(sheet.window(x - a, y - b, x + a, y + b)) > 0.02 or not _holds(sheet, block, (x, y), within):
        return
    chance = rng.random()
    look = Look(255, 0, sheet.line_px * (chance < 0.6))
    if chance > 0.85:
        look = Look(int(rng.integers(0, 25)), 255, 0.0)
    if sheet.lay_balloon(make_balloon(rng, "caption", [(x, y, a, b)], look, None), placed, cut=cut):
        left, top = round(x - block.shape[1] / 2), round(y - block.shape[0] / 2)
        sheet.lay_letters("text", block, left, top, layers=[(block, 255 if look.fill < 90 else 0)], within=within)


def _holds(sheet: Sheet, block: Grey, centre: tuple[float, float], within: Placed | None = None) -> bool:
    """Return whether lettering lies wholly on the sheet, and within a panel's frame."""
    left, top = centre[0] - block.shape[1] / 2, centre[1] - block.shape[0] / 2
    height, width = sheet.grey.shape
    if left < 2 or top < 2 or left + block.shape[1] > width - 2 or top + block.shape[0] > height - 2:
        return False
    if within is None:
        return True
    x, y = int(left) - within.window.left, int(top) - within.window.top
    if x < 0 or y < 0:
        return False
    rows, columns = slice(y, y + block.shape[0] + 1), slice(x, x + block.shape[1] + 1)
    held = within.inside[rows, columns] > 0
    own = sheet.owner[within.window.slices][rows, columns] == within.number
    return held.shape == (block.shape[0] + 1, block.shape[1] + 1) and bool((held & own).all())
