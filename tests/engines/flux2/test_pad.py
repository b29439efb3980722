"""Pages of any size lie on canvases that klein takes as they are, and come back whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engines.colorize.diffusion.pad import PAGE_PIXELS, Fit, cut_out, fit, fit_reference, laid_out, laid_out_mask
from engines.geometry import Size

SIDES = st.integers(1, 30_000)


@given(SIDES, SIDES)
@example(1, 1)
@example(1, 30_000)
@example(8000, 1000)
@example(1024, 1024)
@example(1023, 1025)
@example(4096, 250)
def test_canvas_is_what_the_pipeline_takes_without_cropping(height: int, width: int) -> None:
    where = fit(Size(height, width))
    assert where.canvas.pixels <= PAGE_PIXELS
    assert min(where.canvas) >= 64
    assert all(side % 16 == 0 for side in where.canvas)
    assert max(where.canvas) <= 8 * min(where.canvas)
    assert 1 <= where.scaled.height <= min(height, where.canvas.height)
    assert 1 <= where.scaled.width <= min(width, where.canvas.width)


@given(SIDES, SIDES)
def test_aspect_stays(height: int, width: int) -> None:
    scaled = fit(Size(height, width)).scaled
    assert abs(scaled.height * width - scaled.width * height) <= max(height, width)


@given(st.integers(64, 1000), st.integers(64, 1000))
def test_what_fits_is_not_scaled(height: int, width: int) -> None:
    assert fit(Size(height, width)).scaled == (height, width)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_references_share_their_pixels(count: int) -> None:
    total = count * fit_reference(Size(3000, 2000), count).canvas.pixels
    assert total <= 2 * 768 * 768
    assert total > 0.9 * min(count, 2) * 768 * 768


@given(st.integers(1, 150), st.integers(1, 150), st.booleans())
def test_picture_that_fits_comes_back_to_the_bit(height: int, width: int, colour: bool) -> None:
    rng = np.random.default_rng(height * 1000 + width)
    picture = rng.integers(0, 256, (height, width, 3) if colour else (height, width), np.uint8)
    where = fit(Size(height, width))
    laid = laid_out(picture, where)
    assert laid.shape == (*where.canvas, 3)
    expected = picture if colour else np.dstack([picture] * 3)
    assert (cut_out(laid, where) == expected).all()
    # The padding is the edge, so that no line appears where the page ends.
    assert (laid[height:, :width] == expected[-1]).all()
    assert (laid[:, width:] == laid[:, width - 1 : width]).all()


def test_mask_keeps_what_is_thin_and_stays_off_the_padding() -> None:
    mask = np.zeros((3000, 2001), bool)
    mask[1500, 1000] = True
    where = fit(Size(3000, 2001))
    laid = laid_out_mask(mask, where)
    assert laid.shape == where.canvas
    assert 1 <= laid.sum() <= 4
    everything = laid_out_mask(np.ones((100, 70), bool), Fit(Size(100, 70), Size(112, 80)))
    assert everything.sum() == 7000
