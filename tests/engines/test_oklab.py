"""The colour space that engines and compose share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from bench.gamut import fit_to_gamut
from engines.oklab import (
    grey_to_lightness,
    max_chroma,
    oklab_to_srgb,
    srgb_to_oklab,
)

pictures = npst.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))


@given(pictures)
def test_every_srgb_picture_survives_the_round_trip(rgb: np.ndarray) -> None:
    assert np.array_equal(oklab_to_srgb(srgb_to_oklab(rgb)), rgb)


def test_round_trip_is_exact_beyond_one_strip() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (700, 400, 3), dtype=np.uint8)
    assert np.array_equal(oklab_to_srgb(srgb_to_oklab(rgb)), rgb)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (1.0, 0.0, 0.0)),
        ((255, 0, 0), (0.62796, 0.22486, 0.12585)),
        ((0, 255, 0), (0.86644, -0.23389, 0.17950)),
        ((0, 0, 255), (0.45201, -0.03246, -0.31153)),
    ],
)
def test_primaries_have_ottossons_values(rgb: tuple[int, ...], lab: tuple[float, ...]) -> None:
    found = srgb_to_oklab(np.array([[rgb]], np.uint8))[0, 0]
    assert found == pytest.approx(lab, abs=1e-4)


def test_greys_have_no_chroma_and_the_lightness_of_the_table() -> None:
    grey = np.arange(256, dtype=np.uint8)
    lab = srgb_to_oklab(np.repeat(grey[:, None, None], 3, axis=2))
    assert np.abs(lab[..., 1:]).max() < 1e-5
    assert lab[:, 0, 0] == pytest.approx(grey_to_lightness(grey), abs=1e-6)


@given(st.floats(0.1, 0.97), st.floats(-10, 10))
def test_the_largest_chroma_fits_and_a_larger_one_does_not(lightness: float, hue: float) -> None:
    chroma = float(max_chroma(np.float32([lightness]), np.float32([hue]))[0])

    def shift(chroma: float) -> float:
        """Return how far a colour of this chroma moves on its way through sRGB."""
        a, b = chroma * np.cos(hue), chroma * np.sin(hue)
        lab = np.array([[[lightness, a, b]]], np.float32)
        return float(np.abs(srgb_to_oklab(oklab_to_srgb(lab)) - lab).max())

    assert shift(chroma) < 0.006
    assert shift(chroma * 1.3 + 0.04) > 0.006  # in the dark a chroma has to be well outside to be seen to move


def test_black_and_white_hold_no_chroma_and_shapes_are_kept() -> None:
    hue = np.linspace(0, 6, 40, dtype=np.float32).reshape(2, 4, 5)
    assert not max_chroma(np.ones_like(hue), hue).any()
    assert not max_chroma(np.zeros_like(hue), hue).any()
    assert max_chroma(np.full_like(hue, 0.6), hue).shape == hue.shape
    assert max_chroma(np.full(40_000, 0.6, np.float32), np.zeros(40_000, np.float32)).min() > 0.1


@given(st.floats(0.1, 0.95), st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_fitting_keeps_lightness_and_hue(lightness: float, a: float, b: float) -> None:
    lab = np.array([[[lightness, a, b]]], np.float32)
    fitted = fit_to_gamut(lab)
    assert fitted[..., 0] == lab[..., 0]
    assert abs(a * float(fitted[0, 0, 2]) - b * float(fitted[0, 0, 1])) < 1e-6
    assert np.abs(srgb_to_oklab(oklab_to_srgb(fitted)) - fitted).max() < 0.006
