"""Which way a chapter is read: by lettering, by shape, by all of its pages."""

import threading

import numpy as np
import pytest

from engines.geometry import Box, Size
from host.pipeline.analysis.layout.direction import ChapterDirection, DirectionVote, lettering_vote, shape_vote, winner

WIDE, TALL = Box(0, 0, 300, 150), Box(0, 0, 150, 300)


def lettering(rows: bool) -> tuple[np.ndarray, Box]:
    """Return three lines of square letters, with gaps between lines twice those between letters."""
    ink = np.zeros((140, 140), np.bool_)
    for line in range(3):
        for letter in range(6):
            y, x = 20 + line * 36, 10 + letter * 20
            ink[y : y + 15, x : x + 15] = True
    ink = ink if rows else np.ascontiguousarray(ink.T)
    return ink, Box(0, 0, 140, 140)


def test_columns_of_writing_speak_for_right_to_left():
    ink, block = lettering(rows=False)
    vote = lettering_vote(ink, [(block, TALL)])
    assert vote.rtl > 1.0
    assert vote.ltr == 0.0


def test_lines_in_wide_balloons_speak_for_left_to_right_and_in_tall_ones_do_not():
    ink, block = lettering(rows=True)
    assert winner([lettering_vote(ink, [(block, WIDE)])]) == "ltr"
    assert winner([lettering_vote(ink, [(block, TALL)])]) == "rtl"


@pytest.mark.parametrize(("across", "down"), [(120, 15), (15, 120)])
def test_a_single_line_is_told_by_its_shape(across, down):
    ink = np.zeros((140, 140), np.bool_)
    ink[5 : 5 + down, 5 : 5 + across] = True
    ink[:, 20::20] = ink[20::20] = False
    vote = lettering_vote(ink, [(Box(0, 0, 140, 140), WIDE)])
    assert (vote.ltr > 0) == (across > down)
    assert (vote.rtl > 0) == (down > across)


def test_empty_blocks_say_nothing():
    assert lettering_vote(np.zeros((50, 50), np.bool_), [(Box(0, 0, 50, 50), None)]) == DirectionVote()
    assert lettering_vote(np.zeros((50, 50), np.bool_), [(Box(9, 9, 9, 9), None)]) == DirectionVote()


def test_a_strip_is_read_from_the_top():
    assert winner([shape_vote(Size(8000, 800))]) == "ttb"
    assert winner([shape_vote(Size(1400, 1000))]) == "rtl"


def test_one_page_does_not_turn_a_chapter():
    chapter = ChapterDirection()
    assert chapter.decide("a", [DirectionVote(ltr=5)]) == "ltr"
    assert chapter.decide("b", [DirectionVote(rtl=2)]) == "ltr"
    assert chapter.decide("c", [DirectionVote(rtl=4)]) == "rtl"


def test_a_page_that_is_read_again_counts_once():
    chapter = ChapterDirection()
    chapter.decide("a", [DirectionVote(ltr=2)])
    for _ in range(5):
        chapter.decide("b", [DirectionVote(rtl=1)])
    assert chapter.decide("b", [DirectionVote(rtl=1)]) == "ltr"


def test_pages_may_vote_at_once():
    chapter = ChapterDirection()
    threads = [
        threading.Thread(target=lambda page=page: chapter.decide(str(page), [DirectionVote(ltr=1)]))
        for page in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert chapter.decide("last", [DirectionVote(rtl=39)]) == "ltr"
    assert chapter.decide("more", [DirectionVote(rtl=2)]) == "rtl"
