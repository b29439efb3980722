"""Figures of pages that were read against values worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from bench.analysis import protect
from bench.analysis.boxes import Tally, match, total
from bench.analysis.order import certain_pairs, score_pairs
from bench.analysis.recall import Crop, chance_at, measure, recall_at
from bench.analysis.truth import TrueMasks
from engines.embed.palette import PaletteEmbedder
from engines.geometry import Box

BOX = Box(0, 0, 10, 10)


def test_a_truth_is_found_once_by_the_surest_box_that_overlaps_by_half():
    near, nearer, far = Box(0, 0, 10, 6), Box(0, 0, 10, 9), Box(0, 0, 10, 4)
    assert match([(near, 0.9), (nearer, 0.5)], [BOX]) == {0: 0}
    assert match([(near, 0.4), (nearer, 0.5)], [BOX]) == {1: 0}
    assert match([(far, 1.0)], [BOX]) == {}
    assert match([(nearer, 0.9), (near, 0.8)], [BOX, Box(0, 0, 10, 7)]) == {0: 0, 1: 1}


def test_f1_of_known_counts():
    tally = total([Tally(truths=3, found=1, hits=1), Tally(truths=1, found=3, hits=1)])
    assert (tally.precision, tally.recall, tally.f1) == (0.5, 0.5, 0.5)
    assert Tally(truths=3, found=1, hits=1).f1 == pytest.approx(0.5)  # 2 · 1 · ⅓ / (1 + ⅓)


def test_a_class_that_is_not_there_has_no_f1_but_its_false_finds_are_seen():
    absent = Tally(truths=0, found=2, hits=0)
    assert absent.f1 is None
    assert absent.recall is None
    assert absent.precision == 0


TIERS = [Box(0, 0, 100, 40), Box(0, 50, 45, 90), Box(55, 50, 100, 90), Box(0, 100, 100, 140)]


@pytest.mark.parametrize(("direction", "order"), [("ltr", [0, 1, 2, 3]), ("rtl", [0, 2, 1, 3])])
def test_tiers_are_read_from_the_top_and_columns_in_the_direction(direction, order):
    shuffled = [TIERS[place] for place in (2, 0, 3, 1)]
    pairs = certain_pairs(shuffled, direction)
    assert [(TIERS.index(shuffled[one]), TIERS.index(shuffled[two])) for one, two in pairs] == list(pairwise(order))


def test_columns_are_read_whole_where_no_row_is_free():
    tall = [Box(0, 0, 45, 100), Box(55, 0, 100, 60), Box(55, 65, 100, 100)]
    assert certain_pairs(tall, "ltr") == [(0, 1), (1, 2)]


def test_what_no_straight_cut_separates_is_in_doubt():
    inset = [Box(0, 0, 100, 40), Box(0, 50, 100, 90), Box(10, 60, 40, 80), Box(0, 100, 100, 140)]
    assert certain_pairs(inset, "ltr") == []
    pinwheel = [Box(0, 0, 60, 40), Box(60, 0, 100, 60), Box(0, 40, 40, 100), Box(40, 60, 100, 100)]
    assert certain_pairs(pinwheel, "ltr") == []
    assert certain_pairs([*inset[:1], Box(0, 50, 100, 90), Box(0, 95, 100, 99)], "ltr") == [(0, 1), (1, 2)]


def test_a_pair_is_right_when_its_panels_follow_one_another():
    pairs = [(0, 1), (1, 2), (2, 3)]
    assert score_pairs(pairs, {0: 0, 1: 1, 2: 2, 3: 3}) == (3, 3)
    assert score_pairs(pairs, {0: 0, 1: 2, 2: 1, 3: 3}) == (0, 3)
    assert score_pairs(pairs, {0: 0, 1: 4, 3: 7}) == (1, 1)  # what was not found is not judged


def test_protect_shares_of_known_pixels():
    lettering, balloons, art = np.zeros((3, 10, 10), bool)
    balloons[:4] = True
    lettering[0, :5], lettering[5, :5] = True, True
    art[6:] = True
    mask = np.zeros((10, 10), bool)
    mask[:3], mask[9] = True, True
    shares = protect.count(mask, TrueMasks(lettering, balloons, art)).shares()
    assert shares == {
        "lettering": 0.5,
        "spoken": 1.0,
        "free": 0.0,
        "balloons": 0.75,
        "art_wrong": 0.25,
        "precision": 0.75,
    }
    nothing = np.zeros((10, 10), bool)
    bare = protect.count(mask, TrueMasks(nothing, nothing, art)).shares()
    assert (bare["art_wrong"], bare["precision"], bare["lettering"]) == (0.25, None, None)
    assert protect.total([]).shares()["art_wrong"] is None


def test_recall_counts_queries_that_have_an_answer():
    likeness = np.array([[0.9, 0.5, 0.1], [0.8, 0.7, 0.1], [0.3, 0.2, 0.1]], np.float32)
    right = np.eye(3, dtype=bool)
    everywhere = np.ones((3, 3), bool)
    assert recall_at(likeness, right, everywhere, 1) == [True, False, False]
    assert recall_at(likeness, right, everywhere, 2) == [True, True, False]
    elsewhere = ~right
    assert recall_at(likeness, np.array([[0, 1, 0], [0, 0, 0], [0, 0, 1]], bool), elsewhere, 1) == [True]
    assert chance_at(right, everywhere, 1) == pytest.approx(1 / 3)
    assert chance_at(right, everywhere, 2) == pytest.approx(2 / 3)


def test_crops_in_colour_find_themselves():
    rng = np.random.default_rng(0)
    pictures = [np.full((40, 30, 3), colour, np.uint8) for colour in rng.integers(0, 255, (6, 3))]
    figures = [Crop(f"E1P{place % 2}", f"who {place // 2}", one, one) for place, one in enumerate(pictures)]
    found = {one.what: one for one in measure(PaletteEmbedder(), [], figures)}
    assert found["figure"].recall == {1: 1.0, 5: 1.0}
    assert found["figure"].chance[1] == pytest.approx(1 / 6)
    assert found["who"].queries == 6
    assert found["who"].chance[1] == pytest.approx(1 / 3)
