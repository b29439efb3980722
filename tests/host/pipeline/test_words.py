"""What is written on a page: who is asked for what, and where each answer belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engines.geometry import Box, Size
from engines.words.base import WordReader, Words
from host.pipeline.analysis.words import with_words, words_by_panel
from host.pipeline.records.page_meta import Balloon, PageMeta, Panel, SoundEffect, TextBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZE = Size(200, 100)
LEFT, RIGHT = Box(0, 0, 50, 200), Box(50, 0, 100, 200)


class Numbers(WordReader):
    """Reads its regions' numbers."""

    id, version = "numbers", "1"

    def __init__(self, length: int = 1) -> None:
        self.regions: list[Box] = []
        self._length = length

    def read(self, picture: np.ndarray, regions: Sequence[Box]) -> list[Words]:
        assert picture.shape == (*SIZE, 3)
        self.regions += regions
        return [Words(f"{number}" * self._length, 0.9) for number, _ in enumerate(regions)]


def page(**facts: object) -> PageMeta:
    panels = (Panel(box=LEFT, order=1, score=1), Panel(box=RIGHT, order=0, score=1))
    given = {"size": SIZE, "pixels_sha256": "0" * 64, "kind": "story", "direction": "rtl", "panels": panels}
    return PageMeta.model_validate(given | facts)


def spoken(order: int, words: str, panel: int | None) -> Balloon:
    return Balloon(box=Box(1, 1, 9, 9), order=order, panel=panel, words=words)


def test_balloons_free_lettering_and_sounds_get_their_own_words_and_lettering_in_a_balloon_none() -> None:
    reader = Numbers()
    read = with_words(
        page(
            balloons=(Balloon(box=Box(1, 1, 9, 9), order=0), Balloon(box=Box(2, 2, 8, 8), order=1)),
            text=(
                TextBlock(box=Box(3, 3, 5, 5), balloon=0),
                TextBlock(box=Box(60, 60, 70, 70)),
                TextBlock(box=Box(3, 3, 6, 6), balloon=0),
                TextBlock(box=Box(60, 80, 70, 90)),
            ),
            sound_effects=(SoundEffect(box=Box(90, 190, 120, 220)),),
        ),
        np.zeros((*SIZE, 3), np.uint8),
        reader,
    )
    assert [one.words for one in read.balloons] == ["0", "1"]
    assert [one.words for one in read.text] == ["", "2", "", "3"]
    assert [one.words for one in read.sound_effects] == ["4"]
    assert reader.regions[-1] == Box(90, 190, 100, 200)  # no more than what is on the page


def test_no_more_words_are_kept_than_a_record_takes() -> None:
    balloon = Balloon(box=Box(1, 1, 9, 9), order=0)
    read = with_words(page(balloons=(balloon,)), np.zeros((*SIZE, 3), np.uint8), Numbers(length=5000))
    assert len(read.balloons[0].words) == 4096


def test_words_stand_with_their_panel_in_reading_order_and_panels_come_in_theirs() -> None:
    told = words_by_panel(
        page(
            balloons=(spoken(2, "third", 1), spoken(0, "first", 0), spoken(1, "", 0), spoken(3, "nowhere", None)),
            text=(
                TextBlock(box=Box(10, 10, 30, 30), words="on the left"),
                TextBlock(box=Box(40, 10, 90, 30), words="more on the right"),
                TextBlock(box=Box(60, 10, 90, 30)),
            ),
            sound_effects=(SoundEffect(box=Box(1, 1, 9, 9), panel=1, words="BANG"), SoundEffect(box=Box(1, 1, 9, 9))),
        )
    )
    assert list(told) == [0, 1, None]
    assert told == {
        0: ["first", "more on the right"], 1: ["third", "on the left", "BANG"], None: ["nowhere"]
    }  # fmt: skip


def test_free_lettering_belongs_to_the_smaller_of_two_panels_that_hold_it_and_to_none_beside_them() -> None:
    inset = Panel(box=Box(10, 10, 40, 40), order=0, score=1)
    around = Panel(box=Box(0, 0, 50, 100), order=1, score=1)
    text = (TextBlock(box=Box(15, 15, 20, 20), words="in both"), TextBlock(box=Box(80, 150, 90, 160), words="beside"))
    told = words_by_panel(page(panels=(around, inset), text=text))
    assert told == {0: ["in both"], 1: [], None: ["beside"]}
    assert words_by_panel(page(panels=(), text=text)) == {None: ["in both", "beside"]}
