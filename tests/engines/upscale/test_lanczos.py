"""Interpolation by a whole scale, a little sharper than it comes."""

from __future__ import annotations

import numpy as np
import pytest

from engines.upscale.lanczos import Lanczos


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_picture_is_as_much_larger_as_was_asked_and_even_ground_stays(scale: int) -> None:
    rgb = np.full((9, 14, 3), (10, 120, 240), np.uint8)
    large = Lanczos(scale).enlarge(rgb)
    assert large.shape == (9 * scale, 14 * scale, 3)
    assert (large == (10, 120, 240)).all()
    assert Lanczos(scale).info.scale == scale


@pytest.mark.parametrize("scale", [2, 4])
def test_an_edge_is_sharpened_near_it_and_nothing_is_changed_farther_off(scale: int) -> None:
    rgb = np.full((16, 40, 3), 60, np.uint8)
    rgb[:, 20:] = 180
    line = Lanczos(scale).enlarge(rgb)[8 * scale, :, 0].astype(int)
    edge = 20 * scale
    assert line[edge : edge + 2 * scale].max() > 195
    assert line[edge - 2 * scale : edge].min() < 45
    assert np.abs(line[: edge - 4 * scale] - 60).max() <= 1
    assert np.abs(line[edge + 4 * scale :] - 180).max() <= 1
