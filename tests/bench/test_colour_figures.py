"""Figures of coloured pages against values worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.colour.figures import (
    chroma_error,
    colourfulness,
    cosine,
    hue_entropy,
    kinds_kept,
    obedience,
    psnr_db,
    ssim,
    turned,
)
from bench.colour.steadiness import Sight, colour_of, find_things, steadiness
from engines.oklab import srgb_to_oklab

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (40, 30, 3)).astype(np.uint8)


def flat(*rgb, side=24):
    return np.full((side, side, 3), rgb, np.uint8)


def test_psnr_of_a_known_error():
    truth = flat(100, 100, 100)
    assert psnr_db(flat(110, 100, 100), truth) == pytest.approx(10 * np.log10(255**2 / (100 / 3)), abs=1e-4)
    assert psnr_db(truth, truth) == 100


def test_ssim_is_one_for_the_same_and_knows_light_from_structure():
    assert ssim(PICTURE, PICTURE) == pytest.approx(1)
    # Of two flat pictures only the light term is left: (2 m n + C1) / (m² + n² + C1).
    c1 = (0.01 * 255) ** 2
    assert ssim(flat(50, 50, 50), flat(100, 100, 100)) == pytest.approx((10000 + c1) / (12500 + c1), abs=1e-4)
    assert ssim(PICTURE[::-1].copy(), PICTURE) < 0.3


def test_chroma_error_is_a_distance_in_a_and_b_alone():
    one, two = np.zeros((2, 4, 4, 3), np.float32)
    two[..., 0], two[..., 1], two[..., 2] = 0.9, 0.03, 0.04
    assert chroma_error(one, two) == pytest.approx(5)


def test_colourfulness_of_grey_is_nothing_and_of_two_colours_is_as_in_the_paper():
    assert colourfulness(flat(77, 77, 77)) == 0
    page = flat(200, 0, 0)
    page[:12] = 0, 200, 0
    # rg is 200 or -200, yb is 100 everywhere.
    assert colourfulness(page) == pytest.approx(200 + 0.3 * 100, abs=1e-3)


@pytest.mark.parametrize("degrees", [90, 180])
def test_a_page_that_turns_with_its_reference_obeys(degrees):
    page = flat(150, 110, 90)
    found = srgb_to_oklab(turned(page, degrees))
    assert obedience(srgb_to_oklab(page), found, degrees) == pytest.approx(1, abs=0.01)
    unmoved = obedience(srgb_to_oklab(page), srgb_to_oklab(page), degrees)
    assert unmoved == pytest.approx({90: 0, 180: -1}[degrees], abs=0.01)


def test_a_page_without_chroma_neither_obeys_nor_disobeys():
    grey = srgb_to_oklab(flat(90, 90, 90))
    assert obedience(grey, grey, 90) is None


@given(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_colours_that_differ_by_a_shift_are_apart_by_its_length(a, b):
    chroma = np.random.default_rng(3).normal(0, 0.05, (500, 2))
    moved = colour_of(chroma + np.array([a, b]))
    assert np.linalg.norm(moved - colour_of(chroma)) == pytest.approx(np.hypot(a, b), abs=1e-9)


def sight(page, thing, a, b=0.0):
    return Sight(page, page[:2], thing, colour_of(np.full((30, 2), [a, b])))


def test_things_that_keep_their_colours_are_told_apart():
    steady = steadiness(
        [sight("E1P1", "hat", 0.1), sight("E1P1", "sky", -0.1), sight("E1P2", "hat", 0.12), sight("E1P2", "sky", -0.1)]
    )
    assert steady.drift == pytest.approx(1.0)  # (0.02 + 0) / 2, times 100
    assert steady.told == 1
    assert steady.pairs == 2


def test_swapped_colours_are_told_wrong_and_no_colours_not_at_all():
    swapped = [
        sight("E1P1", "hat", 0.1),
        sight("E1P1", "sky", -0.1),
        sight("E1P2", "hat", -0.1),
        sight("E1P2", "sky", 0.1),
    ]
    assert steadiness(swapped).told == 0
    grey = [
        sight(page, thing, 0.0003 * place)
        for place, (page, thing) in enumerate([("E1P1", "hat"), ("E1P1", "sky"), ("E1P2", "hat"), ("E1P2", "sky")])
    ]
    assert steadiness(grey).told == 0.5
    assert steadiness(grey).drift == pytest.approx(0.06)


def test_only_pages_of_one_episode_are_compared():
    assert steadiness([sight("E1P1", "hat", 0.1), sight("E2P1", "hat", 0.1)]) == (None, None, 0)


def test_materials_are_what_has_one_colour_in_truth():
    red_blue = flat(190, 60, 50, side=160)
    red_blue[80:] = 50, 80, 180
    blue_red = red_blue[::-1].copy()
    things = find_things([("E1P1", red_blue), ("E1P2", blue_red)], None)
    assert things.figures == {}
    for page, picture in (("E1P1", red_blue), ("E1P2", blue_red)):
        upper = {name for name, mask in things.materials[page].items() if mask[:9].any() and not mask[11:].any()}
        assert upper
        materials, _ = things.sights(page, picture)
        assert {one.thing for one in materials} == set(things.materials[page])
    everywhere = [
        one for page, picture in (("E1P1", red_blue), ("E1P2", blue_red)) for one in things.sights(page, picture)[0]
    ]
    assert steadiness(everywhere).told > 0.8
    # Painted by place and not by what is there, the same pages are told wrong.
    by_place = [one for page in ("E1P1", "E1P2") for one in things.sights(page, red_blue)[0]]
    assert steadiness(by_place).told < 0.3


def test_a_figures_materials_are_looked_at_alone(tmp_path):
    boxes = [{"box": [0, 0, 80, 80], "name": "pepper"}, {"box": [0, 80, 80, 160], "name": "pepper"}]
    (tmp_path / "E1P1.json").write_text(json.dumps({"characters": [*boxes, {"box": [80, 0, 90, 9], "name": "ant"}]}))
    page = flat(190, 60, 50, side=160)
    page[80:] = 50, 80, 180
    things = find_things([("E1P1", page), ("E1P2", page)], tmp_path)
    assert set(things.figures) == {"E1P1"}
    pepper = things.figures["E1P1"]["pepper"]
    assert pepper[5, 5]
    assert pepper[15, 5]
    assert not pepper[0, 0]
    assert not pepper[:, 11:].any()
    _, figures = things.sights("E1P1", page)
    assert {one.group for one in figures} == {"E1 pepper"}  # an ant is too small to have materials
    assert len({one.thing for one in figures}) == len(figures) == 2


def test_cosine_sees_where_colours_lie_and_nothing_of_one_tint():
    truth = np.concatenate([srgb_to_oklab(flat(200, 60, 60)), srgb_to_oklab(flat(60, 120, 200))])
    assert cosine(truth, truth) == pytest.approx(1, abs=1e-5)
    assert cosine(truth[::-1].copy(), truth) == pytest.approx(-1, abs=1e-5)
    assert cosine(srgb_to_oklab(flat(200, 180, 120, side=24))[:1].repeat(48, 0), truth) == pytest.approx(0, abs=1e-6)
    assert cosine(truth, srgb_to_oklab(flat(90, 90, 90))[:1].repeat(48, 0)) is None


def test_one_tint_has_no_entropy_and_two_hues_have_a_bit():
    one, two = srgb_to_oklab(flat(200, 60, 60)), srgb_to_oklab(flat(60, 120, 200))
    assert hue_entropy(one) == 0
    assert hue_entropy(srgb_to_oklab(flat(77, 77, 77))) == 0
    both = np.concatenate([one, two])
    assert 0.8 < hue_entropy(both) <= 1
    # Within one region red and blue are one colour.
    assert hue_entropy(both, np.ones(both.shape[:2], np.int32)) == 0


def test_kinds_are_kept_by_hue_and_not_by_grey():
    truth = np.concatenate([srgb_to_oklab(flat(240, 200, 170)), srgb_to_oklab(flat(60, 140, 50))])
    kept = kinds_kept(truth, truth)
    assert (kept["skin"], kept["foliage"], kept["sky"]) == (1, 1, None)
    grey = truth.copy()
    grey[..., 1:] = 0
    assert kinds_kept(grey, truth)["skin"] == 0
    assert kinds_kept(truth[::-1].copy(), truth)["foliage"] == 0
