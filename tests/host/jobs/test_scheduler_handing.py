"""What becomes of a page that was taken: who gets it next, what is told of it, and how long its bytes stay."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from host.errors import JobCancelled
from host.jobs.chapter_job import PageState
from host.messaging.messages import JobProgress, PageDone, PageFailed, PagePreview, PageSkipped
from tests.host.jobs.conftest import eventually
from tests.host.jobs.staging import TROUBLE, Recipe, Stage, result, soon, states, waits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from host.messaging.messages import Message


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.spool.close()


class TestHandingOn:
    def test_what_was_prepared_is_coloured_in_turn(self, stage: Stage) -> None:
        stage.job(1, 2)
        works = [stage.take(), stage.take()]
        for work in reversed(works):
            stage.scheduler.hand_to_lane(work, "prepared")  # type: ignore[arg-type]
        assert [stage.scheduler.take_prepared(0.0) for _ in range(3)] == [works[1], works[0], None]
        assert works[0].prepared == "prepared"

    def test_what_somebody_looks_at_is_coloured_first(self, stage: Stage) -> None:
        job = stage.job(1, 2)
        works = [stage.take(), stage.take()]
        for work in works:
            stage.scheduler.hand_to_lane(work, "prepared")  # type: ignore[arg-type]
        stage.scheduler.prioritize(job, ["p1"])
        assert [stage.scheduler.take_prepared(0.0) for _ in range(2)] == [works[1], works[0]]

    def test_the_lane_waits_for_a_page_as_long_as_it_is_told(self, stage: Stage) -> None:
        stage.job(1)
        work = stage.take()
        thread, given = waits(stage, lambda: stage.scheduler.take_prepared(60.0))
        stage.scheduler.hand_to_lane(work, "prepared")  # type: ignore[arg-type]
        thread.join(20)
        assert given == [work]

    def test_one_coloured_page_stands_in_memory_at_a_time(self, stage: Stage) -> None:
        stage.job(1, 2)
        works = [stage.take(), stage.take()]
        stage.scheduler.hand_to_finish(works[0], "coloured")  # type: ignore[arg-type]
        thread, _given = waits(stage, lambda: stage.scheduler.hand_to_finish(works[1], "coloured"))  # type: ignore[arg-type]
        assert works[1].coloured is None
        assert soon(stage.scheduler.take_coloured) is works[0]
        thread.join(20)
        assert works[1].coloured == "coloured"
        assert soon(stage.scheduler.take_coloured) is works[1]

    def test_what_nobody_wants_any_more_is_not_handed_on(self, stage: Stage) -> None:
        job = stage.job(1, 2)
        works = [stage.take(), stage.take()]
        stage.scheduler.cancel(job, None)
        stage.scheduler.hand_to_lane(works[0], "prepared")  # type: ignore[arg-type]
        soon(lambda: stage.scheduler.hand_to_finish(works[1], "coloured"))  # type: ignore[arg-type]
        assert [works[0].prepared, works[1].coloured, stage.scheduler.take_prepared(0.0)] == [None, None, None]

    def test_the_same_result_is_computed_once_and_given_to_all(self, stage: Stage) -> None:
        first, second = stage.job(1, recipe=Recipe("a")), stage.job(2, recipe=Recipe("b"))
        works = [stage.take(), stage.take()]
        assert stage.scheduler.claim(works[0], "key")
        assert not stage.scheduler.claim(works[1], "key")
        stage.job(3)
        assert stage.take()  # the one that was given up makes room
        stage.scheduler.deliver(works[0], result(), cached=False)
        assert [states(first), states(second)] == [["done"], ["done"]]
        assert [message.result_key for message in stage.listener.of(PageDone)] == ["key", "key"]


class TestWhatIsTold:
    def test_progress_is_told_of_pages_that_have_not_ended(self, stage: Stage) -> None:
        recipe = Recipe()
        job = stage.job(1, recipe=recipe)
        work = stage.take()
        other = stage.job(1, recipe=recipe)
        work.waiting.append((other, other.pages["p0"]))
        tick = stage.scheduler.tick(work)
        tick("decode", 0.01)
        tick("decode", 0.02)  # too soon after the first
        stage.scheduler.cancel(job, None)
        work.step = (2, 8)
        tick("pass2", 0.3)
        told = stage.listener.of(JobProgress)
        assert [(one.job_id, one.stage, one.step, one.steps) for one in told] == [
            ("j1", "decode", None, None), ("j2", "decode", None, None), ("j2", "pass2", 2, 8),
        ]  # fmt: skip

    def test_progress_stops_what_nobody_waits_for_or_a_host_that_closes(self, stage: Stage) -> None:
        job = stage.job(1, 2)
        works = [stage.take(), stage.take()]
        stage.scheduler.cancel(job, ["p0"])
        with pytest.raises(JobCancelled):
            stage.scheduler.tick(works[0])("decode", 0.0)
        stage.scheduler.check_open()
        stage.scheduler.close()
        for stopped in (lambda: stage.scheduler.check(works[1]), stage.scheduler.check_open):
            with pytest.raises(JobCancelled):
                stopped()

    def test_a_preview_goes_to_those_that_wait(self, stage: Stage) -> None:
        recipe = Recipe()
        job, other = stage.job(1, recipe=recipe), stage.job(1, recipe=recipe, bytes_come=False)
        work = stage.take()
        work.waiting.append((other, other.pages["p0"]))
        stage.scheduler.cancel(job, None)
        stage.scheduler.preview(work.waiting, b"jpeg", "image/jpeg")
        assert [(one.job_id, one.image, one.mime) for one in stage.listener.of(PagePreview)] == [
            ("j2", b"jpeg", "image/jpeg"),
        ]  # fmt: skip

    def test_a_first_sight_that_is_on_its_way_is_told_before_the_end(self, stage: Stage) -> None:
        stage.job(1)
        work = stage.take()
        is_telling, may_tell = threading.Event(), threading.Event()
        listen = stage.listener

        def slow(message: Message) -> None:
            if isinstance(message, PagePreview):
                is_telling.set()
                may_tell.wait(20)
            listen(message)

        stage.scheduler._notify = slow
        look = threading.Thread(target=stage.scheduler.preview, args=(work.waiting, b"jpeg", "image/jpeg"))
        look.start()
        assert is_telling.wait(20)
        end = threading.Thread(target=lambda: stage.scheduler.deliver(work, result(), cached=False))
        end.start()
        assert eventually(lambda: work.waiting[0][1].ended)
        may_tell.set()
        for thread in (look, end):
            thread.join(20)
        assert stage.names() == ["PagePreview", "PageDone", "JobDone"]

    def test_a_result_ends_a_page_with_its_picture_and_a_verdict_without(self, stage: Stage) -> None:
        job = stage.job(1, 2)
        stage.scheduler.deliver(stage.take(), result(), cached=True)
        stage.scheduler.deliver(stage.take(), result("blank"), cached=False)
        assert states(job) == ["done", "skipped"]
        assert [(one.cached, one.image, one.width, one.height) for one in stage.listener.of(PageDone)] == [
            (True, b"png", 2, 3),
        ]  # fmt: skip
        assert [one.reason for one in stage.listener.of(PageSkipped)] == ["blank"]
        assert stage.names()[-1] == "JobDone"

    def test_nothing_is_told_of_a_page_after_its_end(self, stage: Stage) -> None:
        job = stage.job(1)
        work = stage.take()
        stage.scheduler.cancel(job, None)
        stage.scheduler.deliver(work, result(), cached=False)
        stage.scheduler.fail(work, TROUBLE)
        assert stage.names() == ["JobDone"]

    def test_trouble_fails_all_that_wait_for_a_page_or_every_page(self, stage: Stage) -> None:
        job, other = stage.job(1, 2), stage.job(3, bytes_come=False)
        stage.scheduler.fail(stage.take(), TROUBLE)
        assert states(job) == ["failed", "queued"]
        work = stage.take()
        stage.scheduler.fail_all(TROUBLE)
        assert [states(job), states(other), stage.scheduler.depth()] == [["failed", "failed"], ["failed"], (False, 0)]
        assert [one.error.message for one in stage.listener.of(PageFailed)] == ["Something went wrong."] * 3
        with pytest.raises(JobCancelled):
            stage.scheduler.check(work)

    def test_what_was_stopped_is_forgotten_and_makes_room(self, stage: Stage) -> None:
        stage.job(1, 2, 3)
        works = [stage.take(), stage.take()]
        thread, given = waits(stage, stage.scheduler.take)
        stage.scheduler.abandon(works[0])
        thread.join(20)
        assert given
        assert stage.scheduler.depth() == (True, 3)

    def test_the_time_that_is_left_follows_the_pages_that_are_done(self, stage: Stage) -> None:
        job = stage.job(1, 2, 3)
        assert job.eta_s(0.0) is None
        work = stage.take()
        stage.scheduler.deliver(work, result(), cached=False)
        assert job.eta_s(0.0) is not None


class TestBytes:
    """A page's bytes stay for exports where it came to no result, and go with the last that wants them."""

    @pytest.mark.parametrize(
        ("end", "stay"),
        [
            (lambda stage, work, _job: stage.scheduler.deliver(work, result(), cached=False), False),
            (lambda stage, work, _job: stage.scheduler.deliver(work, result("blank"), cached=False), False),
            (lambda stage, work, _job: stage.scheduler.fail(work, TROUBLE), True),
            (lambda stage, _work, job: stage.scheduler.cancel(job, None), True),
        ],
    )
    def test_after_an_end(self, stage: Stage, end: Callable[..., object], *, stay: bool) -> None:
        job = stage.job(1)
        end(stage, stage.take(), job)
        digest = job.pages["p0"].sha256
        assert stage.spool.holds(digest) == stay
        assert digest not in stage.spool

    def test_while_another_page_wants_them(self, stage: Stage) -> None:
        job = stage.job(1, 2)
        stage.job(1, recipe=Recipe("other"))
        stage.scheduler.deliver(stage.take(), result(), cached=False)
        assert job.pages["p0"].state is PageState.DONE
        assert job.pages["p0"].sha256 in stage.spool

    def test_a_page_that_was_cancelled_while_it_waited_is_never_taken(self, stage: Stage) -> None:
        job = stage.job(1, 2)
        stage.scheduler.cancel(job, ["p0"])
        assert stage.take().waiting[0][1].page_id == "p1"
        assert job.recipe.releases == 0  # type: ignore[attr-defined]
