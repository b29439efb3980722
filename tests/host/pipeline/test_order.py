"""Reading order of panels and balloons."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.geometry import Box
from host.pipeline.analysis.layout.order import reading_order
from training.pages.synth import layout

GRID = [Box(10, 10, 90, 90), Box(110, 10, 190, 90), Box(10, 110, 90, 190), Box(110, 110, 190, 190)]


@pytest.mark.parametrize(
    ("direction", "expected"), [("ltr", [0, 1, 2, 3]), ("rtl", [1, 0, 3, 2]), ("ttb", [0, 1, 2, 3])]
)
def test_a_grid_is_read_tier_by_tier(direction, expected):
    assert reading_order(GRID, direction) == expected


@pytest.mark.parametrize("shift", [0, 12, 25])
def test_a_tall_panel_beside_two_is_read_whole(shift):
    tall, upper, lower = Box(110, 10, 190, 190), Box(10, 10, 90, 90 + shift), Box(10, 110 + shift, 90, 190)
    assert reading_order([lower, upper, tall], "rtl") == [2, 1, 0]
    assert reading_order([lower, tall, upper], "ltr") == [2, 0, 1]


def test_boxes_of_panels_with_slanted_gutters_overlap_and_keep_their_order():
    """A gutter that falls by 60 pixels over the page: the boxes above and below it overlap by as much."""
    upper, left, right = Box(10, 10, 190, 130), Box(10, 70, 95, 280), Box(105, 100, 190, 280)
    assert reading_order([right, left, upper], "ltr") == [2, 1, 0]
    assert reading_order([right, left, upper], "rtl") == [2, 0, 1]


def test_an_inset_is_read_after_its_panel_and_before_the_next():
    host, inset, following = Box(0, 0, 200, 140), Box(20, 80, 80, 130), Box(0, 150, 200, 300)
    assert reading_order([following, inset, host], "ltr") == [2, 1, 0]


def test_an_inset_at_the_upper_edge_is_read_first():
    host, inset = Box(0, 40, 200, 240), Box(0, 40, 70, 100)
    assert reading_order([host, inset], "ltr") == [1, 0]


@pytest.mark.parametrize(("top", "expected"), [(44, [1, 0]), (45, [0, 1])])
def test_an_inset_begins_at_the_upper_edge_within_a_fiftieth_of_the_panel(top, expected):
    assert reading_order([Box(0, 40, 200, 240), Box(0, top, 70, top + 60)], "ltr") == expected


@pytest.mark.parametrize(("bottom", "expected"), [(160, [1, 0]), (159, [0, 1])])
def test_a_box_that_is_large_enough_holds_another(bottom, expected):
    """An inset at the upper edge is read before its panel; panels that overlap begin at the first corner."""
    assert reading_order([Box(0, 0, 100, bottom), Box(15, 0, 115, 100)], "ltr") == expected


@pytest.mark.parametrize(("left", "expected"), [(15, [1, 0]), (16, [0, 1])])
def test_a_box_holds_another_of_which_most_lies_within(left, expected):
    assert reading_order([Box(0, 0, 100, 200), Box(left, 0, left + 100, 100)], "ltr") == expected


def test_a_box_without_area_is_no_inset():
    assert reading_order([Box(0, 0, 200, 200), Box(100, 0, 100, 100)], "ltr") == [0, 1]


def test_insets_within_insets_are_read_from_the_outside():
    boxes = [Box(40, 40, 60, 60), Box(0, 0, 200, 200), Box(30, 30, 100, 100)]
    assert reading_order(boxes, "rtl") == [1, 2, 0]


def test_yonkoma_is_read_column_by_column():
    strips = [Box(x, 10 + 60 * row, x + 80, 60 + 60 * row) for x in (110, 10) for row in range(4)]
    assert reading_order(strips, "rtl") == list(range(8))
    assert reading_order(strips, "ltr")[:2] == [4, 0]
    assert reading_order(strips, "ttb")[:2] == [4, 0]


@pytest.mark.parametrize(("height", "expected"), [(57, list(range(8))), (58, [0, 4, 1, 5, 2, 6, 3, 7])])
def test_the_panels_of_yonkoma_are_of_one_size(height, expected):
    """57 is 1.15 times 50, rounded down; a larger one makes it a page of tiers."""
    boxes = [Box(x, 10 + 70 * row, x + 80, 60 + 70 * row) for x in (110, 10) for row in range(4)]
    boxes[3] = Box(110, 220, 190, 220 + height)
    assert reading_order(boxes, "rtl") == expected


def test_a_pinwheel_without_any_cut_starts_at_the_first_corner():
    wheel = [Box(0, 0, 130, 60), Box(140, 0, 200, 130), Box(70, 140, 200, 200), Box(0, 70, 60, 200)]
    assert reading_order(wheel, "ltr")[0] == 0
    assert reading_order(wheel, "rtl")[0] == 1


@pytest.mark.parametrize(("down", "first"), [(5, 1), (7, 0)])
def test_without_a_cut_across_counts_six_tenths_of_down(down, first):
    """Ten further to the first corner make up for six further down."""
    wheel = [Box(0, 0, 190, 86), Box(140, down, 200, 180), Box(95, 140, 200, 200), Box(0, 90, 90, 200)]
    assert reading_order(wheel, "rtl")[0] == first


@pytest.mark.parametrize("direction", ["rtl", "ltr"])
def test_the_order_of_drawn_layouts_is_found(direction):
    """Most of what is missed are grids that can be read either way."""
    right = pairs = 0
    for seed in range(150):
        panels = layout.manga(np.random.default_rng(seed), 800, direction).panels
        boxes = [Box(*(round(side) for side in panel.extent)) for panel in panels]
        order = reading_order(boxes, direction)
        place = {one: index for index, one in enumerate(order)}
        right += sum(place[one + 1] == place[one] + 1 for one in range(len(boxes) - 1))
        pairs += len(boxes) - 1
    assert right / pairs >= 0.9


boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60),
)  # fmt: skip


@given(st.lists(boxes, max_size=9), st.sampled_from(["rtl", "ltr", "ttb"]))
def test_every_box_is_read_once_whatever_they_are(found, direction):
    assert sorted(reading_order(found, direction)) == list(range(len(found)))


@given(st.permutations(GRID))
def test_the_order_does_not_hang_on_the_list(shuffled):
    order = [shuffled[one] for one in reading_order(shuffled, "rtl")]
    assert order == [GRID[1], GRID[0], GRID[3], GRID[2]]
    assert all(one != other for one, other in itertools.pairwise(order))
