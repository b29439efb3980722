"""Blocks of writing, and marks that are writing outside of balloons."""

from __future__ import annotations

import numpy as np
import pytest

from engines.geometry import Box
from host.pipeline.analysis.classical.blocks import _is_writing, free_lettering, groups_outside, text_boxes
from tests.host.pipeline.lettered import SHAPE, letters_at, row, strays

NOTHING = np.zeros(SHAPE, np.bool_)


def ink(*boxes):
    mask = np.zeros((40, 60), np.bool_)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = True
    return mask


@pytest.mark.parametrize(
    ("written", "boxes"),
    [
        ([(5, 6, 15, 10)], [Box(5, 6, 15, 10)]),
        ([(0, 0, 10, 4)], [Box(0, 0, 10, 4)]),
        ([(5, 6, 15, 10), (19, 6, 25, 10)], [Box(5, 6, 25, 10)]),  # a gap of a letter joins
        ([(5, 6, 15, 10), (20, 6, 25, 10)], [Box(5, 6, 15, 10), Box(20, 6, 25, 10)]),
        ([(5, 6, 9, 8)], [Box(5, 6, 9, 8)]),
        ([(5, 6, 12, 7)], []),  # less than half a letter
    ],
)
def test_writing_closer_than_a_letter_is_one_block(written, boxes):
    assert sorted(text_boxes(ink(*written), 4)) == boxes
    moved = [Box(left + 100, top + 200, right + 100, bottom + 200) for left, top, right, bottom in boxes]
    assert sorted(text_boxes(ink(*written), 4, 100, 200)) == moved


@pytest.mark.parametrize(("size", "is_read"), [(5.9, False), (6, True), (60, True), (60.1, False)])
def test_marks_that_can_be_read_are_grouped(size, is_read):
    assert [group.tolist() for group in groups_outside(letters_at((200, 200, size)), NOTHING)] == [[0]] * is_read


def test_the_least_size_can_be_asked_for():
    letters = letters_at((200, 200, 14.9), (600, 200, 15))
    assert [group.tolist() for group in groups_outside(letters, NOTHING, 0.015)] == [[1]]


def test_marks_in_what_is_taken_are_left_out():
    taken = NOTHING.copy()
    taken[200, 200] = True
    assert [group.tolist() for group in groups_outside(letters_at((200, 200, 20), (600, 200, 20)), taken)] == [[1]]


@pytest.mark.parametrize(("step", "groups"), [(37, [[0, 1]]), (38, [[0], [1]])])
def test_near_marks_are_one_group(step, groups):
    assert [group.tolist() for group in groups_outside(letters_at(*row(2, step=step)), NOTHING)] == groups


def test_every_mark_is_in_one_group():
    letters = letters_at(*row(3), *row(2, left=600), *row(4, left=200, top=320))
    assert [group.tolist() for group in groups_outside(letters, NOTHING)] == [[0, 1, 2], [3, 4], [5, 6, 7, 8]]


def line(*sizes, **facts):
    places = [(200 + 30 * at, 200, size) for at, size in enumerate(sizes)]
    letters = letters_at(*places, **facts)
    return _is_writing(letters, np.arange(len(sizes)), SHAPE[1])


@pytest.mark.parametrize(
    ("sizes", "is_writing"),
    [
        ((20, 24, 16, 20, 20), True),
        ((20, 24, 16, 20), False),  # too few
        ((20, 22, 18, 20, 20), False),  # even as screentone
        ((20, 22.6, 17.4, 20, 20), True),
        ((25, 25, 25, 50, 50), True),
        ((25, 25, 25, 60, 60), False),  # no sizes of one writing
    ],
)
def test_letters_are_five_at_least_uneven_and_of_one_size(sizes, is_writing):
    assert line(*sizes) == is_writing


@pytest.mark.parametrize(("fill", "is_writing"), [(0.25, True), (0.24, False)])
def test_thin_strokes_in_large_boxes_are_rain(fill, is_writing):
    assert line(20, 24, 16, 20, 20, fill_01=(0.1, 0.1, fill, 0.9, 0.9)) == is_writing


@pytest.mark.parametrize(("count", "is_writing"), [(4, True), (3, False)])
def test_four_of_five_stand_in_line(count, is_writing):
    sizes = (20, 24, 16, 20)
    places = [(200 + 30 * at, 200, size) for at, size in enumerate(sizes[:count])] + strays(5 - count)
    assert _is_writing(letters_at(*places), np.arange(5), SHAPE[1]) == is_writing


def test_free_lettering_is_what_is_writing_outside():
    sizes = (20, 24, 16, 20, 20)
    places = [(200 + 30 * at, 100, size) for at, size in enumerate(sizes)]
    places += [(200 + 30 * at, 300, 20) for at in range(5)]  # a screen
    assert [group.tolist() for group in free_lettering(letters_at(*places), NOTHING)] == [[0, 1, 2, 3, 4]]
    assert free_lettering(letters_at(*places), ~NOTHING) == []
