"""An engine's coarse colour in the regions of a page."""

import cv2
import numpy as np

from engines.oklab import grey_to_lightness
from host.pipeline.compose.field import colour_field
from host.pipeline.drawing import Drawing
from tests.host.pipeline.drawn import decoded

SIZE = (600, 400)


def nothing(grey):
    return np.zeros(grey.shape, np.bool_)


def lab_of(grey, chroma):
    height, width = chroma.shape[:2]
    small = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    return np.dstack([grey_to_lightness(small), chroma]).astype(np.float32)


def ramp(height=150, width=100):
    """Return chroma that grows from the left to the right."""
    chroma = np.zeros((height, width, 2), np.float32)
    chroma[..., 0] = np.linspace(0.02, 0.12, width)
    return chroma


def field_of(grey, chroma, **known):
    return colour_field(decoded(grey), nothing(grey), lab_of(grey, chroma), drawing=Drawing(**known)).chroma


def framed(grey):
    cv2.rectangle(grey, (100, 200), (220, 320), 0, 3)
    return grey


def test_a_wash_in_a_flat_region_becomes_one_colour():
    grey = framed(np.full(SIZE, 255, np.uint8))
    inside = field_of(grey, ramp())[0, 206:316, 106:216]
    assert np.ptp(inside) < 0.3 * np.ptp(cv2.resize(ramp()[..., 0], SIZE[::-1])[206:316, 106:216])


def test_two_colours_stay_on_their_sides_of_a_line():
    grey = framed(np.full(SIZE, 255, np.uint8))
    chroma = np.zeros((75, 50, 2), np.float32)
    chroma[26:40, 13:27] = 0.1, 0.0
    blurred = cv2.GaussianBlur(chroma, (0, 0), 2.5)
    field = field_of(grey, blurred)
    assert field[0, 206:316, 106:216].min() > 0.07
    outside = np.ones(SIZE, np.bool_)
    outside[196:326, 96:226] = False
    assert field[0][outside].max() < 0.02
    assert cv2.resize(blurred, SIZE[::-1])[..., 0][outside].max() > 0.035, "the toy must be one where spill is possible"


def test_painted_shading_keeps_its_changes_of_colour():
    grey = np.tile(np.linspace(60, 230, SIZE[1]).astype(np.uint8), (SIZE[0], 1))
    wanted = cv2.resize(ramp()[..., 0], SIZE[::-1])
    found = field_of(grey, ramp())[0]
    assert np.abs(found - wanted).max() < 0.012
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.99


def test_an_engine_as_fine_as_the_grid_is_taken_at_its_word():
    grey = framed(np.full(SIZE, 255, np.uint8))
    chroma = ramp(*SIZE)
    assert np.abs(field_of(grey, chroma)[0, 220:300, 120:200] - chroma[220:300, 120:200, 0]).max() < 0.01


def test_colour_does_not_cross_from_panel_to_panel():
    grey = np.full(SIZE, 255, np.uint8)
    chroma = np.zeros((75, 50, 2), np.float32)
    chroma[:37] = 0.1, 0.0
    blurred = cv2.GaussianBlur(chroma, (0, 0), 2.0)
    panels = [((0, 0), (399, 0), (399, 297), (0, 297)), ((0, 298), (399, 298), (399, 599), (0, 599))]
    parted, one = field_of(grey, blurred, panels=panels)[0], field_of(grey, blurred)[0]
    assert np.diff(parted[:, 200]).min() < 3 * np.diff(one[:, 200]).min() < 0


def test_screentone_made_even_is_one_region():
    grey = framed(np.full(SIZE, 255, np.uint8))
    grey[203:318:4, 103:218:4] = 0
    grey[204:318:4, 103:218:4] = 0
    tone = framed(np.full(SIZE, 255, np.uint8))
    tone[202:319, 102:219] = 220
    chroma = ramp() + np.random.default_rng(1).normal(0, 0.02, ramp().shape).astype(np.float32)
    assert field_of(grey, chroma, tone=tone)[0, 210:310, 110:210].std() < 0.004


def test_ground_is_the_pages_own_also_where_its_tone_is_another():
    grey, tone = np.full(SIZE, 255, np.uint8), np.full(SIZE, 140, np.uint8)
    lab = lab_of(grey, ramp())
    plain, toned = (
        colour_field(decoded(grey), nothing(grey), lab, drawing=Drawing(tone=one)).ground for one in (None, tone)
    )
    assert plain.min() == 1, "bare paper"
    assert np.array_equal(toned, plain)


def test_equal_arguments_give_equal_fields():
    grey = framed(np.full(SIZE, 255, np.uint8))
    assert field_of(grey, ramp()).tobytes() == field_of(grey, ramp()).tobytes()
