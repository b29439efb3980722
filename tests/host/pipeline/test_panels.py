"""Panels by cuts along gutters, on masks that are drawn here."""

from __future__ import annotations

import numpy as np
import pytest

from engines.geometry import Box
from host.pipeline.analysis.classical.panels import cut_panels


def gutters(*panels: Box, height: int = 200, width: int = 100) -> np.ndarray:
    """Return a page of gutters with panels in it."""
    mask = np.ones((height, width), np.bool_)
    for box in panels:
        mask[box.top : box.bottom, box.left : box.right] = False
    return mask


def boxes(mask: np.ndarray) -> list[Box]:
    return [box for box, _ in cut_panels(mask)]


def test_panels_come_from_the_top_and_then_from_the_left_with_their_exact_boxes() -> None:
    wide, left, right = Box(5, 5, 95, 80), Box(5, 90, 45, 190), Box(55, 90, 95, 190)
    assert boxes(gutters(right, wide, left)) == [wide, left, right]
    tall, upper, lower = Box(5, 5, 40, 190), Box(50, 5, 95, 90), Box(50, 100, 95, 190)
    assert boxes(gutters(tall, upper, lower)) == [tall, upper, lower]


def test_how_much_of_a_box_is_content_is_told() -> None:
    mask = gutters(Box(10, 10, 90, 110))
    mask[10:60, 10:50] = True
    assert cut_panels(mask) == [(Box(10, 10, 90, 110), pytest.approx(0.75))]
    assert cut_panels(gutters(Box(10, 10, 90, 110))) == [(Box(10, 10, 90, 110), 1.0)]


def test_a_cut_goes_on_where_a_balloon_bridges_a_little_of_it() -> None:
    upper, lower = Box(0, 0, 100, 90), Box(0, 100, 100, 200)
    mask = gutters(upper, lower)
    mask[90:100, 40:55] = False
    assert len(boxes(mask)) == 2
    mask[90:100, 40:57] = False
    assert len(boxes(mask)) == 1


def test_a_page_without_gutters_is_one_panel_and_one_without_content_none() -> None:
    assert boxes(np.zeros((200, 100), np.bool_)) == [Box(0, 0, 100, 200)]
    assert boxes(np.ones((200, 100), np.bool_)) == []


def test_what_is_smaller_than_a_panel_is_none() -> None:
    """A twenty-fifth of the width, and of the height or, on a strip, of twice the width."""
    assert boxes(gutters(Box(50, 50, 53, 100))) == []
    assert boxes(gutters(Box(50, 50, 54, 100))) == [Box(50, 50, 54, 100)]
    assert boxes(gutters(Box(20, 50, 80, 57))) == []
    assert boxes(gutters(Box(20, 50, 80, 58))) == [Box(20, 50, 80, 58)]
    assert boxes(gutters(Box(20, 50, 80, 58), height=4000)) == [Box(20, 50, 80, 58)]
