"""What is said of a page by the figures of its colour: every threshold, a little below it and at it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engines.geometry import Box, Size
from host.pipeline.analysis.own_colour import Colour

SIDE = 100
PALE: dict[str, Any] = {"traces_share": 0.66, "change": 2.3}
FADED: dict[str, Any] = {"traces_share": 0.75, "change": 1.6}


def share(of_it: float) -> np.ndarray:
    """Return a mask of which this share is set, from its upper left corner on."""
    return (np.arange(SIDE * SIDE) < round(of_it * SIDE * SIDE)).reshape(SIDE, SIDE)


def colour(covered: float = 0.0, drawn: float = 0.0, inked: float = 1.0, **facts: Any) -> Colour:
    """Return the colour of a page of which these shares are coloured, and of its ink weakly so."""
    own: dict[str, Any] = {"traces_share": 0.0, "detail": 0.0, "change": 0.0, "strong_tint": 0.0, **facts}
    return Colour(inked=share(inked), coloured=share(covered), weak=share(drawn), traces=share(0.0), **own)


@pytest.mark.parametrize(
    ("facts", "everywhere"),
    [
        # traces in two thirds of it, and colour that changes from thing to thing
        (PALE, True),
        (PALE | {"change": 2.29}, False),
        (PALE | {"traces_share": 0.64}, False),
        (PALE | {"toned": True}, False),  # a filter's curve
        # less is asked for where channels are known to lie together
        (FADED | {"lies_together": True}, True),
        (FADED, False),
        (FADED | {"lies_together": True, "change": 1.59}, False),
        (FADED | {"lies_together": True, "traces_share": 0.74}, False),
        (FADED | {"lies_together": True, "curved": True}, False),
        (FADED | {"lies_together": True, "strong_tint": 0.05}, False),
        # fewer traces: much of it is coloured, or one of two inks is strong
        ({"traces_share": 0.66, "covered": 0.1}, True),
        ({"traces_share": 0.66, "covered": 0.09}, False),
        ({"traces_share": 0.64, "covered": 0.1}, False),
        ({"traces_share": 0.1, "strong_tint": 0.05, "covered": 0.005}, True),
        ({"traces_share": 0.1, "strong_tint": 0.05, "covered": 0.004}, False),
        ({"traces_share": 0.1, "strong_tint": 0.04, "covered": 0.005}, False),
        # traces everywhere: a little that stands out, less of it where the ink is coloured or traces are in nearly all
        ({"traces_share": 0.7, "covered": 0.03}, True),
        ({"traces_share": 0.7, "covered": 0.029}, False),
        ({"traces_share": 0.7, "covered": 0.005, "drawn": 0.4}, True),
        ({"traces_share": 0.7, "covered": 0.005, "drawn": 0.39}, False),
        ({"traces_share": 0.7, "covered": 0.004, "drawn": 0.4}, False),
        ({"traces_share": 0.8, "covered": 0.005}, True),
        ({"traces_share": 0.79, "covered": 0.005}, False),
        ({"traces_share": 0.8, "covered": 0.004}, False),
        # nothing stands out: traces throughout, and the ink is weakly coloured or the colour follows the drawing
        ({"traces_share": 0.9, "drawn": 0.3}, True),
        ({"traces_share": 0.9, "drawn": 0.29}, False),
        ({"traces_share": 0.89, "drawn": 0.3}, False),
        ({"traces_share": 0.9, "detail": 3.3}, True),
        ({"traces_share": 0.9, "detail": 3.29}, False),
        ({"traces_share": 0.89, "detail": 3.3}, False),
        ({"traces_share": 1.0, "covered": 1.0, "drawn": 1.0, "toned": True}, False),
        ({}, False),
        ({"inked": 0.0, "traces_share": 0.9}, False),
    ],
)
def test_a_page_is_coloured_everywhere_from_these_figures_on(facts: dict[str, Any], everywhere: bool) -> None:
    assert colour(**facts).is_everywhere is everywhere


def test_a_page_is_coloured_somewhere_as_soon_as_anything_is() -> None:
    assert not colour().is_somewhere
    assert colour(covered=1 / SIDE**2).is_somewhere


PAGE = Size(2 * SIDE, 4 * SIDE)  # half as tall and wide in the sample as across


def boxed(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def panel(coloured: np.ndarray, traces: np.ndarray, inked: np.ndarray) -> Colour:
    return Colour(inked=inked, coloured=coloured, weak=traces, traces=traces, traces_share=0.0, detail=0.0,
                  change=0.0, strong_tint=0.0)  # fmt: skip


def test_shares_of_a_box_are_those_of_what_is_drawn_in_it_at_least_of_its_half() -> None:
    box = Box(0, 0, 4 * 40, 2 * 40)  # 40 x 40 samples
    full = panel(boxed(0, 10, 0, 40), boxed(10, 30, 0, 40), boxed(0, 40, 0, 40))
    assert full.share_of(box, PAGE) == pytest.approx(10 / 40)
    assert full.traces_of(box, PAGE) == pytest.approx(30 / 40)
    sparse = panel(boxed(0, 10, 0, 40), boxed(0, 0, 0, 0), boxed(0, 10, 0, 40))
    assert sparse.share_of(box, PAGE) == pytest.approx(10 / 20), "half of the box counts as drawn"
    assert full.share_of(Box(4 * 50, 0, 4 * 60, 20), PAGE) == 0
    assert full.share_of(Box(4 * 5, 2 * 5, 4 * 5 + 1, 2 * 5 + 1), PAGE) == 1, "a box is a sample at least"


@pytest.mark.parametrize(("rows", "spans"), [(40, True), (32, True), (31, False), (0, False)])
def test_colour_spans_a_box_when_little_of_what_is_drawn_lies_beyond_what_it_reaches(rows: int, spans: bool) -> None:
    nothing = boxed(0, 0, 0, 0)
    # A halo of 2 samples: 6 of 40 rows may be beyond.
    found = panel(boxed(0, rows, 0, 40), nothing, boxed(0, 40, 0, 40))
    assert found.spans(Box(0, 0, 4 * 40, 2 * 40), PAGE) is spans


def test_colour_on_both_sides_of_what_is_drawn_spans_it() -> None:
    both = panel(boxed(0, 2, 0, 40) | boxed(38, 40, 0, 40), boxed(0, 0, 0, 0), boxed(0, 40, 0, 40))
    assert both.spans(Box(0, 0, 4 * 40, 2 * 40), PAGE)


def test_the_mask_of_colour_has_its_halo_at_the_page_s_size() -> None:
    mask = panel(boxed(50, 51, 50, 51), boxed(0, 0, 0, 0), boxed(0, 0, 0, 0)).mask(PAGE)
    assert mask.shape == (2 * SIDE, 4 * SIDE)
    assert (mask[2 * 48 : 2 * 53, 4 * 48 : 4 * 53]).all()
    assert mask.sum() == 5 * 5 * 8
