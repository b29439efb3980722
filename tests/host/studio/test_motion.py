"""Panels that begin to move: what the network is asked for, and the film that comes of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from host.errors import BadRequest
from host.pipeline.records.page_meta import Balloon
from host.studio.motion import Wish, come_alive
from tests.host.studio.pages import BALLOON, SKY, studio_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engines.motion.ltx2 import Shot

PAGE = studio_page()


class Maker:
    """Shows the picture again and again."""

    grid_px = 32

    def __init__(self) -> None:
        self.shots: list[Shot] = []

    def film(self, picture: np.ndarray, shot: Shot, on_step: Callable[[float], None]) -> Iterator[np.ndarray]:
        self.shots.append(shot)
        on_step(0.5)
        assert picture.shape == (shot.height, shot.width, 3)
        yield from [picture] * shot.frames
        on_step(1.0)


def test_a_panel_is_asked_for_with_its_words_on_the_network_s_grid() -> None:
    maker, told = Maker(), []
    frames = list(come_alive(maker, PAGE, Wish(words="rain", seconds=0.5, rate=12, longest_px=256), told.append))
    (shot,) = maker.shots
    assert (shot.height, shot.width, shot.frames, shot.rate) == (192, 256, 6, 12)  # the panel is 200 x 140
    assert re.match(r"rain A [a-z ]+ shot\. \w", shot.words)  # what the storyboard says of the panel
    assert [one.shape for one in frames] == [(192, 256, 3)] * 6
    assert np.abs(frames[0][20, 150].astype(int) - SKY).max() < 8
    assert told == [0.5, 1.0]


def test_what_balloons_say_is_told_where_it_was_read() -> None:
    balloons = (Balloon(box=BALLOON, order=0, panel=0, score=1.0, words="Run,\nnow!"),)
    maker = Maker()
    list(come_alive(maker, replace(PAGE, meta=PAGE.meta.model_copy(update={"balloons": balloons})), Wish(), print))
    assert maker.shots[0].words.endswith('Somebody says: "Run, now!"')


def test_no_side_is_too_short_for_the_network() -> None:
    maker = Maker()
    list(come_alive(maker, PAGE, Wish(seconds=0.1, rate=10, longest_px=40), lambda _: None))
    assert (maker.shots[0].height, maker.shots[0].width) == (64, 64)


def test_panels_follow_each_other_on_one_stage() -> None:
    maker, told = Maker(), []
    wish = Wish(panels=(1, 1), seconds=0.25, rate=4)
    assert len(list(come_alive(maker, PAGE, wish, told.append))) == 2
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_a_page_without_such_a_panel_is_refused() -> None:
    with pytest.raises(BadRequest):
        come_alive(Maker(), PAGE, Wish(panels=(9,)), lambda _: None)
    empty = type(PAGE)(PAGE.rgb, PAGE.meta.model_copy(update={"panels": ()}), PAGE.masks, PAGE.maps)
    with pytest.raises(BadRequest):
        come_alive(Maker(), empty, Wish(), lambda _: None)
