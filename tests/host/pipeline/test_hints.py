"""A reader's colour hint: exact where it is, through its region, and nowhere else."""

import cv2
import numpy as np
import pytest

from engines.oklab import grey_to_lightness, srgb_to_oklab
from host.corrections import ColourHint
from host.pipeline.compose.field import colour_field
from host.pipeline.drawing import Drawing
from tests.host.pipeline.drawn import compose_page, decoded

WIDTH, HEIGHT = 800, 1200
RED, BLUE = (170, 110, 110), (100, 115, 170)
INSIDE = (300, 500)
# What eight bits of sRGB leave of a chroma.
ROUNDING = 0.004


def boxed(ground=130):
    """Return a mid-grey page, in whose gamut the hints are, with a box in ink around `INSIDE`."""
    grey = np.full((HEIGHT, WIDTH), ground, np.uint8)
    cv2.rectangle(grey, (200, 400), (420, 640), 0, 5)
    return grey


def at(x, y):
    return (x + 0.5) / WIDTH, (y + 0.5) / HEIGHT


def engine_colour(grey):
    """Return the same weak green all over, from a coarse engine."""
    small = cv2.resize(grey, (240, 360), interpolation=cv2.INTER_AREA)
    return np.dstack([grey_to_lightness(small), np.full(small.shape, -0.03), np.full(small.shape, 0.03)]).astype(
        np.float32
    )


def coloured(grey, *hints, protect=None):
    protect = np.zeros(grey.shape, np.bool_) if protect is None else protect
    return compose_page(decoded(grey), protect, engine_colour(grey), drawing=Drawing(hints=hints)).rgb


def chroma_of(rgb):
    return srgb_to_oklab(np.ascontiguousarray(np.atleast_3d(rgb).reshape(-1, 1, 3)))[:, 0, 1:]


def wanted(rgb):
    return chroma_of(np.array(rgb, np.uint8))[0]


@pytest.mark.slow
@pytest.mark.parametrize("place", [INSIDE, (207, 409), (60, 60), (790, 1190), (0, 0)])
def test_the_pixel_of_a_hint_has_its_chroma(place):
    rgb = coloured(boxed(), ColourHint(points=(at(*place),), rgb=RED))
    assert np.abs(chroma_of(rgb[place[1], place[0]]) - wanted(RED)).max() < ROUNDING


@pytest.mark.slow
def test_a_hint_fills_its_region_and_stops_at_the_line():
    grey = boxed()
    plain, rgb = coloured(grey), coloured(grey, ColourHint(points=(at(*INSIDE),), rgb=RED))
    assert np.abs(chroma_of(rgb[410:630, 210:410]) - wanted(RED)).max() < ROUNDING
    beyond = np.ones(grey.shape, np.bool_)
    beyond[396:645, 196:425] = False
    assert np.array_equal(rgb[beyond], plain[beyond])


@pytest.mark.slow
def test_a_stroke_colours_every_region_that_it_runs_through():
    rgb = coloured(boxed(), ColourHint(points=(at(100, 500), at(300, 500)), rgb=RED))
    for x, y in ((100, 500), (300, 500), (300, 600), (60, 1100)):
        assert np.abs(chroma_of(rgb[y, x]) - wanted(RED)).max() < ROUNDING


def test_two_hints_share_a_region_by_distance():
    hints = [ColourHint(points=(at(x, 520),), rgb=rgb) for x, rgb in ((220, RED), (400, BLUE))]
    rgb = coloured(boxed(), *hints)
    for x, colour in ((220, RED), (245, RED), (375, BLUE), (400, BLUE)):
        assert np.abs(chroma_of(rgb[520, x]) - wanted(colour)).max() < 2 * ROUNDING
    middle = chroma_of(rgb[520, 310])[0]
    assert np.abs(middle - (wanted(RED) + wanted(BLUE)) / 2).max() < 0.02


@pytest.mark.slow
def test_a_later_hint_goes_over_an_earlier_one():
    hints = [ColourHint(points=(at(*INSIDE),), rgb=rgb) for rgb in (RED, BLUE)]
    x, y = INSIDE
    assert np.abs(chroma_of(coloured(boxed(), *hints)[y, x]) - wanted(BLUE)).max() < ROUNDING


@pytest.mark.slow
def test_a_grey_hint_takes_colour_away():
    rgb = coloured(boxed(), ColourHint(points=(at(*INSIDE),), rgb=(128, 128, 128)))
    assert np.hypot(*chroma_of(rgb[410:630, 210:410]).T).max() < ROUNDING


@pytest.mark.slow
def test_ink_and_protected_pixels_stay():
    grey = boxed()
    protect = np.zeros(grey.shape, np.bool_)
    protect[480:520, 280:320] = True
    rgb = coloured(grey, ColourHint(points=(at(*INSIDE),), rgb=RED, radius_01=0.1), protect=protect)
    assert np.array_equal(rgb[protect], decoded(grey).rgb[protect])
    assert rgb[400, 230:390].max() <= 4
    assert np.abs(chroma_of(rgb[600, 300]) - wanted(RED)).max() < ROUNDING


@pytest.mark.slow
def test_in_a_shaded_region_a_hint_goes_where_the_tone_is_like_its_own():
    grey = np.tile(np.linspace(60, 240, WIDTH).astype(np.uint8), (HEIGHT, 1))
    field, plain = (
        colour_field(
            decoded(grey), np.zeros(grey.shape, np.bool_), engine_colour(grey), drawing=Drawing(hints=hints)
        ).chroma
        for hints in ((ColourHint(points=((0.25, 0.5),), rgb=RED),), ())
    )
    taken = np.linalg.norm(field - plain, axis=0) / np.linalg.norm(wanted(RED) - plain[:, 0, 0])
    assert taken[100, 100] > 0.85
    assert taken[100, 390] < 0.35


@pytest.mark.slow
def test_hints_are_not_scaled_by_the_strength():
    grey = boxed()
    hint = ColourHint(points=(at(*INSIDE),), rgb=RED)
    rgb = compose_page(
        decoded(grey), np.zeros(grey.shape, np.bool_), engine_colour(grey), 0.2, drawing=Drawing(hints=(hint,))
    ).rgb
    assert np.abs(chroma_of(rgb[500, 300]) - wanted(RED)).max() < ROUNDING


def test_a_hint_with_a_region_of_its_own_goes_through_that_one():
    """Over a line, around a hole, and nowhere else; where lines have its region nothing happens."""
    grey = boxed()
    ring = ((at(150, 420), at(380, 420), at(380, 620), at(150, 620)), (at(320, 520), at(360, 520), at(340, 580)))
    hint = ColourHint(points=(at(180, 500),), rgb=RED, region=ring)
    plain, rgb = coloured(grey), coloured(grey, hint)
    for x, y in ((180, 500), (170, 600), (300, 600), (250, 440)):
        assert np.abs(chroma_of(rgb[y, x]) - wanted(RED)).max() < ROUNDING
    for x, y in ((340, 540), (400, 500), (60, 60), (300, 630), (180, 640)):
        assert np.array_equal(rgb[y, x], plain[y, x])
