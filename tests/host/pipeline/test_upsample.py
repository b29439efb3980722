"""Colour on a page's grid: how large that is, how it comes back to the page, and where it may spread."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engines.geometry import Size
from host.pipeline.compose.upsample import (
    _spread,
    coarseness,
    grid_lightness,
    grid_size,
    pixel_size,
    rows_of_grid,
    spread_chroma,
    trust_of,
)


@pytest.mark.parametrize(
    ("page", "grid"),
    [
        (Size(1400, 1200), Size(700, 600)),  # half of it
        (Size(1400, 1000), Size(840, 600)),  # no side below 600
        (Size(1000, 1400), Size(600, 840)),
        (Size(700, 500), Size(700, 500)),  # nor larger than the page
        (Size(4000, 4000), Size(1414, 1414)),  # two million pixels at most
        (Size(8000, 1000), Size(4000, 500)),
        (Size(1, 1), Size(1, 1)),
        (Size(30_000, 2), Size(30_000, 2)),
        (Size(3, 1_000_000), Size(2, 816_497)),
    ],
)
def test_the_grid_is_half_the_page_within_bounds(page: Size, grid: Size) -> None:
    assert grid_size(page) == grid


def test_lightness_of_the_grid_is_the_mean_of_what_it_covers() -> None:
    grey = np.zeros((1400, 1200), np.uint8)
    grey[:, 600:] = 255
    lightness = grid_lightness(grey)
    assert lightness.shape == (700, 600)
    assert np.allclose(lightness[:, :299], 0, atol=1e-6)
    assert np.allclose(lightness[:, 301:], 1, atol=1e-3)


@pytest.mark.parametrize("rows", [slice(0, 7), slice(5, 40), slice(31, 97), slice(90, 97), slice(0, 97)])
def test_rows_of_the_page_are_those_of_the_whole_grid_resized(rows: slice) -> None:
    grid = np.random.default_rng(2).random((41, 23, 3)).astype(np.float32)
    whole = cv2.resize(grid, (61, 97), interpolation=cv2.INTER_LINEAR)
    found = rows_of_grid(grid, rows, Size(97, 61))
    assert found.shape == (rows.stop - rows.start, 61, 3)
    assert np.abs(found - whole[rows]).max() < 0.04  # the filter counts in 32nds of a pixel
    assert np.abs(found - whole[rows]).mean() < 0.01


@pytest.mark.parametrize("channels", [(), (2,), (3,)])
def test_a_page_wider_than_any_that_opencv_moves_has_the_columns_of_the_whole_grid_resized(
    channels: tuple[int, ...],
) -> None:
    grid = np.random.default_rng(2).random((9, 40_000, *channels)).astype(np.float32)
    whole = cv2.resize(grid, (70_100, 30), interpolation=cv2.INTER_LINEAR)
    found = rows_of_grid(grid, slice(4, 30), Size(30, 70_100))
    assert found.shape == (26, 70_100, *channels)
    assert np.abs(found - whole[4:]).max() < 0.05


@pytest.mark.parametrize(
    ("chroma", "grid", "size_px", "coarse"),
    [
        ((100, 50), Size(100, 50), 1.0, 0.0),
        ((200, 100), Size(100, 50), 1.0, 0.0),
        ((100, 50), Size(150, 50), 1.5, 0.5),
        ((100, 50), Size(100, 75), 1.5, 0.5),
        ((100, 50), Size(300, 100), 3.0, 1.0),
    ],
)
def test_an_engine_s_pixel_is_as_large_as_its_longer_side_and_coarse_from_two_on(
    chroma: tuple[int, int], grid: Size, size_px: float, coarse: float
) -> None:
    found = pixel_size(np.zeros((*chroma, 2), np.float32), grid)
    assert found == size_px
    assert coarseness(found) == coarse


def test_colour_is_trusted_on_even_ground_little_at_an_edge_and_hardly_where_it_is_protected() -> None:
    lightness = np.zeros((60, 60), np.float32)
    lightness[:, 30:] = 1.0
    protect = np.zeros((120, 120), np.bool_)
    protect[100:, :40] = True
    for pixel_px, reach in ((1.0, 1), (3.0, 2), (4.0, 2)):
        trust = trust_of(lightness, protect, pixel_px)
        assert np.allclose(trust[:49, : 30 - reach], 1)
        assert np.allclose(trust[:49, 30 + reach :], 1)
        assert (trust[:49, 30 - reach : 30 + reach] == np.float32(1e-3)).all()
        assert (trust[50:, :20] == np.float32(1e-4)).all()
    slight = np.where(lightness > 0, np.float32(0.12), np.float32(0))
    assert trust_of(slight, np.zeros_like(protect), 1.0)[0, 29] == pytest.approx(0.5)


def spread(chroma: np.ndarray, lightness: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
    flat = np.zeros(lightness.shape, np.int32) if labels is None else labels
    trust = trust_of(lightness, np.zeros(lightness.shape, np.bool_), pixel_size(chroma, Size(*lightness.shape)))
    return spread_chroma(chroma.astype(np.float32), lightness, trust, flat)


def two_colours(width: int, edge: int) -> np.ndarray:
    chroma = np.zeros((20, width, 2), np.float32)
    chroma[:, :edge] = (0.1, -0.05)
    chroma[:, edge:] = (-0.1, 0.05)
    return chroma


def test_colour_stays_on_its_side_of_a_line_and_is_mixed_where_there_is_none() -> None:
    even = np.ones((80, 160), np.float32)
    lined = even.copy()
    lined[:, 79:81] = 0
    apart, mixed = spread(two_colours(40, 20), lined), spread(two_colours(40, 20), even)
    assert apart.shape == (2, 80, 160)
    assert np.allclose(apart[0][:, :78], 0.1, atol=0.012)
    assert np.allclose(apart[1][:, 82:], 0.05, atol=0.012)
    assert np.abs(mixed[0][:, 76:84]).max() < 0.08
    assert np.allclose(mixed[0][:, :10], 0.1, atol=0.01)


def test_a_region_s_border_holds_colour_as_a_line_does() -> None:
    even = np.ones((80, 160), np.float32)
    labels = np.zeros(even.shape, np.int32)
    labels[:, 80:] = 1
    held, open_ = spread(two_colours(40, 20), even, labels), spread(two_colours(40, 20), even)
    # what an engine's pixel holds of both sides is mixed by then; beyond it the border holds
    assert abs(held[0][40, 70]) > abs(open_[0][40, 70]) + 0.005
    turned = spread(two_colours(40, 20).transpose(1, 0, 2), even.T, labels.T)
    assert np.allclose(turned[0].T, held[0], atol=0.01)


def test_even_colour_stays_what_it_is() -> None:
    lightness = np.random.default_rng(3).random((50, 70)).astype(np.float32)
    found = spread(np.full((10, 14, 2), (0.07, -0.03), np.float32), lightness)
    assert np.allclose(found[0], 0.07, atol=1e-4)
    assert np.allclose(found[1], -0.03, atol=1e-4)


@pytest.mark.parametrize("reach_px", [8.0, 20.0])
def test_on_even_ground_a_point_spreads_as_far_as_it_may_reach(reach_px: float) -> None:
    """Along each axis its variance is the reach's square, whatever the number of passes; nothing is lost or made."""
    side = 401
    planes = np.zeros((1, side, side), np.float32)
    planes[0, 200, 200] = 1
    _spread(planes, np.zeros((side, side), np.float32), np.zeros((side, side), np.int32), reach_px)
    away = np.arange(side) - 200.0
    for axis in (0, 1):
        profile = planes[0].sum(axis=axis, dtype=np.float64)
        assert profile.sum() == pytest.approx(1, abs=0.01)
        assert (profile * away).sum() == pytest.approx(0, abs=0.02 * reach_px)
        assert (profile * away**2).sum() == pytest.approx(reach_px**2, rel=0.02)
