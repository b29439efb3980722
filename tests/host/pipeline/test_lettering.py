"""What is a letter-like mark, to the level and the pixel, and how like writing marks are."""

from __future__ import annotations

import numpy as np
import pytest

from engines.geometry import Box
from host.pipeline.analysis.classical.lettering import (
    find_letters,
    is_readable,
    is_short_word,
    likeness,
    mask_of,
    typical_size,
    with_light,
)
from tests.host.pipeline.lettered import letters_at, row, strays

WIDTH = 1000


def all_of(letters):
    return np.arange(len(letters.ids))


def alike(*places):
    letters = letters_at(*places)
    return likeness(letters, all_of(letters), WIDTH)


def paper(level=255):
    return np.full((200, WIDTH), level, np.uint8)


def marked(mark=0, ground=255, height=10, width=10, left=500, top=100):
    """Return what is found on even ground with one filled mark on it."""
    page = paper(ground)
    page[top : top + height, left : left + width] = mark
    return find_letters(page)


class TestMarks:
    @pytest.mark.parametrize(
        ("ground", "mark", "is_ink"),
        [
            (255, 191, True),
            (255, 192, False),  # a quarter of the ground
            (200, 149, True),
            (200, 150, False),
            (156, 115, True),
            (156, 116, False),  # forty levels at least
            (150, 0, True),
            (149, 0, False),  # no ground for letters
        ],
    )
    def test_ink_is_a_quarter_darker_than_bright_ground(self, ground, mark, is_ink):
        assert len(marked(mark, ground).ids) == is_ink

    @pytest.mark.parametrize(
        ("height", "width", "is_one"),
        [(2, 2, True), (1, 4, True), (1, 3, False), (3, 1, False), (4, 90, True), (4, 91, False), (90, 4, True),
         (91, 4, False)],
    )  # fmt: skip
    def test_a_mark_has_four_pixels_at_least_and_a_letter_s_size_at_most(self, height, width, is_one):
        assert len(marked(height=height, width=width).ids) == is_one

    @pytest.mark.parametrize(("step", "is_found"), [(24, True), (25, False)])
    def test_its_ground_is_even(self, step, is_found):
        page = paper(200)
        page[:, 505:] += np.uint8(step)
        page[100:110, 500:510] = 0
        assert len(find_letters(page).ids) == is_found

    @pytest.mark.parametrize(("left", "is_found"), [(502, True), (501, False), (490, True), (491, False)])
    def test_seven_tenths_of_it_are_enough(self, left, is_found):
        """Four columns on either side of the step from 496 on are uneven."""
        page = paper(200)
        page[:, 500:] = 240
        page[100:108, left : left + 8] = 0
        assert len(find_letters(page).ids) == is_found

    def test_a_mark_is_told_by_its_middle_its_sides_and_its_ink(self):
        page = paper()
        page[100:104, 500:510] = 0
        page[102:104, 505:510] = 255
        found = find_letters(page)
        assert (found.size.tolist(), found.width_01.tolist(), found.fill_01.tolist()) == ([10], [0.4], [0.75])
        assert found.x[0] == pytest.approx((20 * 504.5 + 10 * 502) / 30)
        assert found.y[0] == pytest.approx((20 * 100.5 + 10 * 102.5) / 30)
        assert np.array_equal(found.mask, page == 0)
        assert np.array_equal(found.labels == found.ids[0], found.mask)
        assert found.light.tolist() == [False]

    def test_one_in_the_corner_of_the_page_is_one(self):
        assert len(marked(left=0, top=0).ids) == len(marked(left=WIDTH - 10, top=190).ids) == 1

    def test_a_mark_is_inside_where_its_middle_is(self):
        letters = letters_at((10, 20, 4), (30, 20, 4))
        inside = [Box(10, 20, 11, 21), Box(9, 19, 10, 21), Box(9, 19, 11, 20), Box(11, 20, 30, 21), Box(0, 0, 99, 99)]
        assert [letters.inside(box).tolist() for box in inside] == [[0], [], [], [], [0, 1]]


class TestLikeness:
    @pytest.mark.parametrize(
        ("places", "share"),
        [
            (row(3, step=35), 1.0),
            (row(3, step=36), 0.0),  # too far apart
            ([(200, 100 + 35 * at, 20) for at in range(3)], 1.0),
            ([(200, 100 + 36 * at, 20) for at in range(3)], 0.0),
            ([(200, 100, 20), (235, 107, 20), (270, 100, 20)], 1.0),
            ([(200, 100, 20), (235, 108, 20), (270, 100, 20)], 0.0),  # no row
            ([(100, 200, 20), (107, 235, 20), (100, 270, 20)], 1.0),
            ([(100, 200, 20), (108, 235, 20), (100, 270, 20)], 0.0),
            ([(200, 100, 20), (230, 100, 7.1), (260, 100, 20)], 1.0),
            ([(200, 100, 20), (230, 100, 7), (260, 100, 20)], 0.0),  # no letter beside it
            (row(2), 0.0),
            ([*row(3), (5000, 5000, 30)], 2 / 3),
            ([*row(3), *((800, 100 + 30 * at, 20) for at in range(4))], 4 / 7),  # rows or columns
        ],
    )
    def test_marks_stand_in_rows_or_columns_of_three_of_a_size(self, places, share):
        assert alike(*places) == pytest.approx(share)

    @pytest.mark.parametrize(("count", "share"), [(397, 3 / 400), (398, 0.0), (400, 0.0)])
    def test_of_many_the_first_four_hundred_tell(self, count, share):
        assert alike(*strays(count), *row(3)) == pytest.approx(share)

    @pytest.mark.parametrize(("size", "is_read"), [(7.9, False), (8, True), (60, True), (60.1, False)])
    def test_letters_have_a_readable_size(self, size, is_read):
        letters = letters_at(*row(3, size=size, step=size))
        assert is_readable(letters, all_of(letters), WIDTH) == is_read
        assert likeness(letters, all_of(letters), WIDTH) == is_read

    @pytest.mark.parametrize(
        ("sizes", "typical"),
        [
            ([], 0.0),
            ([20, 6], 20.0),
            ([20, 7], 13.5),
            ([8, 8, 8, 20, 20], 8.0),
            ([7.9, 7.9, 7.9, 20, 20], 20.0),
        ],
    )
    def test_the_usual_size_leaves_dots_out(self, sizes, typical):
        assert typical_size(np.array(sizes, np.float64)) == typical


class TestShortWords:
    @pytest.mark.parametrize(("count", "is_word"), [(1, False), (2, True), (8, True), (9, False)])
    def test_a_short_word_has_two_to_eight_letters(self, count, is_word):
        letters = letters_at(*row(count))
        assert is_short_word(letters, all_of(letters), WIDTH) == is_word

    @pytest.mark.parametrize(("off", "is_word"), [(18, True), (18.1, False)])
    @pytest.mark.parametrize("down", [False, True])
    def test_they_stand_in_one_row_or_column(self, off, is_word, down):
        places = [(200, 100, 20), (260, 100 + off, 20)]
        letters = letters_at(*([(y, x, size) for x, y, size in places] if down else places))
        assert is_short_word(letters, all_of(letters), WIDTH) == is_word

    @pytest.mark.parametrize(
        ("width_01", "small", "is_word"),
        [
            ((0.45, 0.2, 0.2), 10, True),
            ((0.44, 0.2, 0.2), 10, False),  # flat as closed eyes
            ((0.2, 0.2, 1.0), 10, True),
            ((0.2, 0.2, 1.0), 9.9, False),  # a dot does not count
        ],
    )
    def test_not_all_of_them_are_flat(self, width_01, small, is_word):
        letters = letters_at(*row(2), (260, 200, small), width_01=width_01)
        assert is_short_word(letters, all_of(letters), WIDTH) == is_word

    @pytest.mark.parametrize(("size", "is_word"), [(7.9, False), (8, True)])
    def test_they_can_be_read(self, size, is_word):
        letters = letters_at(*row(3, size=size))
        assert is_short_word(letters, all_of(letters), WIDTH) == is_word


class TestLight:
    def test_light_marks_come_after_the_dark_ones_and_under_them(self):
        dark = letters_at((100, 100, 10), (200, 100, 10))
        light = letters_at((204, 100, 10), (300, 100, 6), width_01=0.5, fill_01=0.25)
        both = with_light(dark, light)
        assert both.ids.tolist() == [1, 2, 3, 4]
        assert both.light.tolist() == [False, False, True, True]
        assert (both.x.tolist(), both.y.tolist()) == ([100, 200, 204, 300], [100] * 4)
        assert both.size.tolist() == [10, 10, 10, 6]
        assert both.width_01.tolist() == [1, 1, 0.5, 0.5]
        assert both.fill_01.tolist() == [1, 1, 0.25, 0.25]
        assert [int((both.labels == one).sum()) for one in both.ids] == [100, 100, 40, 36]
        assert np.array_equal(both.mask, dark.mask | light.mask)
        assert np.array_equal(both.mask, both.labels > 0)

    def test_without_light_marks_nothing_changes(self):
        dark = letters_at((100, 100, 10))
        assert with_light(dark, letters_at()) is dark
        assert with_light(letters_at(), dark).ids.tolist() == [1]

    def test_the_mask_of_groups_holds_those_alone(self):
        letters = letters_at((100, 100, 10), (200, 100, 10), (300, 100, 10))
        mask = mask_of(letters, [np.array([0]), np.array([2])])
        assert np.array_equal(mask, (letters.labels == 1) | (letters.labels == 3))
        assert not mask_of(letters, []).any()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 11, 40])
def test_the_typical_size_is_the_median_without_what_is_small_beside_the_large(count):
    random = np.random.default_rng(count)
    for size in (random.integers(2, 60, count).astype(np.float64), 60 * random.random(count)):
        assert typical_size(size) == np.median(size[size >= 0.4 * np.percentile(size, 80)])
