"""Which pages get a first sight, and how much of a picture has colour: levels and shares."""

from __future__ import annotations

import numpy as np
import pytest

from engines.base import Device, Plan
from engines.testing.stepped import SteppedEngine
from host.pipeline import quick
from host.pipeline.decode import as_page
from host.pipeline.job import PageJob
from host.pipeline.quick import _is_for_colour, _shrunk, _side_of, quick_colours
from host.pipeline.series import coloured_share
from host.pipeline.tint import find_tint
from tests.host.pipeline.drawn import decoded, two_regions


def grey(*halves: int) -> np.ndarray:
    rgb = np.full((96, 96, 3), halves[0], np.uint8)
    rgb[:, 48:] = halves[-1]
    return rgb


def told(rgb: np.ndarray) -> bool:
    return _is_for_colour(rgb, find_tint(rgb))


@pytest.mark.parametrize(
    ("halves", "is_for"), [((100, 124), True), ((100, 123), False), ((255,), False), ((0, 255), True)]
)
def test_a_page_with_nothing_on_it_gets_none(halves: tuple[int, ...], *, is_for: bool) -> None:
    assert told(grey(*halves)) == is_for


@pytest.mark.parametrize(("side", "is_for"), [(12, True), (18, False), (60, False)])
def test_a_page_with_colour_of_its_own_gets_none(side: int, *, is_for: bool) -> None:
    """A fiftieth of 9,216 samples."""
    rgb = grey(100, 250)
    rgb[10 : 10 + side, 10 : 10 + side] = (220, 30, 30)
    assert told(rgb) == is_for


def test_a_tinted_page_is_grey() -> None:
    ramp = np.linspace(60, 230, 96)[None, :, None] * np.ones((96, 1, 1))
    tint = np.array([12, 0, -18])
    assert told((ramp + tint).clip(0, 255).astype(np.uint8))


def test_the_tint_of_a_page_is_fitted_once_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = []
    monkeypatch.setattr(quick, "find_tint", lambda rgb: fitted.append(find_tint(rgb)) or fitted[-1])
    engine = SteppedEngine(step_s=0.0, steps=1)
    engine.load(Device("cpu", "processor", 0))
    blues = []
    for yellow in (0, 30):
        rgb = np.repeat(two_regions()[..., None], 3, axis=2)
        rgb[..., 2] -= np.uint8(yellow) * (rgb[..., 2] > 100)
        page = as_page(rgb if yellow else None, rgb[..., 0].copy())
        picture = quick_colours(page, PageJob(engine=engine.info, plan=Plan()), engine)
        assert picture is not None
        blues.append(picture[..., 2].mean())
    assert len(fitted) == 1
    assert blues[1] < blues[0] - 15


def test_a_first_sight_has_three_hundred_pixels_across() -> None:
    page = decoded(np.zeros((900, 600), np.uint8))
    small = _shrunk(page, _side_of(page))
    assert small.rgb.shape == (450, 300, 3)
    assert small.grey.shape == (450, 300)


@pytest.mark.parametrize(("spread", "share"), [(24, 0.0), (25, 0.25)])
def test_colour_is_what_is_no_grey(spread: int, share: float) -> None:
    rgb = np.full((20, 20, 3), 100, np.uint8)
    rgb[:10, :10, 1] += np.uint8(spread)
    assert coloured_share(rgb) == share


def test_a_large_picture_is_sampled() -> None:
    rgb = np.zeros((512, 512, 3), np.uint8)
    rgb[1::2] = (255, 0, 0)
    assert coloured_share(rgb) == 0
    assert coloured_share(rgb[:300, :300]) == 0.5
    rgb[::2] = (255, 0, 0)
    assert coloured_share(rgb) == 1
