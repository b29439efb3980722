"""Who does what next, asked without any thread of the stages: each call by itself, with a real spool and real jobs."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from engines.registry import DEFAULT_ENGINE
from host.errors import InternalError, JobCancelled, NotFound
from host.jobs.chapter_job import ChapterJob, PageState
from host.jobs.scheduler import Scheduler
from host.messaging.messages import JobDone, JobProgress, Page, PageDone, PageFailed, PagePreview, PageSkipped
from host.store.results import StoredResult
from host.store.spool import Spool
from tests.host.jobs.conftest import Listener, page_bytes, sha256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from host.jobs.work import Work

TROUBLE = InternalError("Something went wrong.")


class Recipe:
    """What a job's pages are coloured by, as far as the scheduler looks at it."""

    def __init__(self, identity: str = "recipe", engine: str = "drawn") -> None:
        self.identity = identity
        self.engine = SimpleNamespace(id=engine)
        self.releases = 0

    def release(self) -> None:
        self.releases += 1


class Stage:
    """A scheduler, what it tells, and jobs of pages whose bytes are there."""

    def __init__(self, folder: Path) -> None:
        self.listener = Listener()
        self.spool = Spool(folder, 1 << 20)
        self.scheduler = Scheduler(self.listener, self.spool)
        self.jobs = 0

    def job(self, *numbers: int, recipe: Recipe | None = None, bytes_come: bool = True) -> ChapterJob:
        self.jobs += 1
        encoded = [page_bytes(number) for number in numbers]
        pages = [Page(page_id=f"p{at}", index=at, sha256=sha256(one)) for at, one in enumerate(encoded)]
        job = ChapterJob(f"j{self.jobs}", "S", "1", recipe or Recipe(), pages)  # type: ignore[arg-type]
        self.scheduler.add(job)
        for one in encoded if bytes_come else ():
            self.spool.put(sha256(one), one)
            self.scheduler.arrived(sha256(one))
        return job

    def take(self) -> Work:
        work = soon(self.scheduler.take)
        assert work is not None
        return work

    def names(self) -> list[str]:
        return [type(message).__name__ for message in self.listener.messages]


def soon(call: Callable[[], Any]) -> Any:
    """Return what a call that waits gives; it must not wait for long."""
    given: list[Any] = []
    thread = threading.Thread(target=lambda: given.append(call()), daemon=True)
    thread.start()
    thread.join(20)
    assert given, "it still waits"
    return given[0]


def waits(stage: Stage, call: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Begin a call that has to wait, and return its thread with what it will give."""
    given: list[Any] = []
    thread = threading.Thread(target=lambda: given.append(call()), daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not stage.scheduler._changed._waiters and time.monotonic() < until:  # type: ignore[attr-defined]
        time.sleep(0.001)
    assert not given
    return thread, given


def result(skip_reason: Any = None) -> StoredResult:
    from engines.geometry import Size

    return StoredResult(image=b"png", mime="image/png", size=Size(3, 2), runmeta={}, skip_reason=skip_reason)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def states(job: ChapterJob) -> list[str]:
    return [page.state.value for page in job.pages.values()]


class TestRequests:
    def test_a_job_is_known_by_its_id_and_a_stranger_is_said(self, stage: Stage) -> None:
        job = stage.job(1)
        assert stage.scheduler.job("j1") is job
        assert stage.scheduler.jobs() == [job]
        with pytest.raises(NotFound):
            stage.scheduler.job("j9")

    def test_bytes_queue_each_page_that_needs_them_and_no_other(self, stage: Stage) -> None:
        first, second = stage.job(1, 2, bytes_come=False), stage.job(2, 1, bytes_come=False)
        encoded = page_bytes(1)
        stage.spool.put(sha256(encoded), encoded)
        stage.scheduler.arrived(sha256(encoded))
        assert [states(first), states(second)] == [["queued", "needed"], ["needed", "queued"]]
        assert stage.spool.holds(sha256(encoded))

    def test_bytes_that_nobody_needs_are_dropped(self, stage: Stage) -> None:
        encoded = page_bytes(1)
        stage.spool.put(sha256(encoded), encoded)
        stage.scheduler.arrived(sha256(encoded))
        assert not stage.spool.holds(sha256(encoded))

    def test_bytes_that_come_twice_do_not_queue_a_page_that_runs(self, stage: Stage) -> None:
        job = stage.job(1)
        stage.take()
        stage.scheduler.arrived(job.pages["p0"].sha256)
        assert states(job) == ["running"]

    def test_what_a_reader_looks_at_comes_first_and_counts_as_seen(self, stage: Stage) -> None:
        job = stage.job(1, 2, 3)
        stage.scheduler.prioritize(job, ["p2", "stranger"])
        assert [page.visible for page in job.pages.values()] == [False, False, True]
        assert stage.take().waiting[0][1].page_id == "p2"

    def test_a_job_that_is_over_is_not_put_first(self, stage: Stage) -> None:
        job = stage.job(1)
        stage.scheduler.cancel(job, None)
        stage.scheduler.prioritize(job, ["p0"])
        assert not job.pages["p0"].visible

    def test_how_much_is_open_and_whether_anything_is_under_way(self, stage: Stage) -> None:
        job = stage.job(1, 2)
        assert stage.scheduler.depth() == (False, 2)
        work = stage.take()
        assert stage.scheduler.depth() == (True, 2)
        stage.scheduler.deliver(work, result(), cached=False)
        assert stage.scheduler.depth() == (False, 1)
        stage.scheduler.cancel(job, None)
        assert stage.scheduler.depth() == (False, 0)

    def test_only_the_last_sixty_four_jobs_that_ended_are_known(self, stage: Stage) -> None:
        open_job = stage.job(1)
        for _ in range(66):
            stage.scheduler.cancel(stage.job(2), None)
        last = stage.job(3)
        assert [job.job_id for job in stage.scheduler.jobs()] == ["j1", *(f"j{n}" for n in range(4, 68)), last.job_id]
        assert open_job in stage.scheduler.jobs()

    def test_a_job_without_pages_tells_its_end_when_it_is_announced(self, stage: Stage) -> None:
        stage.scheduler.announce(stage.job())
        stage.scheduler.announce(stage.job(1))
        assert [message.job_id for message in stage.listener.of(JobDone)] == ["j1"]


class TestCancel:
    def test_pages_end_wherever_they_are_and_the_job_with_the_last(self, stage: Stage) -> None:
        job = stage.job(1, 2, 3)
        work = stage.take()
        assert stage.scheduler.cancel(job, ["p0", "p1"]) == ["p0", "p1"]
        assert (states(job), job.cancelled, stage.names()) == (["cancelled", "cancelled", "queued"], False, [])
        with pytest.raises(JobCancelled):
            stage.scheduler.check(work)
        assert stage.scheduler.cancel(job, None) == ["p2"]
        assert (job.cancelled, stage.names()) == (True, ["JobDone"])
        assert stage.scheduler.cancel(job, None) == []
        assert job.recipe.releases == 1  # type: ignore[attr-defined]

    def test_cancelling_what_is_over_does_not_make_it_cancelled(self, stage: Stage) -> None:
        job = stage.job(1)
        stage.scheduler.deliver(stage.take(), result(), cached=False)
        assert stage.scheduler.cancel(job, None) == []
        assert not job.cancelled

    def test_what_another_job_waits_for_as_well_goes_on(self, stage: Stage) -> None:
        recipe = Recipe()
        first, second = stage.job(1, recipe=recipe), stage.job(1, recipe=recipe)
        work = stage.take()
        thread, _given = waits(stage, stage.scheduler.take)  # takes the second in, and waits on
        stage.scheduler.cancel(first, None)
        stage.scheduler.check(work)
        stage.scheduler.deliver(work, result(), cached=False)
        assert [states(first), states(second)] == [["cancelled"], ["done"]]
        stage.scheduler.close()
        thread.join(20)

    def test_what_stood_between_the_threads_is_gone_and_makes_room(self, stage: Stage) -> None:
        job = stage.job(1, 2, 3)
        for _ in range(2):
            stage.scheduler.hand_to_lane(stage.take(), "prepared")  # type: ignore[arg-type]
        thread, given = waits(stage, stage.scheduler.take)
        stage.scheduler.cancel(job, ["p0"])
        thread.join(20)
        assert given[0].waiting[0][1].page_id == "p2"
        assert stage.scheduler.take_prepared(0.0).waiting[0][1].page_id == "p1"  # type: ignore[union-attr]
        assert stage.scheduler.take_prepared(0.0) is None


class TestTaking:
    def test_pages_run_as_they_are_taken_two_ahead_of_the_lane(self, stage: Stage) -> None:
        job = stage.job(1, 2, 3, 4)
        works = [stage.take(), stage.take()]
        assert states(job) == ["running", "running", "queued", "queued"]
        thread, given = waits(stage, stage.scheduler.take)
        stage.scheduler.hand_to_lane(works[0], "prepared")  # type: ignore[arg-type]
        assert not given  # it stands before the lane still
        assert stage.scheduler.take_prepared(0.0) is works[0]
        thread.join(20)
        assert given[0].waiting[0][1].page_id == "p2"

    def test_the_embedded_engine_has_one_page_ahead(self, stage: Stage) -> None:
        stage.job(1, 2, recipe=Recipe(engine=DEFAULT_ENGINE))
        work = stage.take()
        thread, given = waits(stage, stage.scheduler.take)
        stage.scheduler.fail(work, TROUBLE)
        thread.join(20)
        assert given

    def test_no_page_is_begun_beside_a_large_one(self, stage: Stage) -> None:
        stage.job(1, 2)
        work = stage.take()
        work.large = True
        stage.scheduler.hand_to_lane(work, "prepared")  # type: ignore[arg-type]
        assert stage.scheduler.take_prepared(0.0) is work
        thread, given = waits(stage, stage.scheduler.take)
        stage.scheduler.deliver(work, result(), cached=False)
        thread.join(20)
        assert given

    def test_closing_lets_everybody_go(self, stage: Stage) -> None:
        calls = [stage.scheduler.take, stage.scheduler.take_coloured, lambda: stage.scheduler.take_prepared(60.0)]
        waiting = [waits(stage, call) for call in calls]
        assert not stage.scheduler.closing
        stage.scheduler.close()
        assert stage.scheduler.closing
        for thread, given in waiting:
            thread.join(20)
            assert given == [None]

    def test_nothing_is_handed_out_while_it_closes(self, stage: Stage) -> None:
        job = stage.job(1, 2, 3)
        works = [stage.take(), stage.take()]
        stage.scheduler.hand_to_lane(works[0], "prepared")  # type: ignore[arg-type]
        stage.scheduler.hand_to_finish(works[1], "coloured")  # type: ignore[arg-type]
        stage.scheduler.close()
        assert [stage.scheduler.take(), stage.scheduler.take_prepared(0.0), stage.scheduler.take_coloured()] == [
            None
        ] * 3
        stage.scheduler.hand_to_lane(works[1], "prepared")  # type: ignore[arg-type]
        assert works[1].prepared is None
        stage.scheduler.deliver(works[0], result(), cached=False)
        assert (states(job)[0], stage.names()) == ("running", [])


class TestHandingOn:
    def test_what_was_prepared_is_coloured_in_turn(self, stage: Stage) -> None:
        stage.job(1, 2)
        works = [stage.take(), stage.take()]
        for work in reversed(works):
            stage.scheduler.hand_to_lane(work, "prepared")  # type: ignore[arg-type]
        assert [stage.scheduler.take_prepared(0.0) for _ in range(3)] == [works[1], works[0], None]
        assert works[0].prepared == "prepared"

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
        stage.scheduler.preview(work, b"jpeg", "image/jpeg")
        assert [(one.job_id, one.image, one.mime) for one in stage.listener.of(PagePreview)] == [
            ("j2", b"jpeg", "image/jpeg"),
        ]  # fmt: skip

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
