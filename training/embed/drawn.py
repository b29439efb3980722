"""Drawn characters: the same person in other poses, sizes and moods, by the page generator's pen."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from training.pages.synth import tone as tones
from training.pages.synth.figures import Person, draw_person, make_person
from training.pages.synth.ink import Paper
from training.pages.synth.labels import box_of
from training.pages.synth.scenery import draw_scenery

if TYPE_CHECKING:
    from training.pages.synth.labels import Grey

_CANVAS_PX = 256
_PAGE_PX = 832
_SCENERY_SHARE = 0.4
_LEAST_PX = 48


@lru_cache(maxsize=4)
def _someone(seed: int) -> tuple[Person, list[tones.Screen]]:
    rng = np.random.default_rng([seed, 0])
    # Screens as of a page 832 px wide, so that their rulings have their usual pitch.
    sheets = [
        tones.Screen(one.wave[:, :_CANVAS_PX].copy(), one.softness) for one in tones.screens(rng, _CANVAS_PX, _PAGE_PX)
    ]
    return make_person(rng, sheets), sheets


def draw_character(seed: int, drawing: int) -> Grey:
    """Return a crop `(h, w)` uint8 of a drawn person: the same seed is the same person, `drawing` one picture of it."""
    person, sheets = _someone(seed)
    rng = np.random.default_rng([seed, 1 + drawing])
    while True:
        paper = Paper(np.full((_CANVAS_PX, _CANVAS_PX), 255, np.uint8))
        if rng.random() < _SCENERY_SHARE:
            draw_scenery(paper, rng, sheets, 1.5)
        unit = _CANVAS_PX * rng.uniform(0.12, 0.32)
        at = _CANVAS_PX * rng.uniform(0.35, 0.65), _CANVAS_PX * rng.uniform(0.2, 0.45)
        drawn = draw_person(paper, person, rng, at, unit, float(rng.uniform(1.2, 2.4)))
        box = box_of(drawn.figure)
        if box is not None and min(box.width, box.height) >= _LEAST_PX:
            return np.ascontiguousarray(paper.grey[box.top : box.bottom, box.left : box.right])
