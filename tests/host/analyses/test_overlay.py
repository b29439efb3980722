"""What an analysis shows of a page, drawn over it."""

from __future__ import annotations

import numpy as np
import pytest

from engines.geometry import Box, Size
from host.analyses.overlay import COLOURS, draw_overlay
from host.pipeline.records.layers import layers_of
from host.pipeline.records.masks import PageMasks
from host.pipeline.records.page_meta import PageMeta, Panel

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
