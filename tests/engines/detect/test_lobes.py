"""Lobes of one balloon are joined; balloons that an outline parts are not."""

import cv2
import numpy as np
import pytest

from engines.detect import lobes
from engines.detect.boxes import Proposal
from engines.detect.lobes import with_joined_lobes

UPPER, LOWER = Proposal(1, 0.8, (40, 30, 160, 110)), Proposal(1, 0.7, (90, 95, 210, 175))
BALLOONS = frozenset({1})


def page(*, outlined: bool, fill: int = 255, second: int = 255) -> np.ndarray:
    picture = np.full((220, 260), 130, np.uint8)
    for box, level in ((UPPER, fill), (LOWER, second)):
        left, top, right, bottom = (int(side) for side in box.edges)
        middle, half = ((left + right) // 2, (top + bottom) // 2), ((right - left) // 2, (bottom - top) // 2)
        cv2.ellipse(picture, middle, half, 0, 0, 360, level, -1)
        if outlined:
            cv2.ellipse(picture, middle, half, 0, 0, 360, 0, 3)
        cv2.putText(picture, "Wait!", (middle[0] - 35, middle[1] + 8), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 0, 2)
    return picture


def test_lobes_without_an_outline_between_them_are_one_balloon():
    assert with_joined_lobes(page(outlined=False), [UPPER, LOWER], BALLOONS) == [Proposal(1, 0.8, (40, 30, 210, 175))]


@pytest.mark.parametrize("picture", [page(outlined=True), page(outlined=False, second=200)])
def test_balloons_with_an_outline_or_another_fill_stay_two(picture):
    assert with_joined_lobes(picture, [UPPER, LOWER], BALLOONS) == [UPPER, LOWER]


def test_other_classes_are_left_alone():
    panels = [Proposal(0, 0.8, UPPER.edges), Proposal(0, 0.7, LOWER.edges)]
    assert with_joined_lobes(page(outlined=False), panels, BALLOONS) == panels


def test_boxes_that_run_off_the_page_are_taken_as_they_are():
    page_of_one = np.full((1, 1), 255, np.uint8)
    odd = [Proposal(1, 0.5, (-9, -9, 4, 4)), Proposal(1, 0.4, (-5, -5, 9, 9)), Proposal(1, 0.3, (0, 0, 0.2, 0.1))]
    assert len(with_joined_lobes(page_of_one, odd, BALLOONS)) in (1, 2, 3)


@pytest.mark.parametrize(
    ("edges", "corner", "rows", "columns"),
    [
        ((40, 30, 160, 110), (0, 0), (39, 60), (54, 91)),  # 0.12 of 80 and 120
        ((40, 30, 160, 110), (40, 20), (19, 60), (14, 91)),
        ((-40, -30, 0, 10), (0, 0), (0, 30), (0, 30)),  # off the page: from its corner on
        ((5, 5, 5.5, 5.5), (5, 5), (0, 1), (0, 1)),  # a pixel at least
    ],
)
def test_the_middle_of_a_lobe_is_its_box_without_a_rim(edges, corner, rows, columns):
    inner = lobes._inner(Proposal(1, 1, edges), *corner)
    for found, (start, length) in zip(inner, (rows, columns), strict=True):
        assert (found.start, found.stop - found.start) == (start, length)


@pytest.mark.parametrize(
    ("levels", "level"),
    [([250] * 9, 252), ([0] * 9, 4), ([250] * 5 + [10] * 4, 252), ([100] * 3 + [108] * 3 + [20] * 4, 108)],
)
def test_the_fill_is_the_grey_that_is_there_most_to_eight_levels_and_its_neighbours(levels, level):
    assert abs(lobes._fill_level(np.array([levels], np.uint8)) - level) <= 8


@pytest.mark.parametrize(
    ("numbers", "region"), [([1, 1, 1, 2], 1), ([0, 0, 0, 2], None), ([0, 2, 2, 2], 2), ([0, 0, 0, 0], None)]
)
def test_the_region_of_a_lobe_is_the_one_that_fills_it(numbers, region):
    assert lobes._main_region(np.array([numbers] * 3, np.int32)) == region


@pytest.mark.parametrize(
    ("one", "other", "edges"),
    [
        ((5, 6, 20, 30), (9, 2, 15, 40), (5, 2, 20, 40)),
        ((9, 2, 15, 40), (5, 6, 20, 30), (5, 2, 20, 40)),
        ((1, 50, 2, 60), (30, 4, 40, 5), (1, 4, 40, 60)),
    ],
)
def test_the_union_of_two_lobes_holds_both_and_is_as_sure_as_the_surer(one, other, edges):
    found = lobes._union(Proposal(1, 0.3, one, frozenset({0, 2})), Proposal(1, 0.6, other, frozenset({1, 2})))
    assert found == Proposal(1, 0.6, edges, frozenset({2}))


def test_the_fill_is_the_grey_that_is_there_most():
    assert lobes._fill_level(np.array([[0, 1, 200, 201, 202]], np.uint8)) == 196
    assert lobes._fill_level(np.full((3, 3), 255, np.uint8)) == 244
    assert lobes._fill_level(np.array([[9, 17, 25, 90, 90]], np.uint8)) == 20  # the neighbours of a level count with it


@pytest.mark.parametrize(
    ("numbers", "main"), [([0, 0, 0, 0], None), ([2, 2, 2, 0], 2), ([1, 2, 2, 2], 2), ([1, 0, 0, 0], None)]
)
def test_the_main_region_is_the_largest_of_those_that_fill_most_of_a_lobe(numbers, main):
    assert lobes._main_region(np.array([numbers], np.int32)) == main


@pytest.mark.parametrize(
    "other",
    [
        Proposal(2, 0.7, LOWER.edges),
        Proposal(1, 0.7, (160, 95, 260, 175)),  # side by side
        Proposal(1, 0.7, (90, 110, 210, 175)),  # one above the other
    ],
)
def test_boxes_of_two_kinds_or_apart_are_no_lobes(other):
    assert lobes._are_lobes(page(outlined=False), UPPER, LOWER)
    assert not lobes._are_lobes(page(outlined=False), UPPER, other)
