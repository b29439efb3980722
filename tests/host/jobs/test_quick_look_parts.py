"""A first sight by itself: what it sends, what goes wrong with it, and which engine it takes."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.registry import DEFAULT_ENGINE
from host.errors import JobCancelled
from host.jobs import quick_look as module
from host.jobs.quick_look import QuickLook
from host.jobs.right_of_way import RightOfWay

if TYPE_CHECKING:
    from collections.abc import Iterator


class Room:
    """Where engines are: the lane's own, where it may be shared, or one apart."""

    def __init__(self) -> None:
        self.shared: Any = None
        self.opened: list[SimpleNamespace] = []
        self.unloaded = 0

    def shared_engine(self, engine_id: str) -> Any:
        assert engine_id == DEFAULT_ENGINE
        return self.shared

    def engine_apart(self, engine_id: str) -> Any:
        assert engine_id == DEFAULT_ENGINE
        self.opened.append(SimpleNamespace(unload=self._unload))
        return self.opened[-1]

    def _unload(self) -> None:
        self.unloaded += 1


class Look:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = Room()
        self.sent: list[tuple[Any, bytes, str]] = []
        self.used: list[Any] = []
        self.picture: np.ndarray | None = np.full((8, 6, 3), 200, np.uint8)
        self.trouble: Exception | None = None
        self.way = RightOfWay()
        self.quick = QuickLook(self.room, lambda *given: self.sent.append(given), self.way)  # type: ignore[arg-type]
        self.page = SimpleNamespace(was_shown=False)
        monkeypatch.setattr("host.pipeline.quick.quick_colours", self._colours)
        monkeypatch.setattr(module, "before_others", self._nothing)

    @contextmanager
    def _nothing(self) -> Iterator[None]:
        yield

    def _colours(self, page: object, job: object, engine: object) -> np.ndarray | None:
        assert self.way._hurried, "it goes before the others"
        self.used.append(engine)
        if self.trouble is not None:
            raise self.trouble
        return self.picture

    def show(self, engine_id: str = DEFAULT_ENGINE, check: Any = lambda: None) -> None:
        self.quick.show([(None, self.page)], engine_id, None, None, check)  # type: ignore[list-item,arg-type]


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Look:
    return Look(monkeypatch)


def test_what_is_sent_is_noted_as_shown(look: Look) -> None:
    look.show()
    ((waiting, image, mime),) = look.sent
    assert mime == "image/jpeg"
    assert image.startswith(b"\xff\xd8")
    assert waiting == [(None, look.page)]
    assert look.page.was_shown
    assert look.way._hurried == []


def test_where_nothing_would_be_seen_nothing_is_sent_nor_noted(look: Look) -> None:
    look.picture = None
    look.show()
    assert look.sent == []
    assert not look.page.was_shown


def test_what_goes_wrong_is_the_page_s_own_to_say_but_its_end_ends_the_look(look: Look) -> None:
    look.trouble = RuntimeError("broken")
    look.show()
    assert look.way._hurried == []

    def ended() -> None:
        raise JobCancelled("The page was cancelled.")

    with pytest.raises(JobCancelled):
        look.show(check=ended)
    assert look.sent == []
    assert not look.page.was_shown


def test_the_lane_s_engine_looks_where_it_is_the_compact_one_else_one_apart_that_stays_until_released(
    look: Look,
) -> None:
    look.room.shared = lane = object()
    look.show()
    assert look.used == [lane]
    look.show("flux2-klein")
    look.show("flux2-klein")
    (apart,) = look.room.opened
    assert look.used[1:] == [apart, apart]
    look.room.shared = None
    look.show()
    assert look.used[-1] is apart
    look.quick.release()
    look.quick.release()
    assert look.room.unloaded == 1
    look.show("flux2-klein")
    assert len(look.room.opened) == 2
