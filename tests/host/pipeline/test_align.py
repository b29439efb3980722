"""How far an engine's picture stands off the page."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engines.oklab import grey_to_lightness
from host.pipeline.compose.align import Shift, measure_shift, undo_shift

PAGE = cv2.GaussianBlur(np.random.default_rng(4).integers(0, 256, (200, 160), np.uint8), (0, 0), 3)
PAGE = cv2.normalize(PAGE, None, 0, 255, cv2.NORM_MINMAX)


def shifted(x: float, y: float, page: np.ndarray = PAGE) -> np.ndarray:
    """Return the page's lightness, moved to the right and down."""
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float64)
    return cv2.warpAffine(grey_to_lightness(page), matrix, page.shape[::-1], borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize(("x", "y"), [(3, 0), (0, 3), (-4, 2), (2, -3), (0.8, 0), (0, -0.8), (14, 0), (0, 18)])
def test_a_shift_is_measured_in_the_engine_s_pixels(x: float, y: float) -> None:
    found = measure_shift(shifted(x, y), PAGE)
    assert found == pytest.approx((x, y), abs=0.25)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (0.3, 0.3), (20, 0), (0, 26)])
def test_what_is_too_small_to_matter_or_too_large_to_be_believed_is_none(x: float, y: float) -> None:
    assert measure_shift(shifted(x, y), PAGE) == Shift(0.0, 0.0)


def test_pictures_that_have_little_in_common_or_are_tiny_are_not_moved() -> None:
    other = np.random.default_rng(9).random((200, 160)).astype(np.float32)
    assert measure_shift(other, PAGE) == Shift(0.0, 0.0)
    for shape in ((15, 160), (160, 15)):
        assert measure_shift(np.ones(shape, np.float32), PAGE) == Shift(0.0, 0.0)
    small = cv2.resize(shifted(20, 0), (80, 100), interpolation=cv2.INTER_AREA)
    assert measure_shift(cv2.resize(shifted(6, 0), (80, 100), interpolation=cv2.INTER_AREA), PAGE) == pytest.approx(
        (3, 0), abs=0.25
    )
    assert measure_shift(small, PAGE) == Shift(0.0, 0.0)


def test_colour_is_moved_back_by_the_shift() -> None:
    chroma = np.zeros((40, 30, 2), np.float32)
    chroma[13:20, 12:18] = (0.1, -0.2)
    back = undo_shift(chroma, Shift(2.0, 3.0))
    wanted = np.zeros_like(chroma)
    wanted[10:17, 10:16] = (0.1, -0.2)
    assert np.allclose(back, wanted, atol=1e-4)
    assert undo_shift(chroma, Shift(0.0, 0.0)) is chroma
    edge = np.full((8, 8, 2), 0.3, np.float32)
    assert np.allclose(undo_shift(edge, Shift(5.0, -5.0)), 0.3)  # beyond the border it goes on
