"""Lobes of one balloon are joined; balloons that an outline parts are not."""

import cv2
import numpy as np
import pytest

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
