"""The pixel network that ships: what it says of drawn pages, of strips in tiles and of odd sizes; and its absence."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.base import ModelInvalid, ModelMissing
from engines.detect import pixels
from engines.detect.pixels import WEIGHTS_FILE, NetworkPixelReader, seen_size, tiles
from engines.geometry import Size
from host.pipeline.analysis.read import TwoOpinionReader
from host.pipeline.decode import decode_page
from models.store import SHIPPED_WEIGHTS
from training.pages.synth import synth_page

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def reader() -> NetworkPixelReader:
    return NetworkPixelReader()


def grey(path: Path) -> NDArray[np.uint8]:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)


def at_size(evidence: NDArray[np.uint8], page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(evidence, page.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


@pytest.mark.parametrize("name", ["panels-en", "panels-ja", "insets-en"])
def test_balloons_and_letters_of_real_pages_are_found(reader, pages, name):
    (path,) = [one for one in pages.glob(f"{name}.*") if "balloons" not in one.name]
    page, truth = grey(path), grey(pages / f"{name}.balloons.png") > 0
    found = reader.read_pixels(page)
    lettering, balloon = at_size(found.lettering, page), at_size(found.balloon, page)
    letters = (cv2.erode(truth.view(np.uint8), np.ones((9, 9), np.uint8)) > 0) & (page < 90)
    assert (lettering[letters] > 64).mean() > 0.9
    assert (balloon[truth] > 128).mean() > 0.8
    assert (balloon[~truth] > 128).mean() < 0.02


def test_lettering_of_drawn_pages_is_told_from_their_art(reader):
    drawn = [synth_page(seed, 900, "western") for seed in range(700_000, 700_004)]
    found = [at_size(reader.read_pixels(page.grey).lettering, page.grey) > 64 for page in drawn]
    pairs = list(zip(found, drawn, strict=True))
    assert np.mean([seen[page.lettering_mask].mean() for seen, page in pairs]) > 0.7
    assert np.mean([seen[~page.lettering_mask].mean() for seen, page in pairs]) < 0.08


def test_words_laid_over_art_are_found(reader, pages):
    page = grey(pages / "panels-en.webp")
    bare = at_size(reader.read_pixels(page).lettering, page)
    left, top = 60, 300
    for level, thick in ((255, 14), (0, 5)):
        cv2.putText(page, "WHOOSH!", (left, top), cv2.FONT_HERSHEY_DUPLEX, 2.2, level, thick, cv2.LINE_AA)
    where = slice(top - 50, top), slice(left, left + 300)
    found = at_size(reader.read_pixels(page).lettering, page)
    assert (found[where] > 110).mean() > 5 * (bare[where] > 110).mean() + 0.2


def test_the_same_page_has_the_same_evidence(reader, pages):
    page = grey(pages / "panels-ja.jpg")
    first, second = reader.read_pixels(page), NetworkPixelReader().read_pixels(page)
    np.testing.assert_array_equal(first.lettering, second.lettering)
    np.testing.assert_array_equal(first.balloon, second.balloon)


def test_tiles_of_a_strip_show_no_seam(reader, monkeypatch):
    strip = np.vstack([synth_page(seed, 640, "manga").grey[:700] for seed in (3, 4)])
    whole = reader.read_pixels(strip)
    monkeypatch.setattr(pixels, "_CORE_PX", 256)
    monkeypatch.setattr(pixels, "_AROUND_PX", 256)
    assert len(list(tiles(seen_size(Size(*strip.shape))))) > 4
    tiled = reader.read_pixels(strip)
    for one, two in ((whole.balloon, tiled.balloon), (whole.lettering, tiled.lettering)):
        assert np.abs(one.astype(int) - two.astype(int)).max() <= 2


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20_000), st.integers(1, 4_000))
def test_tiles_cover_every_size_once(height, width):
    size = seen_size(Size(height, width))
    assert size.height % 2 == size.width % 2 == 0
    covered = np.zeros((size.height // 2, size.width // 2), np.uint8)
    for window, core in tiles(size):
        assert window.intersection(core) == core
        assert not any(side % 2 for side in core)
        covered[core.top // 2 : core.bottom // 2, core.left // 2 : core.right // 2] += 1
    assert (covered == 1).all()


@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (900, 7), (33, 65), (1999, 101), (640, 2400)])
def test_odd_sizes_give_evidence_of_the_same_form(reader, shape):
    page = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    found = reader.read_pixels(page)
    assert found.balloon.dtype == found.lettering.dtype == np.uint8
    assert found.balloon.shape == found.lettering.shape == tuple(side // 2 for side in seen_size(Size(*shape)))


def test_pages_without_anything_have_no_lettering(reader):
    for level in (0, 128, 255):
        found = reader.read_pixels(np.full((900, 640), level, np.uint8))
        assert (found.lettering > 110).mean() < 0.005


def test_missing_weights_are_said_to_be_missing(tmp_path):
    with pytest.raises(ModelMissing):
        NetworkPixelReader(tmp_path).read_pixels(np.zeros((64, 64), np.uint8))


def test_damaged_weights_are_refused(tmp_path):
    with pytest.raises(ModelInvalid):
        NetworkPixelReader(damaged(tmp_path)).read_pixels(np.zeros((64, 64), np.uint8))


@pytest.mark.parametrize("broken", [False, True])
def test_pages_are_read_without_the_network_and_that_is_told_once(tmp_path, pages, caplog, broken):
    folder = damaged(tmp_path) if broken else tmp_path
    page = decode_page((pages / "panels-en.webp").read_bytes())
    reader, plain = TwoOpinionReader(None, NetworkPixelReader(folder)), TwoOpinionReader()
    with caplog.at_level(logging.WARNING):
        first, second = reader.read(page, "ltr"), reader.read(page, "ltr")
    assert first.meta == second.meta == plain.read(page, "ltr").meta
    assert len([one for one in caplog.records if "pixel network" in one.getMessage()]) == 1


def damaged(folder: Path) -> Path:
    path = folder / WEIGHTS_FILE
    shutil.copy(SHIPPED_WEIGHTS / WEIGHTS_FILE, path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    return folder


def test_it_asks_between_its_tiles_whether_to_go_on(reader):
    class Cancelled(Exception):
        pass

    def cancelled():
        nonlocal asked
        asked += 1
        if asked == 2:
            raise Cancelled

    asked = 0
    with pytest.raises(Cancelled):
        reader.read_pixels(np.zeros((3000, 16), np.uint8), cancelled)
    assert asked == 2
