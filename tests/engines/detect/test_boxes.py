"""Thinning out what a network proposes, and putting together what tiles saw of one thing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.detect import boxes
from engines.detect.boxes import Proposal, joined, suppress, unnested
from engines.geometry import Box

side = st.integers(0, 60)
proposal = st.tuples(side, side, st.integers(1, 40), st.integers(1, 40), st.integers(0, 2), st.integers(1, 99))


def arrays(proposals):
    boxes = np.array([[x, y, x + w, y + h] for x, y, w, h, _, _ in proposals], np.float32).reshape(-1, 4)
    kinds = np.array([kind for *_, kind, _ in proposals], np.int64)
    return boxes, np.array([score / 100 for *_, score in proposals], np.float32), kinds


@given(st.lists(proposal, max_size=25))
def test_what_stays_is_best_first_and_overlaps_no_better_one_of_its_class(proposals):
    boxes, scores, kinds = arrays(proposals)
    kept = suppress(boxes, scores, kinds, 0.5)
    assert list(scores[kept]) == sorted(scores[kept], reverse=True)
    exact = [Box(*map(int, box)) for box in boxes]
    for rank, one in enumerate(kept):
        for better in kept[:rank]:
            assert kinds[one] != kinds[better] or exact[one].iou(exact[better]) <= 0.5 + 1e-6
    for dropped in set(range(len(proposals))) - set(kept.tolist()):
        rivals = [one for one in kept if kinds[one] == kinds[dropped] and scores[one] >= scores[dropped]]
        assert any(exact[one].iou(exact[dropped]) > 0.5 - 1e-6 for one in rivals)


@given(st.lists(proposal, max_size=15))
def test_joining_does_not_depend_on_the_order_of_what_was_found(proposals):
    found = [Proposal(kind, score / 100, (x, y, x + w, y + h)) for x, y, w, h, kind, score in proposals]
    assert joined(found) == joined(found[::-1])


def test_a_panel_cut_by_three_tiles_becomes_one():
    pieces = [
        Proposal(0, 0.7, (10, 300, 410, 640), frozenset({3})),
        Proposal(0, 0.9, (12, 450, 408, 1090), frozenset({1, 3})),
        Proposal(0, 0.8, (10, 900, 411, 1300), frozenset({1})),
    ]
    assert joined(pieces) == [Proposal(0, 0.9, (10, 300, 411, 1300))]


@pytest.mark.parametrize("score", [0.2, 0.95])
def test_a_piece_goes_when_another_tile_saw_the_whole(score):
    whole = Proposal(1, 0.6, (100, 500, 200, 650))
    piece = Proposal(1, score, (100, 500, 200, 640), frozenset({3}))
    assert joined([piece, whole]) == [whole]


def test_two_panels_beside_each_other_stay_two_where_a_tile_ends():
    left = Proposal(0, 0.9, (0, 500, 190, 640), frozenset({3}))
    right = Proposal(0, 0.9, (210, 450, 400, 700), frozenset({1}))
    assert sorted(joined([left, right]), key=lambda one: one.edges) == [left, right]


def test_pieces_of_different_classes_are_not_joined():
    one, other = Proposal(0, 0.5, (0, 0, 9, 9), frozenset({3})), Proposal(1, 0.5, (0, 8, 9, 20), frozenset({1}))
    assert len(joined([one, other])) == 2


def test_of_a_balloon_and_its_lobe_the_better_stays_and_insets_of_panels_stay_both():
    whole, lobe = Proposal(1, 0.5, (0, 0, 100, 60)), Proposal(1, 0.8, (0, 0, 55, 60))
    panel, inset = Proposal(0, 0.9, (0, 0, 100, 100)), Proposal(0, 0.7, (10, 10, 40, 40))
    assert unnested([whole, panel, lobe, inset], frozenset({1})) == [panel, lobe, inset]


BOX = (100.0, 20.0, 140.0, 120.0)  # 40 wide, 100 high


@pytest.mark.parametrize(
    ("other", "area"),
    [
        (BOX, 4000), ((110, 20, 200, 120), 3000), ((0, 20, 110, 120), 1000), ((100, 100, 140, 300), 800),
        ((100, 0, 140, 50), 1200), ((120, 40, 130, 60), 200), ((0, 0, 500, 500), 4000),
        ((140, 20, 180, 120), 0), ((100, 120, 140, 130), 0), ((0, 0, 50, 500), 0), ((0, 200, 500, 300), 0),
        ((0, 200, 50, 300), 0),
    ],
)  # fmt: skip
def test_what_two_boxes_share_is_an_area(other, area):
    assert boxes._common(Proposal(0, 1, BOX), Proposal(0, 1, other)) == area
    assert boxes._common(Proposal(0, 1, other), Proposal(0, 1, BOX)) == area


@pytest.mark.parametrize(("edges", "area"), [(BOX, 4000), ((5, 5, 5, 9), 0), ((9, 0, 5, 9), 0), ((9, 9, 5, 5), 0)])
def test_an_area_is_never_negative(edges, area):
    assert Proposal(0, 1, edges).area == area


@pytest.mark.parametrize(
    ("kind", "cut", "edges", "is_seen"),
    [
        (0, {3}, (100, 59, 140, 139), True),  # 61 of its 80 rows
        (0, {3}, (100, 60, 140, 140), False),  # 60 of 80 is not more than three quarters
        (0, (), (100, 46, 140, 126), True),  # 74 of 106 are one by their union
        (0, (), (100, 60, 140, 140), False),
        (0, (), (100, 45, 140, 145), False),  # 75 of 125 are not more than six tenths
        (0, (), (100, 44, 140, 144), True),
        (1, {3}, BOX, False),
    ],
)
def test_a_thing_is_seen_in_another_of_its_class_by_its_part_or_by_their_union(kind, cut, edges, is_seen):
    assert boxes._is_seen_in(Proposal(kind, 1, edges, frozenset(cut)), Proposal(0, 1, BOX)) is is_seen


@pytest.mark.parametrize(
    ("near", "far", "axis", "meet"),
    [
        ((0, 0, 100, 50), (100, 0, 200, 50), 0, True), ((0, 0, 100, 50), (101, 0, 200, 50), 0, False),
        ((0, 0, 100, 50), (0, 0, 200, 50), 0, True), ((10, 0, 100, 50), (9, 0, 200, 50), 0, False),
        ((0, 0, 100, 50), (90, 20, 200, 70), 0, False),  # 30 of 50 in common are not more than 0.6
        ((0, 0, 100, 50), (90, 19, 200, 69), 0, True), ((0, 0, 100, 50), (90, 0, 200, 84), 0, False),
        ((0, 0, 50, 100), (0, 100, 50, 200), 1, True), ((0, 0, 50, 100), (0, 101, 50, 200), 1, False),
        ((0, 0, 50, 100), (20, 90, 70, 200), 1, False), ((0, 0, 50, 100), (19, 90, 69, 200), 1, True),
    ],
)  # fmt: skip
def test_pieces_meet_where_one_begins_in_the_other_and_they_are_one_column(near, far, axis, meet):
    assert boxes._meets(Proposal(0, 1, near), Proposal(0, 1, far), axis) is meet


@pytest.mark.parametrize(
    ("one", "other", "go_on"),
    [({2}, {0}, True), ({0}, {2}, True), ({3}, {0}, False), ({2}, {1}, False), ((), {0}, False), ({2}, (), False)],
)
def test_pieces_go_on_where_a_tiles_end_cut_the_one_and_its_neighbours_the_other(one, other, go_on):
    left, right = (0, 0, 100, 50), (90, 0, 200, 50)
    cut_left, cut_right = (left, right) if 2 in one or 3 in one or not one else (right, left)
    first, second = Proposal(0, 1, cut_left, frozenset(one)), Proposal(0, 1, cut_right, frozenset(other))
    assert boxes._continues(first, second) is go_on
    assert not boxes._continues(first, Proposal(1, 1, cut_right, frozenset(other)))


def test_what_is_joined_spans_both_and_stays_cut_where_it_still_ends_at_a_tile():
    one, other = (
        Proposal(0, 0.4, (10, 5, 100, 50), frozenset({1, 2})),
        Proposal(0, 0.7, (90, 0, 200, 60), frozenset({0, 2})),
    )
    assert boxes._union(one, other) == Proposal(0, 0.7, (10, 0, 200, 60), frozenset({2}))


@pytest.mark.parametrize(("right", "kept"), [(70, [0, 1]), (71, [0])])
def test_what_lies_in_a_better_one_by_more_than_seven_tenths_goes(right, kept):
    found = [Proposal(1, 0.9, (0, 0, right, 100)), Proposal(1, 0.8, (0, 0, 100, 50))]
    assert unnested(found, frozenset({1})) == [found[at] for at in kept]
    assert len(unnested(found, frozenset({2}))) == 2


@pytest.mark.parametrize(("iou", "kept"), [(0.5, [1, 0]), (0.49, [1])])
def test_of_two_that_overlap_by_more_than_the_bound_the_better_stays(iou, kept):
    edges = np.array([[0, 0, 90, 10], [30, 0, 120, 10]], np.float32)  # 600 of 1200
    scores, kinds = np.array([0.5, 0.6], np.float32), np.zeros(2, np.int64)
    assert suppress(edges, scores, kinds, iou).tolist() == kept
    assert suppress(edges, scores, np.array([0, 1]), iou).tolist() == [1, 0]
    assert suppress(edges[:0], scores[:0], kinds[:0]).tolist() == []


@pytest.mark.parametrize(
    ("edges", "cut", "kind", "is_seen"),
    [
        ((0, 0, 100, 100), (), 0, True),
        ((0, 0, 100, 100), (), 1, False),
        ((0, 0, 100, 30), (), 0, False),  # a part that no tile cut is another thing
        ((0, 0, 100, 30), (3,), 0, True),
        ((0, 70, 100, 200), (3,), 0, False),  # most of it lies elsewhere
        ((200, 200, 300, 300), (3,), 0, False),
    ],
)
def test_a_piece_is_seen_in_another_where_a_tile_cut_it_and_both_share_most(edges, cut, kind, is_seen):
    whole = Proposal(0, 0.9, (0, 0, 100, 100))
    assert boxes._is_seen_in(Proposal(kind, 0.5, edges, frozenset(cut)), whole) is is_seen
