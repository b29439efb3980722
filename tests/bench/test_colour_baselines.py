"""Baselines do what their names say."""

from __future__ import annotations

import numpy as np
import pytest

from bench.colour.baselines import (
    BASELINES,
    PaintEngine,
    lightness_table,
    match_moments,
    mean_chroma,
    nearest_patch,
    reinhard,
    within_reach,
)
from bench.colour.cases import as_input, reference_policy
from bench.folder import FolderUnusable, spread
from bench.manga import annotated_panels
from engines.geometry import Box
from engines.oklab import srgb_to_oklab
from engines.testing.contract import drawn_page, flat_reference, ignore_step, request_of

GREY = drawn_page()


def two_tones(dark, light, side=160):
    """Return a picture whose upper half is one colour and whose lower half is another."""
    page = np.full((side, side, 3), light, np.uint8)
    page[: side // 2] = dark
    return page


def test_mean_is_one_chroma_everywhere():
    reference = flat_reference(1.0)
    lab = mean_chroma(GREY, reference)
    assert np.ptp(lab[..., 1]) == np.ptp(lab[..., 2]) == 0
    assert lab[0, 0, 1:] == pytest.approx(srgb_to_oklab(reference)[..., 1:].mean((0, 1)), abs=1e-6)


def test_table_gives_each_lightness_the_colour_that_the_reference_has_there():
    reference = two_tones((90, 20, 20), (120, 160, 255))
    page = np.full((160, 160), 200, np.uint8)
    page[:, :80] = 60
    lab = lightness_table(page, reference)
    dark, light = lab[:, :15, 1:].mean((0, 1)), lab[:, -15:, 1:].mean((0, 1))
    assert dark == pytest.approx(srgb_to_oklab(reference)[0, 0, 1:], abs=0.01)
    assert light == pytest.approx(srgb_to_oklab(reference)[-1, 0, 1:], abs=0.01)


def test_nearest_patch_finds_texture_that_lightness_alone_does_not_tell():
    rows, columns = np.indices((200, 200))
    stripes = np.where(rows // 2 % 2, 40, 200).astype(np.uint8)
    bars = np.where(columns // 2 % 2, 40, 200).astype(np.uint8)
    reference = np.dstack([np.hstack([stripes, bars])] * 3)
    reference[:, :200, 2], reference[:, 200:, 0] = 10, 10  # stripes are yellow, bars are cyan
    page = np.hstack([bars, stripes])
    lab = nearest_patch(page, reference)
    half = lab.shape[1] // 2
    assert lab[4:-4, 4 : half - 4, 1].mean() < -0.02  # bars: cyan
    assert lab[4:-4, half + 4 : -4, 2].mean() > 0.02  # stripes: yellow


def test_moments_are_those_of_the_reference():
    rng = np.random.default_rng(0)
    lab = rng.normal([0.5, 0.02, -0.01], [0.2, 0.03, 0.05], (50, 40, 3)).astype(np.float32)
    known = rng.normal([0.6, -0.05, 0.04], [0.1, 0.02, 0.01], (30, 60, 3)).astype(np.float32)
    matched = match_moments(lab, known)
    assert matched.mean((0, 1)) == pytest.approx(known.mean((0, 1)), abs=1e-5)
    assert matched.std((0, 1)) == pytest.approx(known.std((0, 1)), abs=1e-5)


def test_reinhard_moves_a_grey_page_to_the_references_mean():
    reference = two_tones((130, 90, 70), (170, 140, 110))
    lab = srgb_to_oklab(reinhard(np.dstack([GREY] * 3), reference))
    known = srgb_to_oklab(reference)
    assert lab[..., 0].std() == pytest.approx(known[..., 0].std(), rel=0.1)
    assert lab.mean((0, 1)) == pytest.approx(known.mean((0, 1)), abs=0.01)


def test_within_reach_is_what_the_reference_holds():
    truth = two_tones((190, 60, 50), (50, 80, 180))
    red = np.full_like(truth, (200, 70, 60))
    lab = within_reach(truth, red)
    assert np.abs(lab[..., 1:] - srgb_to_oklab(red)[0, 0, 1:]).max() < 0.006
    both = within_reach(truth, two_tones((50, 80, 180), (190, 60, 50)))
    assert np.abs(both[0, 0] - srgb_to_oklab(truth)[0, 0]).max() < 0.006
    assert np.abs(both[-1, 0] - srgb_to_oklab(truth)[-1, 0]).max() < 0.006


@pytest.mark.slow
@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_is_an_engine_that_paints_the_same_twice(name):
    engine = PaintEngine(name, BASELINES[name])
    results = [engine.colorize(request_of(GREY, flat_reference(2.0)), ignore_step).oklab for _ in range(2)]
    assert results[0].tobytes() == results[1].tobytes()
    height, width = results[0].shape[:2]
    assert height / width == pytest.approx(1.5, rel=0.03)


def test_the_next_page_is_the_reference_and_the_last_takes_the_one_before():
    names = ["E01P01", "E01P02", "E01P03", "E02P01", "E03P01", "E03P02"]
    assert reference_policy(names) == {
        "E01P01": "E01P02",
        "E01P02": "E01P03",
        "E01P03": "E01P02",
        "E03P01": "E03P02",
        "E03P02": "E03P01",
    }


def test_input_depends_on_nothing_but_the_page_and_its_name():
    truth = np.dstack([GREY, GREY // 2, GREY // 3])
    manga = as_input(truth, "manga", "E01P01")
    assert manga.tobytes() == as_input(truth, "manga", "E01P01").tobytes()
    assert manga.tobytes() != as_input(truth, "manga", "E01P02").tobytes()
    assert as_input(truth, "grey", "E01P01").tobytes() == as_input(truth, "grey", "E01P02").tobytes()


def test_manga_has_framed_panels_where_they_do_not_overlap():
    bright = np.full((200, 160, 3), 240, np.uint8)
    box, other = Box(20, 20, 140, 90), Box(20, 100, 140, 180)
    framed = as_input(bright, "manga", "E01P01", [box, other])
    assert framed[20, 30:130].max() < 80
    assert framed[100, 30:130].max() < 80
    assert as_input(bright, "manga", "E01P01", [box, Box(20, 80, 140, 180)])[20, 30:130].min() > 120


def test_annotations_that_are_broken_are_told_in_words(tmp_path):
    assert annotated_panels(tmp_path, "E01P01") == []
    (tmp_path / "annotations").mkdir()
    file = tmp_path / "annotations" / "E01P01.json"
    for broken in ("", "[]", "{}", '{"panels": [["a", 2, 3, 4]]}', '{"panels": [[1, 2]]}'):
        file.write_text(broken)
        with pytest.raises(FolderUnusable, match="E01P01"):
            annotated_panels(tmp_path, "E01P01")
    file.write_text('{"panels": [[1, 2, 30, 40]]}')
    assert annotated_panels(tmp_path, "E01P01") == [Box(1, 2, 30, 40)]


def test_fewer_pages_are_taken_at_even_distances():
    assert spread(list("abcdefgh"), 4) == list("aceg")
    assert spread(list("abc"), None) == spread(list("abc"), 9) == list("abc")
