"""Thinning out what a network proposes, and putting together what tiles saw of one thing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
