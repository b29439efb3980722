"""What makes a region a balloon, to the pixel: its size, its ground, its ink and the writing in it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engines.geometry import Box
from host.pipeline.analysis.classical import balloons
from host.pipeline.analysis.classical.balloons import (
    _cover_min,
    _holds_writing,
    _is_balloon,
    _unevenness,
    _worth_a_look,
    beside,
    solidity_of,
)
from tests.host.pipeline.lettered import letters_at, region_at, row, strays

PAGE = (1000, 1000)
SIDE = 100
FULL = np.ones((SIDE, SIDE), np.uint8)
CORNER = FULL.copy()
CORNER[:80, 20:] = 0
"""Neither round nor a box."""


@pytest.mark.parametrize(
    ("area_share", "solidity", "least"),
    [
        (0.06, 0.85, 0.04),
        (0.06, 0.84, 0.2),
        (0.061, 0.9, 0.2),
        (0.03, 0.84, 0.08),
        (0.031, 0.84, 0.2),
        (0.031, 0.85, 0.04),
        (0.001, 0.5, 0.08),
    ],
)
def test_writing_covers_little_of_what_is_round_and_much_of_what_is_large(area_share, solidity, least):
    assert _cover_min(area_share, solidity) == least


def written(body, *places, **facts):
    letters = letters_at(*places, shape=PAGE, **facts)
    return _holds_writing(region_at(200, 200, body, range(len(places))), letters, PAGE[1])


@pytest.mark.parametrize(
    ("body", "others", "holds"),
    [
        (FULL, 2, True),
        (CORNER, 2, True),  # three of five stand in a row
        (FULL, 3, True),
        (CORNER, 3, False),  # half is enough in a compact body alone
        (FULL, 4, False),
    ],
)
def test_lines_of_letters_are_writing(body, others, holds):
    assert written(body, *row(3, left=220, top=230), *strays(others)) == holds


@pytest.mark.parametrize(
    ("body", "middle", "holds"),
    [
        (FULL, (249.5, 249.5), True),
        (FULL, (269.5, 249.5), True),
        (FULL, (269.6, 249.5), False),
        (FULL, (229.5, 249.5), True),
        (FULL, (229.4, 249.5), False),
        (FULL, (249.5, 269.5), True),
        (FULL, (249.5, 269.6), False),
        (CORNER, (230, 260), False),
    ],
)
def test_a_short_word_stands_in_the_middle_of_a_compact_body(body, middle, holds):
    x, y = middle
    assert written(body, (x - 15, y, 20), (x + 15, y, 20)) == holds


def test_flat_marks_in_the_middle_are_no_word():
    assert not written(FULL, (235, 250, 20), (265, 250, 20), width_01=0.3)


def dotted(count):
    """Return ink of so many pixels that stand close enough to be one block of writing."""
    ink = np.zeros((SIDE, SIDE), np.bool_)
    rows, columns = np.divmod(np.arange(count), 15)
    ink[10 + 6 * rows, 5 + 6 * columns] = True
    return ink


def block(height, width):
    ink = np.zeros((SIDE, SIDE), np.bool_)
    ink[20 : 20 + height, 20 : 20 + width] = True
    return ink


def judged(ink, *, area_max=0.12, ground=FULL, body=FULL, grey=None):
    """Return whether a region of a hundredth of the page, with three letters and this ink in it, is a balloon."""
    letters = letters_at(*row(3, left=220, top=250), shape=PAGE)
    letters.mask[:] = False
    letters.mask[200:300, 200:300] = ink
    page = np.full(PAGE, 255, np.uint8) if grey is None else grey
    return _is_balloon(region_at(200, 200, body, range(3), ground), letters, page, area_max)


LESS = block(20, 20)
LESS[20, 20] = False
MORE = block(50, 60)
MORE[0, 0] = True


@pytest.mark.parametrize(
    ("ink", "is_one"),
    [
        (dotted(150), True),
        (dotted(149), False),
        (block(50, 60), True),
        (MORE, False),
        (block(20, 20), True),
        (LESS, False),  # a twenty-fifth of it is covered by writing
    ],
    ids=["enough ink", "less", "much ink", "more", "enough cover", "less cover"],
)
def test_a_balloon_holds_some_ink_and_not_too_much(ink, is_one):
    assert judged(ink) == is_one


def test_it_is_no_larger_than_it_may_be():
    assert judged(dotted(150), area_max=0.01)
    assert not judged(dotted(150), area_max=0.0099)


def test_half_of_it_is_ground():
    half = FULL.copy()
    half[50:] = 0
    assert judged(dotted(150), ground=half)
    half[49, 99] = 0
    assert not judged(dotted(150), ground=half)


@pytest.mark.parametrize(("other", "is_one"), [(213, True), (214, False)])
def test_its_ground_is_even(other, is_one):
    grey = np.full(PAGE, 200, np.uint8)
    grey[250:300, 200:300] = other
    assert judged(dotted(150), grey=grey) == is_one


def test_the_edge_of_the_ground_says_nothing_of_how_even_it_is():
    grey, ground = np.full((40, 40), 200, np.uint8), np.zeros((40, 40), np.uint8)
    ground[5:35, 5:35] = 1
    grey[5:7] = grey[33:35] = grey[:, 5:7] = grey[:, 33:35] = 0
    assert _unevenness(grey, ground) == 0
    grey[7, 7] = 0
    assert _unevenness(grey, ground) == pytest.approx(200 * (1 / 676 * 675 / 676) ** 0.5)
    assert _unevenness(grey, np.eye(40, dtype=np.uint8)) == 0  # nothing of it is within


def test_what_is_all_arms_is_no_balloon():
    star = np.zeros((SIDE, SIDE), np.uint8)
    star[45:55] = star[:, 45:55] = 1
    assert 0.3 < solidity_of(region_at(0, 0, star)) < 0.4
    assert not judged(block(20, 20), body=star, ground=star)


def test_solidity_is_the_share_of_the_hull():
    triangle = cv2.fillPoly(np.zeros((201, 201), np.uint8), [np.array([[0, 0], [200, 0], [0, 200]])], 1)
    assert solidity_of(region_at(0, 0, triangle)) == pytest.approx(1, abs=0.02)
    bite = triangle.copy()
    bite[:100, :100] = 0
    assert solidity_of(region_at(0, 0, bite)) == pytest.approx(2 / 3, abs=0.03)


@pytest.mark.parametrize(("area", "is_worth"), [(599, False), (600, True), (120_000, True), (120_001, False)])
def test_regions_of_a_balloon_s_size_with_marks_in_them_are_looked_at(area, is_worth):
    letters = letters_at((50, 50, 20), shape=PAGE)
    stats = np.array([[0, 0, 1000, 1000, 5000], [0, 0, 51, 51, area], [60, 60, 100, 100, 5000]], np.int32)
    assert list(_worth_a_look(stats, letters, 1_000_000)) == ([1] if is_worth else [])


class TestBeside:
    def ground(self, *spots, level=255, around=100):
        grey = np.full((100, 100), around, np.uint8)
        for x, y in spots:
            grey[y, x] = level
        return grey

    @pytest.mark.parametrize(
        "spot", [(63, 50), (37, 50), (50, 63), (50, 37), (59, 59), (40, 59), (59, 40), (40, 40)], ids=str
    )
    @pytest.mark.parametrize("light", [False, True])
    def test_the_brightest_point_around_a_dark_mark_the_darkest_around_a_light_one(self, spot, light):
        letters = letters_at((50, 50, 20), light=light)
        grey = self.ground(spot, level=0 if light else 255)
        assert list(beside(letters, np.array([0]), grey)) == [spot]

    def test_points_off_the_page_are_none(self):
        grey = self.ground((0, 50), (50, 0))[:63, :63]
        letters = letters_at((13, 50, 20), (50, 13, 20), (50, 50, 20), (5000, 5000, 20))
        assert list(beside(letters, np.array([0, 1]), grey)) == [(0, 50), (50, 0)]
        # To the right and below the page ends: of the others the first is as bright as any.
        assert list(beside(letters, np.array([2]), grey)) == [(37, 50)]
        assert list(beside(letters, np.array([3]), grey)) == []

    @pytest.mark.parametrize(("count", "points"), [(1, 1), (12, 12), (23, 23), (24, 12), (25, 13), (36, 12)])
    def test_of_many_marks_about_a_dozen_are_asked(self, count, points):
        letters = letters_at(*row(count, left=20, step=2, top=50))
        assert len(list(beside(letters, np.arange(count), self.ground()))) == points


def test_ground_that_one_mark_has_reached_is_not_asked_again_and_the_rest_of_it_is(monkeypatch):
    """Two patches of ground of one tint, each with marks beside it: both are filled, each once."""
    grey = np.full((400, 400), 40, np.uint8)
    grey[20:80, 20:180] = grey[120:180, 20:180] = 130
    letters = letters_at(*row(4, left=60, step=20, top=50), *row(4, left=60, step=20, top=150))
    filled = []
    monkeypatch.setattr(balloons, "groups_outside", lambda letters, taken: [np.arange(8)])
    monkeypatch.setattr(balloons, "likeness", lambda *_: 1.0)
    monkeypatch.setattr(balloons, "_region", lambda marked, box, letters: [(box, int(marked.sum()))])
    flood = cv2.floodFill
    monkeypatch.setattr(cv2, "floodFill", lambda *asked: filled.append(asked[2]) or flood(*asked))
    found = list(balloons._tinted_regions(grey, np.ones(grey.shape, bool), letters))
    assert found == [(Box(20, 20, 180, 180), 2 * 60 * 160)]
    assert len(filled) == 2
