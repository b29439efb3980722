"""Who does what next: what is asked for, what is cancelled, which page is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engines.registry import DEFAULT_ENGINE
from host.errors import JobCancelled, NotFound
from host.messaging.messages import JobDone
from tests.host.jobs.conftest import page_bytes, sha256
from tests.host.jobs.staging import TROUBLE, Recipe, Stage, result, soon, states, waits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.spool.close()


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

    def test_who_moves_on_in_a_chapter_looks_at_nothing_else_of_it(self, stage: Stage) -> None:
        first, second = stage.job(1, 2, 3, visible=(0,)), stage.job(4, 5)
        stage.scheduler.prioritize(second, ["p1"], 1)
        assert [page.visible for page in (*first.pages.values(), *second.pages.values())] == [False] * 4 + [True]
        stage.scheduler.prioritize(first, ["p1"], 1)  # of the same look
        assert [first.pages["p1"].visible, second.pages["p1"].visible] == [True, True]
        stage.scheduler.prioritize(first, [], 2)
        assert not first.pages["p1"].visible
        thread, _given = waits(stage, stage.scheduler.take_look)
        assert [stage.take().waiting[0][1].page_id for _ in range(2)] == ["p2", "p1"]
        stage.scheduler.close()
        thread.join(20)

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


def looked_at(sight: object) -> str:
    return sight[1].page_id  # type: ignore[index, no-any-return]


class TestLooking:
    """A first sight of what somebody looks at, apart from who prepares pages."""

    def test_who_prepares_a_page_that_is_looked_at_looks(self, stage: Stage) -> None:
        stage.job(1, 2, visible=(0,))
        work = stage.take()
        assert stage.scheduler.may_look(work)
        assert not stage.scheduler.may_look(stage.take())

    def test_what_nobody_prepares_yet_is_looked_into_while_another_is_prepared(self, stage: Stage) -> None:
        job = stage.job(1, 2, 3)
        stage.scheduler.prioritize(job, ["p1"])
        thread, given = waits(stage, stage.scheduler.take_look)  # whoever prepares comes to it at once
        work = stage.take()
        assert work.waiting[0][1].page_id == "p1"
        stage.scheduler.prioritize(job, ["p2"])
        thread.join(20)
        assert looked_at(given[0]) == "p2"
        assert not stage.scheduler.may_look(stage.take())  # p2, by another thread

    def test_what_was_looked_at_last_comes_first_and_each_once(self, stage: Stage) -> None:
        first, second = stage.job(1, 2, 3), stage.job(4, 5)
        stage.take()
        stage.scheduler.prioritize(first, ["p1", "p2"])
        stage.scheduler.prioritize(second, ["p1"])
        stage.scheduler.prioritize(first, ["p2"])
        assert [looked_at(soon(stage.scheduler.take_look)) for _ in range(3)] == ["p2", "p1", "p1"]
        stage.scheduler.prioritize(first, ["p1", "p2"])
        waits(stage, stage.scheduler.take_look)
        stage.scheduler.close()

    def test_who_has_moved_on_in_a_chapter_is_shown_nothing_of_what_they_left(self, stage: Stage) -> None:
        job = stage.job(1, 2, 3, visible=(0, 1))
        stage.take()
        stage.scheduler.prioritize(job, ["p2"], 2)
        assert not job.pages["p1"].visible
        assert looked_at(soon(stage.scheduler.take_look)) == "p2"
        waits(stage, stage.scheduler.take_look)
        stage.scheduler.close()

    def test_bytes_that_come_after_the_jump_are_looked_into(self, stage: Stage) -> None:
        job = stage.job(1, 2, bytes_come=False)
        stage.job(3)
        stage.take()
        stage.scheduler.prioritize(job, ["p1"])
        thread, given = waits(stage, stage.scheduler.take_look)
        stage.arrive(2)
        thread.join(20)
        assert looked_at(given[0]) == "p1"

    def test_a_page_on_its_way_is_looked_into_unless_it_is_done_in_a_moment(self, stage: Stage) -> None:
        job = stage.job(1, 2, recipe=Recipe(engine=DEFAULT_ENGINE))
        work = stage.take()
        stage.scheduler.hand_to_lane(work, "prepared")  # type: ignore[arg-type]
        assert stage.scheduler.take_prepared(0.0) is work
        other = stage.take()
        stage.scheduler.prioritize(job, ["p0"])
        assert looked_at(soon(stage.scheduler.take_look)) == "p0"
        stage.scheduler.hand_to_finish(other, "coloured")  # type: ignore[arg-type]
        stage.scheduler.prioritize(job, ["p1"])
        waits(stage, stage.scheduler.take_look)
        stage.scheduler.close()

    def test_nothing_is_looked_into_beside_a_large_page_nor_once_it_has_ended(self, stage: Stage) -> None:
        job = stage.job(1, 2, 3)
        work = stage.take()
        work.large = True
        stage.scheduler.prioritize(job, ["p1", "p2"])
        thread, given = waits(stage, stage.scheduler.take_look)
        stage.scheduler.cancel(job, ["p1"])
        stage.scheduler.fail(work, TROUBLE)
        thread.join(20)
        assert looked_at(given[0]) == "p2"


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

    def test_one_more_is_begun_for_whoever_looks(self, stage: Stage) -> None:
        job = stage.job(1, 2, 3, 4)
        for _ in range(2):
            stage.take()
        thread, given = waits(stage, stage.scheduler.take)
        stage.scheduler.prioritize(job, ["p2", "p3"])
        thread.join(20)
        assert given[0].waiting[0][1].page_id == "p2"
        thread, given = waits(stage, stage.scheduler.take)
        stage.scheduler.fail(given_up := stage.scheduler._works.of(job.pages["p2"])[0], TROUBLE)
        thread.join(20)
        assert (given[0].waiting[0][1].page_id, given_up.wanted) == ("p3", False)

    def test_closing_lets_everybody_go(self, stage: Stage) -> None:
        calls = [stage.scheduler.take, stage.scheduler.take_coloured, lambda: stage.scheduler.take_prepared(60.0)]
        calls.append(stage.scheduler.take_look)
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
