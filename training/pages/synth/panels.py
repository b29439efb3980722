"""What a panel shows: art from outside, or a place with people, animals and things drawn here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engines.geometry import Size
from training.pages.synth import tone as tones
from training.pages.synth.figures import Person, draw_animal, draw_person, make_person
from training.pages.synth.ink import Paper
from training.pages.synth.scenery import draw_focus, draw_objects, draw_scenery, draw_speed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.pages.synth.art import ArtSource
    from training.pages.synth.figures import Drawn
    from training.pages.synth.labels import Grey
    from training.pages.synth.layout import Panel
    from training.pages.synth.sheet import Placed, Sheet

    Rng = np.random.Generator


def fill_panel(sheet: Sheet, panel: Panel, rng: Rng, art: Sequence[ArtSource]) -> None:
    """Draw a panel on the sheet, its figures marked; `art` empty draws everything here."""
    out = not art and rng.random() < 0.08
    placed = sheet.open_panel(panel, sheet.grey.shape[1] * 0.12 if out else 4.0)
    if placed is None:
        return
    if art:
        _hang(sheet, placed, art[int(rng.integers(len(art)))], rng)
    else:
        _draw(sheet, placed, rng, out=out)


def _hang(sheet: Sheet, placed: Placed, source: ArtSource, rng: Rng) -> None:
    height, width = placed.inside.shape
    crop = source(rng, Size(height, width))
    sheet.lay_panel(placed, crop.grey)
    for label, box in crop.boxes:
        mask = np.zeros((height, width), bool)
        mask[max(0, box.top) : max(0, box.bottom), max(0, box.left) : max(0, box.right)] = True
        sheet.mark_figure(placed, label, mask)


def _draw(sheet: Sheet, placed: Placed, rng: Rng, *, out: bool) -> None:
    window = placed.window
    paper = Paper(np.full(placed.inside.shape, 255, np.uint8), (window.left, window.top))
    dark = draw_scenery(paper, rng, sheet.screens, sheet.line_px)
    if rng.random() < 0.3:
        draw_objects(paper, rng, sheet.screens, sheet.line_px)
    drawn = _figures(sheet, paper, rng, dark=dark)
    if rng.random() < 0.06:
        (draw_focus if rng.random() < 0.5 else draw_speed)(paper, rng, sheet.line_px, ink=255 if dark else 0)
    beyond = np.logical_or.reduce([figure.figure for figure in drawn]) if out and drawn else None
    sheet.lay_panel(placed, _lit(paper.grey, rng, dark=dark), beyond)
    for figure in drawn:
        sheet.mark_figure(placed, "character", figure.figure)
        sheet.mark_figure(placed, "face", figure.face)


def _figures(sheet: Sheet, paper: Paper, rng: Rng, *, dark: bool) -> list[Drawn]:
    """Draw nobody, someone close, some at half length, or many far off; those behind first."""
    w, h = paper.width, paper.height
    shot = rng.random()
    if shot < 0.14:
        return []
    if shot < 0.4:
        return [_close(sheet, paper, rng, dark=dark)]
    if shot < 0.78:
        count, unit = int(rng.integers(1, 4)), h * rng.uniform(0.1, 0.22)
    else:
        count, unit = int(rng.integers(1, 6)), h * rng.uniform(0.05, 0.1)
    unit = min(unit, w * 0.3 / count**0.5)
    drawn = []
    for place in rng.permutation(count):
        size = unit * rng.uniform(0.8, 1.2)
        at = (w * (place + rng.uniform(0.25, 0.75)) / count, max(size, h * rng.uniform(0.2, 0.55)))
        drawn.append(_figure(sheet, paper, rng, at, size, dark=dark))
    return drawn


def _close(sheet: Sheet, paper: Paper, rng: Rng, *, dark: bool) -> Drawn:
    w, h = paper.width, paper.height
    unit = min(w, h) * rng.uniform(0.25, 0.6)
    return _figure(sheet, paper, rng, (w * rng.uniform(0.25, 0.75), h * rng.uniform(0.35, 0.65)), unit, dark=dark)


def _figure(sheet: Sheet, paper: Paper, rng: Rng, at: tuple[float, float], unit_px: float, *, dark: bool) -> Drawn:
    if rng.random() < 0.1:
        fill = (255, 255, tones.tone(rng, sheet.screens, ramp=0, dark=0.5), 0)[rng.integers(3 if dark else 4)]
        return draw_animal(paper, rng, fill, at, unit_px * 0.8, sheet.line_px)
    return draw_person(paper, _someone(sheet, rng), rng, at, unit_px, sheet.line_px)


def _someone(sheet: Sheet, rng: Rng) -> Person:
    return make_person(rng, sheet.screens)


def _lit(grey: Grey, rng: Rng, *, dark: bool) -> Grey:
    """Return the art as it is, in the dark, or (a memory) pale."""
    chance = rng.random()
    if chance < 0.05:
        return 255 - grey
    if chance < 0.1 and not dark:
        return (grey * rng.uniform(0.2, 0.6)).astype(np.uint8)
    if chance < 0.14:
        return (255 - (255 - grey) * rng.uniform(0.3, 0.6)).astype(np.uint8)
    return grey
