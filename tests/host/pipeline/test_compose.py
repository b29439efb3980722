"""The engine's colour on the page's ink."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engines.oklab import grey_to_lightness, srgb_to_oklab
from host.pipeline.compose import compose
from host.pipeline.compose.align import measure_shift
from host.pipeline.compose.compose import lay_colour
from host.pipeline.compose.field import colour_field
from host.pipeline.compose.paper import LIGHTNESS_COST_MAX, cost_of_paper
from host.pipeline.generation.review import line_dice
from tests.host.pipeline.drawn import compose_page, decoded, manga_page, two_regions

RED, BLUE = (0.12, 0.06), (-0.03, -0.12)
# Eight bits of sRGB hold a hue this well, in radians, where chroma is 0.03 and more.
HUE_TOLERANCE = 0.12
# The fit of `luma_shift` in levels, at its worst colour of every 5th level and 10th degree: 12 up to chroma 0.1, which
# few colours of a painted page pass; 23 up to 0.2 (cyan).
MODERATE_CHROMA = 0.1
LUMA_TOLERANCE = 13
LUMA_TOLERANCE_VIVID = 25


def nothing_protected(grey):
    return np.zeros(grey.shape, np.bool_)


def engine_picture(grey, left, right, scale=4):
    """Return what an engine of low resolution gives: two colours, smeared over the line by its pixels."""
    height, width = grey.shape
    chroma = np.empty((height, width, 2), np.float32)
    chroma[:, : width // 2], chroma[:, width // 2 :] = left, right
    lab = np.dstack([grey_to_lightness(grey), chroma]).astype(np.float32)
    small = cv2.resize(lab, (width // scale, height // scale), interpolation=cv2.INTER_AREA)
    small[..., 1:] = cv2.GaussianBlur(small[..., 1:], (0, 0), 0.6)
    return small


def flat(grey, a, b):
    return np.dstack([cv2.resize(grey_to_lightness(grey), (25, 25)), *np.full((2, 25, 25), 0)]).astype(
        np.float32
    ) + np.array([0, a, b], np.float32)


def chroma_of(rgb) -> NDArray[np.float32]:
    return srgb_to_oklab(np.ascontiguousarray(rgb))[..., 1:]


def test_colour_stops_at_a_line():
    grey = two_regions()
    rgb = compose_page(decoded(grey), nothing_protected(grey), engine_picture(grey, RED, BLUE, scale=8)).rgb
    middle = grey.shape[1] // 2
    left, right = chroma_of(rgb[:, middle - 6 : middle - 2]), chroma_of(rgb[:, middle + 3 : middle + 7])
    inner_left, inner_right = chroma_of(rgb[:, 50:60]), chroma_of(rgb[:, 340:350])
    assert np.abs(left.mean((0, 1)) - inner_left.mean((0, 1))).max() < 0.01
    assert np.abs(right.mean((0, 1)) - inner_right.mean((0, 1))).max() < 0.01
    bilinear = cv2.resize(engine_picture(grey, RED, BLUE, scale=8), grey.shape[::-1])[..., 1:]
    assert np.abs(bilinear[:, middle - 4].mean(0) - RED).max() > 0.03, "the toy must be one where spill is possible"


def test_protected_pixels_are_the_sources_own():
    grey = manga_page()
    protect = np.zeros(grey.shape, np.bool_)
    protect[100:300, 500:900] = True
    page = decoded(grey)
    rgb = compose_page(page, protect, flat(grey, 0.1, 0.05)).rgb
    assert np.array_equal(rgb[protect], page.rgb[protect])
    assert not np.array_equal(rgb[~protect], page.rgb[~protect])


def test_protected_white_does_not_spread_into_the_art_beside_it():
    grey = np.full((400, 400), 250, np.uint8)
    protect = nothing_protected(grey)
    protect[:, :200] = True
    rgb = compose_page(decoded(grey), protect, engine_picture(grey, (0, 0), RED, scale=8)).rgb
    beside, inside = chroma_of(rgb[:, 200:204]), chroma_of(rgb[:, 350:360])
    assert np.hypot(*beside.mean((0, 1))) > 0.8 * np.hypot(*inside.mean((0, 1)))


def test_bare_paper_takes_colour_and_gives_little_lightness():
    grey = np.full((64, 64), 255, np.uint8)
    lab = srgb_to_oklab(compose_page(decoded(grey), nothing_protected(grey), flat(grey, 0.05, 0.04)).rgb)
    assert np.hypot(lab[32, 32, 1], lab[32, 32, 2]) > 0.05
    assert lab[32, 32, 0] >= 1 - LIGHTNESS_COST_MAX - 0.02


def test_paper_without_colour_stays_white():
    grey = np.full((64, 64), 255, np.uint8)
    assert (compose_page(decoded(grey), nothing_protected(grey), flat(grey, 0, 0)).rgb == 255).all()


@settings(deadline=None, max_examples=40)
@given(st.integers(30, 255), st.floats(0.02, 0.2), st.floats(0, 2 * np.pi))
def test_hue_is_never_turned(level, chroma, hue):
    grey = np.full((25, 25), level, np.uint8)
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    found = chroma_of(compose_page(decoded(grey), nothing_protected(grey), flat(grey, a, b)).rgb)[12, 12]
    length = np.hypot(*found)
    assert length <= chroma + 0.01
    if length > 0.03:
        assert abs(np.angle(np.exp(1j * (np.arctan2(found[1], found[0]) - hue)))) < HUE_TOLERANCE


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 255), st.floats(0, 0.2), st.floats(0, 2 * np.pi))
def test_the_safest_composition_keeps_the_luma_of_any_tone(level, chroma, hue):
    grey = np.full((25, 25), level, np.uint8)
    lab = flat(grey, chroma * np.cos(hue), chroma * np.sin(hue))
    rgb = compose_page(decoded(grey), nothing_protected(grey), lab, paper_01=0.0).rgb
    tolerance = LUMA_TOLERANCE if chroma <= MODERATE_CHROMA else LUMA_TOLERANCE_VIVID
    assert abs(int(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[12, 12]) - level) <= tolerance


@pytest.mark.parametrize("colour", [RED, BLUE, (-0.12, 0.1), (0.02, 0.14)])
def test_ink_and_screentone_survive_strong_colour(colour):
    grey = manga_page()
    rgb = compose_page(decoded(grey), nothing_protected(grey), flat(grey, *colour)).rgb
    assert line_dice(grey, cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)) > 0.985


def test_what_was_lighter_stays_lighter():
    ramp = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    rgb = compose_page(decoded(ramp), nothing_protected(ramp), flat(ramp, *RED)).rgb
    lightness = srgb_to_oklab(rgb)[32, :, 0]
    assert np.diff(lightness).min() > -0.012
    assert np.diff(lightness[::8]).min() > 0


def test_black_ink_carries_no_colour():
    grey = two_regions(line_px=9)
    rgb = compose_page(decoded(grey), nothing_protected(grey), flat(grey, *RED)).rgb
    assert rgb[:, 198:203].max() <= 4


def test_strength_scales_the_chroma():
    grey = np.full((64, 64), 128, np.uint8)
    page, protect, lab = decoded(grey), nothing_protected(grey), flat(grey, 0.08, 0.02)
    lengths = [
        np.hypot(*chroma_of(compose_page(page, protect, lab, strength).rgb)[32, 32]) for strength in (0.0, 0.5, 1.0)
    ]
    assert lengths == pytest.approx([0.0, 0.041, 0.082], abs=0.006)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_safer_composition_has_a_share_of_the_chroma(share):
    grey = np.full((64, 64), 128, np.uint8)
    page, protect = decoded(grey), nothing_protected(grey)
    field = colour_field(page, protect, flat(grey, 0.08, -0.02), 1.0, None)
    assert np.hypot(*chroma_of(lay_colour(page, protect, field, share).rgb)[32, 32]) == pytest.approx(
        share * np.hypot(0.08, 0.02), abs=0.006
    )


@pytest.mark.parametrize(("height", "width"), [(8000, 300), (10, 1 << 18), (1, 1), (437, 300)])
def test_strips_cover_the_page_once_and_hold_few_pixels(height, width):
    strips = list(compose._strips(height, width))
    assert [row for strip in strips for row in range(strip.start, strip.stop)] == list(range(height))
    rows = max(1, (1 << 16) // width)
    assert all(strip.stop - strip.start == rows for strip in strips[:-1])
    assert len(strips) == -(-height // rows)


def test_a_shifted_picture_is_moved_back():
    grey = manga_page(700, 500)
    picture = engine_picture(grey, RED, BLUE, scale=2)
    moved = np.roll(picture, (4, -6), axis=(0, 1))
    shift = measure_shift(np.ascontiguousarray(moved[..., 0]), grey)
    assert shift == pytest.approx((-6, 4), abs=0.3)
    assert measure_shift(np.ascontiguousarray(picture[..., 0]), grey) == (0.0, 0.0)
    protect = nothing_protected(grey)
    straight, mended = (compose_page(decoded(grey), protect, lab).rgb for lab in (picture, moved))
    # Left where it stood the picture is 1.65 levels off on average.
    assert np.abs(straight[40:-40, 40:-40].astype(int) - mended[40:-40, 40:-40]).mean() < 0.2


@pytest.mark.slow
def test_same_page_same_bytes():
    grey = manga_page()
    lab = engine_picture(grey, RED, BLUE)
    first, second = (compose_page(decoded(grey), nothing_protected(grey), lab).rgb for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (900, 1), (8000, 300), (37, 1501)])
def test_a_page_of_any_shape_is_composed(shape):
    grey = np.random.default_rng(1).integers(0, 255, shape, np.uint8)
    rgb = compose_page(decoded(grey), nothing_protected(grey), flat(grey, 0.05, 0.05)).rgb
    assert rgb.shape == (*shape, 3)


def test_cost_of_paper_is_within_its_cap_and_grows_with_chroma():
    chroma, hue = np.meshgrid(np.linspace(0, 0.32, 60), np.linspace(0, 2 * np.pi, 90), indexing="ij")
    cost = cost_of_paper(chroma.astype(np.float32), hue.astype(np.float32))
    assert cost.min() >= 0
    assert cost.max() <= LIGHTNESS_COST_MAX + 1e-6
    assert np.diff(cost, axis=0).min() >= -1e-6
    assert cost[0].max() < 0.01
