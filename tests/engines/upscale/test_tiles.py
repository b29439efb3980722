"""Tiles: the same as the whole picture at once, for what looks no farther than the margin; bounds; cancel."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.base import RequestUnsupported
from engines.upscale.base import Upscaler, UpscalerInfo
from engines.upscale.lanczos import Lanczos
from engines.upscale.tiles import enlarge

RGB = np.random.default_rng(0).integers(0, 256, (90, 130, 3), np.uint8)


class Blurred(Upscaler):
    """Doubles and blurs over five pixels; remembers what it saw."""

    def __init__(self, multiple: int = 1) -> None:
        self.info = UpscalerInfo(name="blurred", scale=2, multiple=multiple)
        self.seen: list[tuple[int, ...]] = []

    def enlarge(self, rgb: np.ndarray) -> np.ndarray:
        self.seen.append(rgb.shape[:2])
        assert not any(side % self.info.multiple for side in rgb.shape[:2])
        return cv2.GaussianBlur(np.repeat(np.repeat(rgb, 2, 0), 2, 1), (9, 9), 0)


@given(
    st.integers(1, 90), st.integers(1, 130), st.integers(8, 64), st.sampled_from([1, 4, 7]),
)  # fmt: skip
def test_no_seam_shows(height: int, width: int, tile: int, multiple: int) -> None:
    part = np.ascontiguousarray(RGB[:height, :width])
    tiled = enlarge(Blurred(multiple), part, tile_px=tile, margin_px=6)
    whole = enlarge(Blurred(), part, tile_px=200, margin_px=6)
    assert tiled.shape == (2 * height, 2 * width, 3)
    assert np.array_equal(tiled, whole)


def test_without_a_margin_one_shows() -> None:
    """What the margin is for: without it the same test is red."""
    whole = enlarge(Blurred(), RGB, tile_px=200, margin_px=6)
    assert not np.array_equal(enlarge(Blurred(), RGB, tile_px=32, margin_px=0), whole)


def test_what_is_seen_at_once_is_bounded_by_the_tile() -> None:
    network = Blurred(8)
    enlarge(network, RGB, tile_px=32, margin_px=6)
    assert set(network.seen) == {(48, 48)}
    assert len(network.seen) == 3 * 5


def test_progress_is_told_and_may_cancel() -> None:
    told: list[float] = []
    enlarge(Blurred(), RGB, tile_px=64, progress=told.append)
    assert told == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1.0])

    class CancelledByReader(Exception):
        pass

    def cancel(share: float) -> None:
        raise CancelledByReader

    network = Blurred()
    with pytest.raises(CancelledByReader):
        enlarge(network, RGB, tile_px=64, progress=cancel)
    assert len(network.seen) == 1


def test_a_result_that_is_too_large_is_refused_before_work() -> None:
    with pytest.raises(RequestUnsupported, match="240 million"):
        enlarge(Lanczos(8), np.broadcast_to(np.uint8(0), (3000, 3000, 3)))


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_interpolation_keeps_what_it_enlarges(scale: int) -> None:
    smooth = cv2.GaussianBlur(RGB, (0, 0), 3)
    large = enlarge(Lanczos(scale), smooth, tile_px=40)
    back = cv2.resize(large, (130, 90), interpolation=cv2.INTER_AREA)
    assert large.shape == (90 * scale, 130 * scale, 3)
    assert np.abs(back.astype(int) - smooth).mean() < 2
