"""Looks at a page cover all of it, at a scale that the network knows."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.detect.tiles import STRIDE_PX, View, shown, views
from engines.geometry import Box, Size

sides = st.integers(1, 6000)


@given(sides, sides, st.booleans())
def test_every_pixel_is_seen_and_every_look_fits_its_input(height, width, fixed):
    seen = np.zeros((height, width), bool) if height * width < 10**6 else None
    size = Size(640, 640) if fixed else Size(640, 448)
    looks = views(Size(height, width), *size, fixed=fixed)
    for window, given_size, scale in looks:
        assert 0 <= window.left < window.right <= width
        assert 0 <= window.top < window.bottom <= height
        assert given_size == size or not fixed
        assert given_size.height % STRIDE_PX == 0 == given_size.width % STRIDE_PX
        assert window.height * scale < given_size.height + 1
        assert window.width * scale < given_size.width + 1
        if seen is not None:
            seen[window.top : window.bottom, window.left : window.right] = True
    assert seen is None or seen.all()
    assert max(look.window.right for look in looks) == width
    assert max(look.window.bottom for look in looks) == height


def test_a_page_and_a_double_page_are_one_look_at_the_same_scale():
    (page,) = views(Size(1800, 1200), 640, 448)
    (double,) = views(Size(1800, 2400), 640, 448)
    assert page.scale == double.scale == 640 / 1800
    assert page.size == Size(640, 448)


def test_a_strip_is_seen_in_overlapping_pieces_at_the_width_of_a_page():
    looks = views(Size(16000, 800), 640, 448)
    assert {look.scale for look in looks} == {0.56}
    for upper, lower in pairwise(looks):
        assert upper.window.bottom - lower.window.top > 0.25 * upper.window.height


@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("page", [(100, 200_000), (1, 60_000), (100_000, 8), (200_000, 300), (40_000, 60)])
def test_a_page_of_a_proportion_that_nobody_draws_is_seen_smaller_in_some_hundred_looks(page, fixed):
    looks = views(Size(*page), 640, 448, fixed=fixed)
    assert 50 < len(looks) <= 200
    assert sum(look.window.area for look in looks) >= page[0] * page[1]
    assert looks[-1].window.bottom == page[0]
    assert looks[-1].window.right == page[1]


def test_the_page_stands_in_the_corner_and_grey_around_it():
    page = np.full((100, 70), 255, np.uint8)
    (look,) = views(Size(100, 70), 640, 640, fixed=True)
    picture = shown(page, look)
    assert picture.shape == (1, 3, 640, 640)
    assert picture.dtype == np.float32
    assert (picture[0, :, :200, :140] == 1).all()
    assert np.allclose(picture[0, :, 200:], 114 / 255)
    assert np.allclose(picture[0, :, :, 140:], 114 / 255)


def test_a_page_that_is_seen_smaller_is_averaged_and_a_sliver_of_it_is_still_seen():
    ruled = np.zeros((400, 400), np.uint8)
    ruled[::4] = 255
    picture = shown(ruled, View(Box(0, 0, 400, 400), Size(128, 128), 0.25))[0, 0]
    assert picture.shape == (128, 128)
    assert np.allclose(picture[:100, :100], 0.25, atol=0.01)
    assert np.allclose(picture[100:], 114 / 255)
    (line,) = shown(np.full((1, 1000), 255, np.uint8), View(Box(0, 0, 1000, 1), Size(32, 128), 0.1), channels=1)[0]
    assert (line[0, :100] == 1).all()
    assert np.allclose(line[1:], 114 / 255)


@pytest.mark.parametrize("side", [225, 226])
def test_a_piece_that_is_rounded_up_fits_its_input(side):
    page = np.full((side, side), 255, np.uint8)
    picture = shown(page, View(Box(0, 0, side, side), Size(224, 224), 1.0))
    assert picture.shape == (1, 3, 224, 224)
    assert (picture == 1).all()
