"""The tint of a page by its formulas: what it is at each lightness and place, and how it is fitted."""

from __future__ import annotations

import numpy as np
import pytest

from engines.geometry import Size
from host.pipeline import tint
from host.pipeline.tint import Tint, find_tint, least_squares, luma_of, product, shrink_factor, shrunk


@pytest.mark.parametrize(
    ("shape", "side", "factor", "size"),
    [
        ((100, 200), 100, 1.0, (100, 200)),
        ((100, 200), 101, 1.0, (100, 200)),
        ((100, 200), 50, 0.5, (50, 100)),
        ((300, 40), 20, 0.5, (150, 20)),
        ((3, 1000), 1, 1 / 3, (1, 333)),
    ],
)
def test_a_picture_is_shrunk_by_its_shorter_side(
    shape: tuple[int, int], side: int, factor: float, size: tuple[int, int]
) -> None:
    rgb = np.zeros((*shape, 3), np.uint8)
    assert shrink_factor(rgb, side) == pytest.approx(factor)
    assert shrunk(rgb, side).shape == (*size, 3)


def test_shrunk_pixels_are_means() -> None:
    rgb = np.zeros((4, 4, 3), np.uint8)
    rgb[::2, ::2] = 200
    assert (shrunk(rgb, 2) == 50).all()


def test_luma_weighs_channels_as_eyes_do() -> None:
    rgb = np.array([[[100, 0, 0], [0, 100, 0], [0, 0, 100], [10, 20, 30]]], np.float64)
    assert luma_of(rgb).tolist() == [pytest.approx([29.9, 58.7, 11.4, 2.99 + 11.74 + 3.42], abs=1e-4)]


def test_levels_follow_luma_and_place() -> None:
    """Terms of place: one, down, across, their product, and their squares, -1..1 of the page's sides."""
    factors = np.zeros((4, 6, 3))
    factors[0, 0], factors[1, 0], factors[2, 0], factors[3, 0] = (1, 2, 3), (10, 0, 0), (0, 10, 0), (0, 0, 10)
    luma = np.array([[0, 127.5], [255, 51]], np.float32)
    share = luma / 255
    wanted = [[[1 + 10 * one, 2 + 10 * one**2, 3 + 10 * one**3] for one in row] for row in share]
    assert np.allclose(Tint(factors).at(luma), wanted, atol=1e-5)
    placed = np.zeros((4, 6, 3))
    placed[0, 1:4] = np.eye(3)
    levels = Tint(placed).at(np.zeros((2, 4), np.float32))
    down, across = np.array([-0.5, 0.5])[:, None], np.array([-0.75, -0.25, 0.25, 0.75])[None]
    for channel, term in enumerate((down + 0 * across, across + 0 * down, down * across)):
        assert np.allclose(levels[..., channel], term)
    squares = np.zeros((4, 6, 3))
    squares[1, 4:6] = np.eye(3)[:2]
    powers = Tint(squares).powers(Size(2, 4))
    assert len(powers) == 4
    assert np.allclose(powers[1][..., 0], 0.25)
    assert np.allclose(powers[1][..., 1], across**2 + 0 * down)
    assert not powers[0].any()


def test_few_samples_weigh_more_than_many() -> None:
    luma = np.array([0.0] * 4 + [255.0] * 16 + [15.9, 16.0])
    weights = tint._rarity(luma)
    assert weights.tolist() == pytest.approx([5**-0.5] * 4 + [0.25] * 16 + [5**-0.5, 1.0])


def test_factors_are_those_of_weighted_least_squares() -> None:
    rng = np.random.default_rng(3)
    design, values, weights = rng.random((50, 4)), rng.random((50, 3)), rng.random(50)
    ridge = 0.1
    squares = design.T @ (design * weights[:, None]) + ridge * np.eye(4)
    wanted = np.linalg.solve(squares, design.T @ (values * weights[:, None]))
    assert np.allclose(least_squares(design, values, weights, ridge), wanted)
    assert np.allclose(product(design, wanted), design @ wanted)


def ramp(colour: np.ndarray, height: int = 240, width: int = 180) -> np.ndarray:
    """Return a page from black to white down and across whose pixels have `colour`, (h, w, 3) levels, beside grey."""
    down, across = np.mgrid[0:height, 0:width]
    grey = 40 + 170 * (0.5 * down / height + 0.5 * across / width)
    return np.clip(np.round(grey[..., None] + colour), 0, 255).astype(np.uint8)


def neutral(red: float, blue: float) -> np.ndarray:
    """Return a colour without luma of its own."""
    return np.array([red, -(0.299 * red + 0.114 * blue) / 0.587, blue])


@pytest.mark.parametrize("colour", [(12, -20), (-8, 15), (3, 3)])
def test_an_even_tint_is_found_at_every_lightness(colour: tuple[float, float]) -> None:
    page = ramp(np.broadcast_to(neutral(*colour), (240, 180, 3)))
    found = find_tint(page)
    assert found is not None
    assert np.abs(found.at(luma_of(page.astype(np.float32))) - neutral(*colour)).max() < 0.8


def test_a_tint_that_grows_across_and_with_the_light_is_found() -> None:
    across = np.linspace(0, 1, 180)[None, :, None] * np.ones((240, 1, 1))
    page = ramp(across * neutral(14, -22))
    found = find_tint(page)
    assert found is not None
    assert np.abs(found.at(luma_of(page.astype(np.float32))) - across * neutral(14, -22)).max() < 1.5


def test_what_an_author_coloured_is_outvoted() -> None:
    page = ramp(np.broadcast_to(neutral(10, -15), (240, 180, 3)))
    page[60:120, 40:90] = (210, 40, 60)
    found = find_tint(page)
    assert found is not None
    levels = found.at(luma_of(page.astype(np.float32)))
    levels[50:130, 30:100] = neutral(10, -15)
    assert np.abs(levels - neutral(10, -15)).max() < 1.5


def test_what_is_grey_to_the_last_level_has_none() -> None:
    page = ramp(np.zeros((240, 180, 3)))
    assert find_tint(page) is None
    page[100, 100, 0] ^= 1  # softened away
    assert find_tint(page) is None
    page[90:120, 90:120, 0] += 3
    assert find_tint(page) is not None
