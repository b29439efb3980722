"""A page's pixels: whether they are grey, what they are known by, and that nobody writes to them."""

import hashlib

import numpy as np
import pytest

from engines.geometry import Size
from host.pipeline.decode.page import _BAND_PIXELS, as_page, is_grey, pixels_digest, three_channels


def digest(rgb):
    sides = b"".join(side.to_bytes(8, "big") for side in rgb.shape[:2])
    return hashlib.sha256(sides + rgb.tobytes()).hexdigest()


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (3, 2), (7, 5), (1, 6), (6, 1)])
def test_pixels_are_known_by_their_sides_and_their_bytes(shape):
    rgb = np.random.default_rng(3).integers(0, 256, (*shape, 3), np.uint8)
    assert pixels_digest(rgb) == digest(rgb)
    assert pixels_digest(rgb[::-1, ::-1]) == digest(rgb[::-1, ::-1].copy())


def test_the_digest_of_a_page_is_what_it_always_was():
    rgb = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    assert pixels_digest(rgb) == hashlib.sha256(bytes(7) + b"\x02" + bytes(7) + b"\x03" + bytes(range(18))).hexdigest()


def test_a_large_page_is_counted_in_bands_to_the_same_digest():
    width = _BAND_PIXELS // 3 + 1
    rgb = np.random.default_rng(4).integers(0, 256, (7, width, 3), np.uint8)
    assert pixels_digest(rgb) == digest(rgb)
    wide = rgb[:, :, :1].repeat(3, axis=2)
    assert is_grey(wide)
    wide[-1, -1, 1] ^= 1
    assert not is_grey(wide)


@pytest.mark.parametrize("channel", [0, 1, 2])
@pytest.mark.parametrize("place", [(0, 0), (5, 3)])
def test_one_pixel_of_colour_makes_a_page_that_is_not_grey(channel, place):
    rgb = three_channels(np.arange(24, dtype=np.uint8).reshape(6, 4)).copy()
    assert is_grey(rgb) is True
    rgb[(*place, channel)] += 1
    assert is_grey(rgb) is False


def test_three_channels_of_one_are_grey_without_a_copy():
    grey = np.arange(24, dtype=np.uint8).reshape(6, 4)
    rgb = three_channels(grey)
    assert (rgb.shape, rgb.flags.writeable, np.shares_memory(rgb, grey)) == ((6, 4, 3), False, True)
    assert all(np.array_equal(rgb[..., channel], grey) for channel in range(3))
    assert is_grey(rgb)


def test_nobody_writes_to_a_page_from_now_on():
    grey = np.arange(24, dtype=np.uint8).reshape(6, 4)
    rgb = np.random.default_rng(5).integers(0, 256, (6, 4, 3), np.uint8)
    page = as_page(rgb, grey, "a note")
    assert (page.rgb is rgb, page.grey is grey, page.note, page.size) == (True, True, "a note", Size(6, 4))
    assert page.pixels_sha256 == digest(rgb)
    assert not rgb.flags.writeable
    assert not grey.flags.writeable


def test_a_grey_page_has_its_grey_three_times():
    grey = np.arange(24, dtype=np.uint8).reshape(6, 4)
    page = as_page(None, grey)
    assert (page.note, page.rgb.strides[2], page.grey is grey) == ("", 0, True)
    assert page.pixels_sha256 == digest(grey[..., None].repeat(3, axis=2))
    assert not grey.flags.writeable
