"""What an analysis shows of a page, drawn over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.geometry import Box, Size
from host.analyses.overlay import COLOURS, draw_overlay
from host.pipeline.records.layers import layers_of
from host.pipeline.records.masks import PageMasks
from host.pipeline.records.page_meta import Balloon, Character, Face, PageMeta, Panel, SoundEffect, TextBlock

if TYPE_CHECKING:
    from tests.recorded import Recorded

SIZE = Size(200, 300)


@pytest.fixture
def drawn() -> np.ndarray:
    none = np.zeros((SIZE.height, SIZE.width), bool)
    panels = (Panel(box=Box(20, 20, 120, 150), order=0, score=1.0),)
    facts = {"size": SIZE, "pixels_sha256": "0" * 64, "kind": "story", "direction": "rtl", "panels": panels}
    masks = PageMasks(gutters=none, balloons=none, lettering=none)
    return draw_overlay(np.full((SIZE.height, SIZE.width, 3), 255, np.uint8), PageMeta(**facts), layers_of(masks))


def test_the_page_stands_in_the_middle_over_its_legend(drawn: np.ndarray) -> None:
    height, width, _ = drawn.shape
    assert width == 480
    assert height > SIZE.height
    frame = np.all(drawn[: SIZE.height] == COLOURS["panel"], axis=2)
    rows, columns = np.nonzero(frame)
    shift = (width - SIZE.width) // 2
    assert abs(int(columns.min()) - (20 + shift)) <= 4
    assert abs(int(rows.min()) - 20) <= 4


@pytest.mark.parametrize("label", sorted(COLOURS))
def test_the_legend_has_a_plain_square_of_each_colour_and_its_words_beside_it(drawn: np.ndarray, label: str) -> None:
    legend = drawn[SIZE.height :].astype(int)
    rows, columns = np.nonzero(np.all(legend == COLOURS[label], axis=2))
    top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    square = legend[top:bottom, left:right]
    assert np.all(square == COLOURS[label]), "words stand on it"
    assert abs(square.shape[0] - square.shape[1]) <= 1
    beside = legend[top:bottom, right + 1 : right + 20]
    assert beside.min() < 128


@pytest.mark.parametrize(
    ("name", "size", "direction"), [("narrow", Size(420, 300), "rtl"), ("wide", Size(300, 900), "ltr")]
)
def test_all_that_is_found_on_a_page_is_drawn(name: str, size: Size, direction: str, recorded: Recorded) -> None:
    """Things at an edge, beyond it and one in another; masks of every kind; a legend of several rows and of one."""
    height, width = size

    def mask(*box: float) -> np.ndarray:
        found = np.zeros((height, width), bool)
        left, top, right, bottom = (round(one * side) for one, side in zip(box, (width, height) * 2, strict=True))
        found[top:bottom, left:right] = True
        return found

    def box(*shares: float) -> Box:
        return Box(*(round(one * side) for one, side in zip(shares, (width, height) * 2, strict=True)))

    meta = PageMeta.model_validate(
        {
            "size": size, "pixels_sha256": "0" * 64, "kind": "already_coloured", "direction": direction,
            "panels": [
                Panel(box=box(0.04, 0.03, 0.96, 0.4), order=1, score=1),
                Panel(box=box(0, 0.5, 0.5, 1), order=0, score=1),
                Panel(box=box(0.6, 0.5, 0.98, 0.9), order=2, score=1),
            ],
            "balloons": [
                Balloon(box=box(0.1, 0.1, 0.3, 0.3), order=0), Balloon(box=box(0.9, -0.05, 1.2, 0.1), order=1),
            ],
            "text": [TextBlock(box=box(0.12, 0.15, 0.28, 0.25)), TextBlock(box=box(0.7, 0.7, 0.71, 0.71))],
            "sound_effects": [SoundEffect(box=box(0.65, 0.55, 0.9, 0.65))],
            "characters": [
                Character(box=box(0.4, 0.1, 0.6, 0.4), index=0, score=0.876),
                Character(box=box(0.1, 0.55, 0.3, 0.98), index=1),
            ],
            "faces": [Face(box=box(0.45, 0.12, 0.55, 0.2), score=0.5)],
            "masks": {"coloured": {"sha256": "0" * 64, "coverage": 0.1}},
        }
    )  # fmt: skip
    masks = PageMasks(
        gutters=mask(0, 0.4, 1, 0.5), balloons=mask(0.1, 0.1, 0.3, 0.45), lettering=mask(0.12, 0.15, 0.28, 0.25),
        coloured=mask(0.6, 0.5, 0.98, 0.9),
    )  # fmt: skip
    page = np.repeat(np.linspace(0, 255, height * width).astype(np.uint8).reshape(height, width, 1), 3, axis=2)
    recorded.picture(name, draw_overlay(page, meta, layers_of(masks)))
