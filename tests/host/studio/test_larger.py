"""A page made larger: its letters stay what they are."""

import numpy as np

from engines.upscale.base import Upscaler, UpscalerInfo
from engines.upscale.lanczos import Lanczos
from engines.upscale.tiles import enlarge
from host.studio.larger import larger

RGB = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
LETTERS = np.zeros((60, 80), np.bool_)
LETTERS[20:30, 30:50] = True


class Red(Upscaler):
    """Draws everything red."""

    def __init__(self) -> None:
        self.info = UpscalerInfo(name="red", scale=3)

    def enlarge(self, rgb: np.ndarray) -> np.ndarray:
        return np.full((rgb.shape[0] * 3, rgb.shape[1] * 3, 3), (255, 0, 0), np.uint8)


def test_letters_are_interpolated_and_the_rest_is_drawn() -> None:
    large = larger(Red(), RGB, LETTERS, lambda share: None)
    assert large.shape == (180, 240, 3)
    assert (large[:48] == (255, 0, 0)).all()
    assert (large[:, :78] == (255, 0, 0)).all()
    as_it_was = enlarge(Lanczos(3), RGB)
    assert np.abs(large[63:87, 93:147].astype(int) - as_it_was[63:87, 93:147]).max() <= 4


def test_without_letters_all_is_drawn() -> None:
    for lettering in (None, np.zeros_like(LETTERS)):
        assert (larger(Red(), RGB, lettering, lambda share: None) == (255, 0, 0)).all()


def test_letters_in_a_corner_stand_where_they_stood_and_fade_out_around() -> None:
    """Taller than wide, so that neither side is taken for the other; nothing of the page is moved."""
    letters = np.zeros((60, 80), np.bool_)
    letters[:40, :6] = True
    large = larger(Red(), RGB, letters, lambda share: None).astype(int)
    as_it_was = enlarge(Lanczos(3), RGB).astype(int)
    assert np.abs(large[:117, :15] - as_it_was[:117, :15]).max() <= 4
    assert (large[:, 40:] == (255, 0, 0)).all()
    assert (large[140:] == (255, 0, 0)).all()
    assert not (large[60, :36] == (255, 0, 0)).all()
