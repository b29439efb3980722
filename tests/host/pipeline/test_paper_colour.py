"""A page's paper has one tint, protected or not: colouring leaves no edge where a mask ends."""

import io
from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image

from bench.analysis import scans
from engines.base import Device, Plan
from engines.geometry import Size
from engines.oklab import srgb_to_oklab
from engines.testing.stepped import SteppedEngine
from host.pipeline.compose.paper_colour import find_paper_colour
from host.pipeline.decode import decode_page
from host.pipeline.generation.review import line_dice
from host.pipeline.job import PageJob
from host.pipeline.page import PagePipeline
from tests.host.pipeline.drawn import PANELS, compose_page, manga_page

pytestmark = pytest.mark.slow

GREY = np.dstack([manga_page()] * 3)
# OKLab; a hundredth is about what one sees in two fields that touch.
SEEN = 0.01
TINTS = {
    "sepia": lambda rng: scans.tinted(GREY, "sepia", rng),
    "sepia at one side": lambda rng: scans.tinted(GREY, "sepia", rng, 0.6),
    "blue ink": lambda rng: scans.tinted(GREY, "blue", rng),
    "green paper": lambda rng: scans.tinted(GREY, "green paper", rng),
    "yellowed": lambda rng: scans.tinted(GREY, "yellowed", rng, 0.6),
    "stained": lambda rng: scans.stained(GREY, rng, 5),
    "stained sepia": lambda rng: scans.stained(scans.tinted(GREY, "sepia", rng), rng, 5),
    "under noise": lambda rng: scans.noisy(scans.tinted(GREY, "blue", rng), rng, 5),
}


@pytest.fixture
def engine():
    stepped = SteppedEngine(step_s=0.0, steps=1)
    stepped.load(Device("cpu", "processor", 0))
    return stepped


@cache
def scanned(kind):
    """Return a page of a kind as it comes from a file, made once."""
    page = scans.jpeg(TINTS[kind](np.random.default_rng(3)), 75)
    return decode_page(cv2.imencode(".png", cv2.cvtColor(page, cv2.COLOR_RGB2BGR))[1].tobytes())


def flat(chroma):
    """Return an engine's picture of one chroma."""
    return np.asarray(np.dstack([np.full((64, 46), value) for value in (0.8, *chroma)]), np.float32)


def off_01(page, rgb, where):
    """Return how far the paper lies from the source's, as one sees it: over places of 41 px, mean and the most."""
    off = cv2.blur(srgb_to_oklab(rgb) - srgb_to_oklab(page.rgb), (41, 41))
    paper = np.linalg.norm(off, axis=2)[where & (page.grey > np.percentile(page.grey, 60) - 12)]
    return paper.mean(), paper.max()


@pytest.mark.parametrize("kind", TINTS)
def test_paper_that_gets_no_colour_keeps_the_tint_of_the_paper_that_is_kept(kind, engine):
    page, pipeline = scanned(kind), PagePipeline()
    prepared = pipeline.read(page, PageJob(engine=engine.info, plan=Plan(strength_01=0.0)), lambda *_: None)
    finished = pipeline.finish(prepared, pipeline.colour(prepared, engine, lambda *_: None), lambda *_: None)
    rgb = np.asarray(Image.open(io.BytesIO(finished.image)).convert("RGB"))
    protect = prepared.request.protect
    assert protect.mean() < 0.5
    assert np.array_equal(rgb[protect], page.rgb[protect])
    mean, most = off_01(page, rgb, ~protect)
    assert mean < SEEN / 2
    assert most < 2 * SEEN


@pytest.mark.parametrize("kind", TINTS)
@pytest.mark.parametrize("chroma", [(0.03, 0.03), (-0.02, -0.06)])
def test_the_tint_moves_no_ink_and_no_protected_pixel(kind, chroma):
    page = scanned(kind)
    protect = np.zeros(page.size, np.bool_)
    left, top, right, bottom = PANELS[0]
    protect[top:bottom, left:right] = True
    plain, kept = (
        compose_page(page, protect, flat(chroma), tint=tint).rgb for tint in (None, find_paper_colour(page.rgb))
    )
    assert np.array_equal(kept[protect], page.rgb[protect])
    dice = [line_dice(page.grey, cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)) for rgb in (plain, kept)]
    assert dice[1] >= dice[0] - 0.003
    assert dice[1] >= 0.97


def test_the_engines_colour_is_laid_over_the_tint():
    page = scanned("sepia")
    protect = np.zeros(page.size, np.bool_)
    bare, blue = (
        srgb_to_oklab(compose_page(page, protect, flat(chroma), tint=find_paper_colour(page.rgb)).rgb)[200:300, 100:200]
        for chroma in ((0, 0), (-0.02, -0.06))
    )
    assert (blue - bare)[..., 2].mean() == pytest.approx(-0.06, abs=0.02)


def test_grey_pages_and_channels_that_lie_apart_have_no_colour_of_paper():
    assert find_paper_colour(GREY) is None
    assert find_paper_colour(scans.jpeg(GREY, 80)) is None
    colour = find_paper_colour(scans.jpeg(scans.misregistered(GREY, 2), 85))
    levels = (
        0 if colour is None else colour.at(np.full(GREY.shape[:2], 255, np.uint8), slice(0, 1400), Size(1400, 1000))
    )
    assert np.abs(levels).mean() < 1
