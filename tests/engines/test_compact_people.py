"""What regions and places show: shares by number, tones that hear one another, kinds as engines tell them apart."""

from __future__ import annotations

import numpy as np
import pytest

from engines.base import FACE, FIGURE, PARTS
from engines.colorize.compact.parts import KINDS, shares_of, told_apart
from engines.colorize.compact.people import Shown, pooled, shown_by


def kinds(**shares: float) -> np.ndarray:
    made = np.zeros(len(KINDS), np.float32)
    for name, share in shares.items():
        made[KINDS.index(name)] = share
    return made


def test_regions_show_the_mean_of_their_cells_by_how_far_these_are_trusted() -> None:
    labels = np.zeros((4, 6), np.int32)
    labels[:, 4:] = 1
    cells = np.zeros((len(KINDS), 2, 3), np.float32)
    cells[KINDS.index("hair"), :, 0] = 1
    cells[KINDS.index("skin"), :, 1:] = 1
    lightness, trust = np.full((4, 6), 0.5, np.float32), np.ones((4, 6), np.float32)
    lightness[:, 4:] = 0.25
    trust[:, :2] = 3
    shown = shown_by(labels, cells, lightness, trust)
    assert shown.of("hair") == pytest.approx([0.75, 0])
    assert shown.of("skin") == pytest.approx([0.25, 1])
    assert shown.tone == pytest.approx([0.5, 0.25])


def test_a_region_too_small_for_a_cell_shows_nothing_and_has_its_number() -> None:
    labels = np.zeros((4, 4), np.int32)
    labels[1, 1] = 2
    shown = shown_by(labels, np.ones((len(KINDS), 3, 3), np.float32), np.ones((4, 4), np.float32), np.ones((4, 4)))  # type: ignore[arg-type]
    assert shown.kinds.shape == (len(KINDS), 3)
    assert shown.tone == pytest.approx([1, 0, 0])


@pytest.mark.parametrize(("kind", "like"), [("hair", 0.07), ("skin", 0.15)])
def test_regions_of_one_part_hear_one_another_by_their_tones(kind: str, like: float) -> None:
    shown = Shown(np.stack([kinds(**{kind: 0.8})] * 2 + [kinds(**{kind: 0.5})], 1), np.array([0.5, 0.5 + like, 0.5]))  # type: ignore[arg-type]
    own = np.eye(3, dtype=np.float32)
    heard = pooled(own, shown)
    third = np.exp(-1)
    assert heard[:, 0] == pytest.approx([0.8, 0.8 * third, 0], abs=1e-6)
    assert heard[:, 1] == pytest.approx([0.8 * third, 0.8, 0], abs=1e-6)
    assert heard[:, 2] == pytest.approx([0, 0, 1])  # it shows the part no more than something else
    assert np.array_equal(own, np.eye(3))


def test_what_is_neither_hair_nor_skin_hears_nobody() -> None:
    shown = Shown(np.stack([kinds(clothes=1)] * 2, 1), np.array([0.5, 0.5], np.float32))
    assert np.array_equal(pooled(np.eye(2, dtype=np.float32), shown), np.eye(2))


def test_logits_become_shares_however_large_they_are() -> None:
    logits = np.array([[0, 1000], [np.log(3), 1000]], np.float32)
    assert shares_of(logits) == pytest.approx(np.array([[0.25, 0.5], [0.75, 0.5]]))


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("skin", "skin"),
        ("hair", "hair"),
        ("eyes", "figure"),
        ("clothes", "figure"),
        ("sky", "background"),
        ("other", "background"),
    ],
)
def test_kinds_are_told_apart_as_engines_do(kind: str, part: str) -> None:
    told = told_apart(kinds(**{kind: 1.0})[:, None, None], None)
    assert told.shape == (1, 1, len(PARTS))
    assert told.flags.c_contiguous
    assert told[0, 0].tolist() == [float(one == part) for one in PARTS]


@pytest.mark.parametrize(
    ("seen", "skin", "hair"), [(0, 1 / 4, 1 / 4), (FIGURE, 6 / 14, 6 / 14), (FACE, 24 / 32, 6 / 32)]
)
def test_what_analysis_saw_makes_people_likelier(seen: int, skin: float, hair: float) -> None:
    shares = kinds(skin=0.25, hair=0.25, sky=0.5)[:, None, None]
    told = told_apart(shares, np.array([[seen]], np.uint8))[0, 0]
    assert told.sum() == pytest.approx(1)
    assert told[PARTS.index("skin")] == pytest.approx(skin)
    assert told[PARTS.index("hair")] == pytest.approx(hair)
