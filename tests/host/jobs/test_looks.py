"""A first sight of what a reader jumps to, whatever the other threads are at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engines.testing.stepped import SteppedEngine
from host.messaging.messages import JobPrioritize, PageDone, PagePreview
from host.pipeline.quick import SIDE_PX
from tests.host.jobs.conftest import Watched
from tests.host.jobs.test_quick_look import COMPACT, Chapter, drawn, opened

if TYPE_CHECKING:
    from engines.base import ColorizeRequest, ColorizeResult, OnStep

__all__ = ["opened"]
pytestmark = pytest.mark.slow


class Held(Watched):
    """The embedded engine, stopped at its page on the lane; others may use it meanwhile."""

    is_reentrant = True
    made = 0

    def __init__(self) -> None:
        super().__init__(engine_id=COMPACT)
        type(self).made += 1

    def colorize(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        if min(request.size) > SIDE_PX:
            return super().colorize(request, on_step)
        return SteppedEngine.colorize(self, request, on_step)


def begun(opened: list[Chapter], pages: int = 6, damaged: int | None = None) -> tuple[Chapter, Held, str]:
    """Return a chapter that nobody looks at, with a page stopped on the lane and another one before it."""
    engine = Held()
    chapter = Chapter(engine)
    opened.append(chapter)
    engine.gate.clear()
    drawings = [drawn(number) for number in range(pages)]
    if damaged is not None:
        drawings[damaged] = drawings[damaged][:400]
    job_id = chapter.run(drawings, [])
    assert engine.began.wait(20)
    return chapter, engine, job_id


def jump(chapter: Chapter, job_id: str, *page_ids: str) -> None:
    chapter.application.board.prioritize(JobPrioritize(job_id=job_id, page_ids=list(page_ids)))


def test_first_sight_waits_for_no_page_that_is_under_way(opened: list[Chapter]) -> None:
    chapter, engine, job_id = begun(opened)
    made = Held.made
    jump(chapter, job_id, "p5")
    chapter.listener.wait(PagePreview, page_id="p5")
    assert chapter.listener.of(PageDone) == []
    assert Held.made == made  # no second engine, no second network in memory
    engine.gate.set()
    assert chapter.listener.end_of(job_id).done == 6
    assert chapter.previews() == ["p5"]


def test_each_page_that_is_jumped_to_is_shown_once(opened: list[Chapter]) -> None:
    chapter, engine, job_id = begun(opened)
    for page_ids in (["p5"], ["p4", "p3"], ["p5"]):
        jump(chapter, job_id, *page_ids)
    chapter.listener.wait(PagePreview, 3)
    engine.gate.set()
    assert chapter.listener.end_of(job_id).done == 6
    assert sorted(chapter.previews()) == ["p3", "p4", "p5"]


def test_large_page_is_left_to_who_prepares_it(opened: list[Chapter], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.jobs.looks.LARGE_PIXELS", 1)
    chapter, engine, job_id = begun(opened)
    jump(chapter, job_id, "p5")
    engine.gate.set()
    assert chapter.listener.end_of(job_id).done == 6
    assert chapter.previews() == ["p5"]
    order = [type(one) for one in chapter.listener.messages if getattr(one, "page_id", "") == "p5"]
    assert order.index(PagePreview) < order.index(PageDone)


def test_page_that_cannot_be_read_fails_once_and_nothing_is_shown_of_it(opened: list[Chapter]) -> None:
    chapter, engine, job_id = begun(opened, damaged=5)
    jump(chapter, job_id, "p5", "p4")
    chapter.listener.wait(PagePreview, page_id="p4")
    engine.gate.set()
    end = chapter.listener.end_of(job_id)
    assert (end.done, end.failed) == (5, 1)
    assert chapter.previews() == ["p4"]
