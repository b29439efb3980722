"""Parts made anew: what the engine is asked for, and that nothing else changes."""

import numpy as np
import pytest

from engines.base import ColorizeRequest, ColorizeResult, Plan
from engines.oklab import srgb_to_oklab
from host.errors import BadRequest, TooLarge
from host.studio.repaint import Margins, extended, fill, repaint

RGB = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
GREEN = (20, 160, 60)


def mask(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    wanted = np.zeros(RGB.shape[:2], np.bool_)
    wanted[top:bottom, left:right] = True
    return wanted


class Painter:
    """Paints all that it is shown green, at half the size."""

    def __init__(self) -> None:
        self.asked: list[ColorizeRequest] = []

    def __call__(self, request: ColorizeRequest) -> ColorizeResult:
        self.asked.append(request)
        height, width = (side // 2 for side in request.size)
        return ColorizeResult(oklab=srgb_to_oklab(np.full((height, width, 3), GREEN, np.uint8)), weights={})


def test_what_the_mask_covers_is_painted_and_nothing_else() -> None:
    wanted, painter = mask(100, 160, 200, 280), Painter()
    made = repaint(RGB, wanted, painter, Plan(prompt="grass", seed=7))
    assert np.array_equal(made[~wanted], RGB[~wanted])
    assert np.abs(made[wanted].astype(int) - GREEN).max() <= 2


def test_the_engine_sees_what_lies_around_and_gets_words_seed_and_references() -> None:
    painter, reference = Painter(), np.zeros((4, 4, 3), np.uint8)
    repaint(RGB, mask(100, 160, 200, 280), painter, Plan(prompt="grass", seed=7), (reference,))
    (request,) = painter.asked
    assert request.size == (60 + 2 * 64, 80 + 2 * 64)  # 64 pixels at the least
    assert request.repair is not None
    assert np.array_equal(request.repair.picture, RGB[36:224, 136:344])
    assert request.repair.mask.sum() == 60 * 80
    assert np.array_equal(request.protect, ~request.repair.mask)
    assert (request.plan.seed, request.plan.stage(0).prompt, request.plan.stage(0).denoise_01) == (7, "grass", 1.0)
    assert request.references[0] is reference
    repaint(RGB, mask(0, 300, 0, 200), painter, Plan())
    assert painter.asked[1].size == (300, 350)  # half of the larger side, within the page


@pytest.mark.parametrize("of", ["engine", "rim"])
def test_a_mask_of_nothing_is_refused(of: str) -> None:
    empty = np.zeros(RGB.shape[:2], np.bool_)
    with pytest.raises(BadRequest, match="covers nothing"):
        fill(RGB, empty) if of == "rim" else repaint(RGB, empty, Painter(), Plan())


def test_a_strip_is_filled_from_its_rim() -> None:
    flat = np.full((60, 80, 3), (200, 100, 50), np.uint8)
    flat[:, 40:44] = 255
    strip = np.zeros((60, 80), np.bool_)
    strip[:, 40:44] = True
    filled = fill(flat, strip)
    assert np.abs(filled.astype(int) - (200, 100, 50)).max() <= 40
    assert np.array_equal(filled[:, :40], flat[:, :40])


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
def test_paper_is_added_at_a_side(side: str) -> None:
    wider, added = extended(RGB, Margins(**{side: 30}))
    assert wider.shape[:2] == ((330, 400) if side in ("top", "bottom") else (300, 430))
    assert (wider[added] == 255).all()
    assert np.array_equal(wider[~added].reshape(RGB.shape), RGB)
    view = {"left": added[:, :30], "right": added[:, -30:], "top": added[:30], "bottom": added[-30:]}[side]
    assert view.all()
    assert added.sum() == view.size


def test_all_four_sides_at_once() -> None:
    wider, added = extended(RGB, Margins(left=1, top=2, right=3, bottom=4))
    assert np.array_equal(wider[2:-4, 1:-3], RGB)
    assert not added[2:-4, 1:-3].any()
    assert added.sum() == added.size - 300 * 400


def test_bounds_of_what_is_added() -> None:
    with pytest.raises(BadRequest, match="Nothing is added"):
        extended(RGB, Margins())
    with pytest.raises(TooLarge):
        extended(RGB, Margins(left=20_000, top=20_000))
