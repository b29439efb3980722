"""Panels weighed between cuts along gutters and what a detector sees."""

from __future__ import annotations

import numpy as np
import pytest

from engines.detect.base import Detection
from engines.geometry import Box
from host.pipeline.analysis.classical.findings import ClassicalFindings
from host.pipeline.analysis.classical.gutters import Gutters
from host.pipeline.analysis.classical.lettering import find_letters
from host.pipeline.analysis.fusion.evidence import PageEvidence
from host.pipeline.analysis.fusion.frames import Frame, find_frames, gutters_around_panels

HEIGHT, WIDTH = 200, 100
UPPER, LOWER = Box(5, 5, 95, 95), Box(5, 105, 95, 195)


def seen(box: Box, score: float = 0.9) -> Detection:
    return Detection("panel", box, score)


def evidence(cuts: list[Box], *found: Detection, detector: bool = True, paper: int = 255) -> PageEvidence:
    """Return what is known of a page whose gutters leave these boxes."""
    gutters = np.ones((HEIGHT, WIDTH), np.bool_)
    for box in cuts:
        gutters[box.top : box.bottom, box.left : box.right] = False
    grey = np.where(gutters, paper, 128).astype(np.uint8)
    classical = ClassicalFindings(Gutters(gutters, gutters, gutters), find_letters(grey), [], [])
    return PageEvidence(grey, classical, found, has_detector=detector)


def boxes(frames: list[Frame]) -> set[Box]:
    assert len(frames) == len({frame.box for frame in frames})
    return {frame.box for frame in frames}


def test_without_a_detector_the_cuts_are_the_panels_but_for_the_smallest() -> None:
    small, least = Box(10, 110, 26, 119), Box(10, 110, 28, 119)  # 144 and 162 of 20,000 pixels
    assert boxes(find_frames(evidence([UPPER, small], detector=False))) == {UPPER}
    assert boxes(find_frames(evidence([UPPER, least], detector=False))) == {UPPER, least}


def test_where_both_agree_the_exact_box_stands_with_the_better_score() -> None:
    loose = Box(8, 8, 92, 92)
    assert find_frames(evidence([UPPER, LOWER], seen(loose, 0.7), seen(LOWER, 0.9))) == [
        Frame(UPPER, 1.0), Frame(LOWER, 1.0)
    ]  # fmt: skip


def test_a_panel_that_is_seen_twice_is_one() -> None:
    again = Box(5, 5, 95, 70)
    assert boxes(find_frames(evidence([UPPER], seen(UPPER), seen(again, 0.6)))) == {UPPER}


@pytest.mark.parametrize(
    ("box", "is_a_panel"),
    [
        (Box(8, 8, 92, 40), False),  # from edge to edge, across
        (Box(8, 8, 40, 92), False),  # and down
        (Box(8, 8, 60, 40), True),  # an inset in the corner
        (Box(20, 30, 70, 60), True),
        (Box(8, 60, 92, 140), True),  # more than half of it lies beyond
    ],
)
def test_a_piece_that_reaches_from_edge_to_edge_is_no_panel_of_its_own_and_an_inset_is(
    box: Box, *, is_a_panel: bool
) -> None:
    found = boxes(find_frames(evidence([UPPER], seen(UPPER), seen(box, 0.8))))
    assert found == ({UPPER, box} if is_a_panel else {UPPER})


def test_cuts_through_what_is_surely_one_panel_give_way_to_it() -> None:
    left, right = Box(5, 5, 48, 195), Box(52, 5, 95, 195)
    whole = Box(5, 5, 95, 195)
    assert boxes(find_frames(evidence([left, right], seen(whole, 0.5)))) == {whole}
    assert boxes(find_frames(evidence([left, right], seen(whole, 0.4)))) == {left, right, whole}


def test_a_cut_that_holds_several_gives_way_to_them_if_they_fill_it_and_lie_apart() -> None:
    whole = Box(5, 5, 95, 195)
    halves = Box(5, 5, 95, 100), Box(5, 100, 95, 195)
    assert boxes(find_frames(evidence([whole], *map(seen, halves)))) == set(halves)
    lapping = Box(5, 5, 95, 110), Box(5, 45, 95, 150)
    assert whole in boxes(find_frames(evidence([whole], *map(seen, lapping))))
    few = Box(10, 10, 50, 50), Box(50, 100, 90, 140)
    assert boxes(find_frames(evidence([whole], *map(seen, few)))) == {whole, *few}


def test_a_cut_that_nobody_else_sees_stands_if_it_is_large_enough() -> None:
    assert find_frames(evidence([UPPER, LOWER], seen(UPPER)))[1] == Frame(LOWER, 0.6)
    tiny = Box(10, 110, 30, 124)  # 280 of 20,000 pixels
    assert boxes(find_frames(evidence([UPPER, tiny], seen(UPPER)))) == {UPPER}
    assert boxes(find_frames(evidence([UPPER, Box(10, 110, 30, 125)], seen(UPPER)))) == {
        UPPER, Box(10, 110, 30, 125)
    }  # fmt: skip


def test_black_gutters_end_at_panels_that_are_likely_and_others_are_let_alone() -> None:
    inner = Box(20, 20, 80, 90)  # black art runs into the black paper around it
    for paper, score, is_kept in (
        (0, 0.9, False),
        (32, 0.3, False),
        (33, 0.9, True),
        (0, 0.29, True),
        (255, 0.9, True),
    ):
        gutters = gutters_around_panels(evidence([inner], seen(UPPER, score), paper=paper))
        assert gutters[10:18, 10:90].all() == is_kept
        assert gutters[100:].all()
        assert not gutters[20:90, 20:80].any()


def test_a_page_without_gutters_has_none_around_panels() -> None:
    whole = Box(0, 0, WIDTH, HEIGHT)
    assert not gutters_around_panels(evidence([whole], seen(UPPER), paper=0)).any()
