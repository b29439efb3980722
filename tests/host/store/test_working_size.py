"""Pictures at the size at which they serve as references."""

from __future__ import annotations

import numpy as np
import pytest

from host.store.working_size import at_working_size


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((1024, 1024), (1024, 1024)),
        ((2048, 2048), (1024, 1024)),
        ((1024, 4096), (512, 2048)),
        ((1, 4 << 20), (1, 2 << 20)),
        ((30, 20), (30, 20)),
    ],
)
def test_what_is_larger_than_a_megapixel_is_brought_down_and_nothing_is_made_larger(
    shape: tuple[int, int], size: tuple[int, int]
) -> None:
    rgb = np.full((*shape, 3), (10, 200, 90), np.uint8)
    small = at_working_size(rgb)
    assert small.shape == (*size, 3)
    assert (small == (10, 200, 90)).all()
    assert small.flags.c_contiguous


def test_a_view_becomes_a_picture_of_its_own_layout() -> None:
    rgb = np.random.default_rng(1).integers(0, 255, (30, 20, 3), np.uint8)
    small = at_working_size(rgb[:, ::-1])
    assert small.flags.c_contiguous
    assert np.array_equal(small, rgb[:, ::-1])


def test_pixels_are_means_of_what_they_cover() -> None:
    rgb = np.zeros((2048, 2048, 3), np.uint8)
    rgb[::2] = 200
    assert (at_working_size(rgb) == 100).all()


def test_no_pixel_is_left_out_of_the_means() -> None:
    rgb = np.zeros((3072, 3072, 3), np.uint8)
    rgb[::3] = 150
    assert (at_working_size(rgb) == 50).all()
