"""A first sight of the pages that a reader looks at, before they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import pytest

from engines.testing.stepped import SteppedEngine
from host.application import Application
from host.jobs.quick_look import QuickLook
from host.jobs.right_of_way import RightOfWay
from host.messaging.messages import JobPrioritize, Page, PageDone, PagePreview, PagePut, RunChapter
from host.paths import state_paths
from host.pipeline.quick import SIDE_PX
from tests.host.jobs.conftest import Engines, Listener, Watched, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

HEIGHT, WIDTH = 900, 600
COMPACT: Final = "compact"


class Compact(SteppedEngine):
    """The engine that looks; counted over all that are made."""

    made = 0

    def __init__(self) -> None:
        super().__init__(0.0, 1, COMPACT)
        type(self).made += 1


def drawn(number: int, *, colour: bool = False, blank: bool = False) -> bytes:
    page = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    if not blank:
        cv2.rectangle(page, (40, 40), (WIDTH - 40, HEIGHT - 40), (0, 0, 0), 4)
        cv2.circle(page, (300, 400), 150, (40, 90, 220) if colour else (150, 150, 150), -1)
        cv2.line(page, (60, 60 + number), (500, 700), (0, 0, 0), 3)
    return bytes(cv2.imencode(".png", page)[1])


class Chapter:
    """An application with engines of a test, and chapters of pages for it."""

    def __init__(self, *engines: SteppedEngine) -> None:
        self.listener = Listener()
        default = {"default_engine": engines[0].info.id}
        self.application = Application.open(state_paths(), self.listener, explicit=default, engines=Engines(*engines))

    def run(self, pages: list[bytes], visible: list[int], **facts: Any) -> str:
        board = self.application.board
        asked = [
            Page(page_id=f"p{at}", index=at, sha256=sha256(one), visible=at in visible) for at, one in enumerate(pages)
        ]
        job = board.run_chapter(
            RunChapter(series="S", chapter="1", direction="ltr", references=[], pages=asked, **facts)
        )
        for page_id in job.need:
            board.put(PagePut(job_id=job.job_id, page_id=page_id, image=pages[int(page_id[1:])]))
        return job.job_id

    def previews(self) -> list[str]:
        return [one.page_id for one in self.listener.of(PagePreview)]


@pytest.fixture
def opened(irodori_home: object) -> Iterator[list[Chapter]]:
    chapters: list[Chapter] = []
    yield chapters
    for each in chapters:
        each.application.close(2.0)


def test_what_is_looked_at_is_shown_before_it_is_done_and_small(opened: list[Chapter]) -> None:
    chapter = Chapter(Compact())
    opened.append(chapter)
    job_id = chapter.run([drawn(0), drawn(1)], [0])
    assert chapter.listener.end_of(job_id).done == 2
    assert chapter.previews() == ["p0"]
    order = [type(one) for one in chapter.listener.messages if getattr(one, "page_id", "") == "p0"]
    assert order.index(PagePreview) < order.index(PageDone)
    (preview,) = chapter.listener.of(PagePreview)
    shown = cv2.imdecode(np.frombuffer(preview.image, np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (SIDE_PX * HEIGHT // WIDTH, SIDE_PX, 3)
    assert (shown.max(axis=2).astype(int) - shown.min(axis=2)).mean() > 4


@pytest.mark.parametrize(
    "page", [drawn(0, colour=True), drawn(0, blank=True)], ids=["already in colour", "with nothing on it"]
)
def test_nothing_is_shown_of_a_page_that_stays_as_it_is(opened: list[Chapter], page: bytes) -> None:
    chapter = Chapter(Compact())
    opened.append(chapter)
    assert chapter.listener.end_of(chapter.run([page], [0])).skipped == 1
    assert chapter.previews() == []


def test_page_that_the_reader_jumps_to_is_shown_first(opened: list[Chapter]) -> None:
    engine = Watched(engine_id=COMPACT)
    chapter = Chapter(engine)
    opened.append(chapter)
    engine.gate.clear()
    job_id = chapter.run([drawn(number) for number in range(6)], [])
    assert engine.began.wait(20)
    chapter.application.board.prioritize(JobPrioritize(job_id=job_id, page_ids=["p5"]))
    engine.gate.set()
    assert chapter.listener.end_of(job_id).done == 6
    assert chapter.previews() == ["p5"]


def test_compact_engine_looks_while_another_one_is_at_work(opened: list[Chapter]) -> None:
    """The lane may be held for minutes: who looks does not wait for it, and takes no memory when all is done."""
    slow, compact = Watched(engine_id="slow"), Compact()
    chapter = Chapter(slow, compact)
    opened.append(chapter)
    slow.gate.clear()
    first = chapter.run([drawn(0), drawn(1)], [0, 1])
    assert slow.began.wait(20)
    chapter.listener.wait(PagePreview, 2)
    made = Compact.made
    second = chapter.run([drawn(2)], [0], engine=COMPACT)
    chapter.listener.wait(PagePreview, job_id=second)
    assert Compact.made == made
    slow.gate.set()
    assert chapter.listener.end_of(first).done == 2
    assert chapter.listener.end_of(second).done == 1


def test_look_that_goes_wrong_costs_nothing(opened: list[Chapter], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("oh")

    monkeypatch.setattr("host.pipeline.quick.quick_colours", broken)
    chapter = Chapter(Compact())
    opened.append(chapter)
    assert chapter.listener.end_of(chapter.run([drawn(0)], [0])).done == 1
    assert chapter.previews() == []


def test_the_engine_that_looks_gives_its_memory_up_once() -> None:
    given_up: list[str] = []
    engine = SteppedEngine(0.0, 1, COMPACT)
    engine.unload = lambda: given_up.append(COMPACT)  # type: ignore[method-assign]
    look = QuickLook(None, lambda *sent: None, RightOfWay())  # type: ignore[arg-type]
    look.release()
    look._apart = engine
    look.release()
    look.release()
    assert given_up == [COMPACT]
