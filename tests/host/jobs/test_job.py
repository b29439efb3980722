"""The state machine of a job: every page ends exactly once, and the job after its last page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from host.jobs.chapter_job import ENDS, ChapterJob, PageState
from host.jobs.progress import Pace, PageProgress
from host.messaging.messages import Page

if TYPE_CHECKING:
    from host.vocabulary import Stage

ATTEMPTS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(sorted(ENDS, key=lambda end: end.value))))
STAGES: list[Stage] = ["decode", "pass1", "pass2", "compose", "encode"]


def job_of(pages: int) -> ChapterJob:
    recipe = None  # the state machine never looks at it
    found = [Page(page_id=str(index), index=index, sha256="0" * 64) for index in range(pages)]
    return ChapterJob("job", "S", "1", recipe, found)  # type: ignore[arg-type]


@given(ATTEMPTS)
def test_each_page_ends_once_whatever_is_attempted(attempts: list[tuple[int, PageState]]) -> None:
    job = job_of(5)
    first: dict[int, PageState] = {}
    ends = []
    for index, state in attempts:
        assert job.end(job.pages[str(index)], state) == (index not in first)
        if index not in first:
            first[index] = state
            ends.append(job.end_told())
    assert {index: job.pages[str(index)].state for index in first} == first
    assert job.ended == (len(first) == 5)
    counts = job.counts()
    assert counts.queued == 5 - len(first)
    assert [end is not None for end in ends] == [place == 4 for place in range(len(ends))]
    if len(first) == 5:
        told = ends[-1]
        assert told is not None
        assert (told.done, told.skipped, told.failed, told.cancelled) == (
            counts.done, counts.skipped, counts.failed, counts.cancelled,
        )  # fmt: skip
        assert job.take_end() is None


def test_a_job_is_over_only_when_every_end_has_been_told() -> None:
    job = job_of(2)
    job.end(job.pages["0"], PageState.DONE)
    job.end(job.pages["1"], PageState.CANCELLED)
    assert job.end_told() is None
    assert job.end_told() is not None


@given(st.lists(st.tuples(st.sampled_from(STAGES), st.floats(0, 1.5), st.floats(0, 0.2)), max_size=60))
def test_a_fraction_never_falls_and_is_told_at_most_ten_times_a_second(
    steps: list[tuple[Stage, float, float]],
) -> None:
    progress, now_s, before, told_s, stage_told = PageProgress(), 0.0, 0.0, None, None
    for stage, fraction, passed_s in steps:
        now_s += passed_s
        told = progress.advance(stage, fraction, now_s)
        assert before <= progress.fraction <= 1.0
        before = progress.fraction
        if told and stage == stage_told and told_s is not None:
            assert now_s - told_s >= 0.1
        if told:
            told_s, stage_told = now_s, stage


def test_the_eta_follows_the_mean_of_page_times() -> None:
    pace = Pace()
    assert pace.eta_s(5, 0.0) is None
    pace.began(0.0)
    for page in range(1, 6):
        pace.finished(2.0 * page)
    assert pace.eta_s(5, 10.0) == 10.0
    assert pace.eta_s(5, 11.0) == 9.0
    assert pace.eta_s(0, 10.0) == 0.0


def test_a_fraction_is_told_after_a_tenth_of_a_second_or_at_a_new_stage() -> None:
    progress = PageProgress()
    assert progress.advance("decode", 0.1, 0.0)
    assert not progress.advance("decode", 0.2, 0.09)
    assert progress.fraction == 0.2
    assert progress.advance("decode", 0.1, 0.1)
    assert progress.fraction == 0.2
    assert progress.advance("pass1", 0.3, 0.11)
    assert not progress.advance("pass1", 0.4, 0.2)


def test_the_newest_page_counts_three_tenths_of_the_pace() -> None:
    pace = Pace()
    pace.finished(5.0)  # nothing had begun
    assert pace.eta_s(1, 5.0) is None
    pace.began(10.0)
    pace.began(11.0)
    pace.finished(12.0)
    pace.finished(24.0)
    assert pace.eta_s(2, 24.0) == 10.0  # 2 + 0.3 * (12 - 2) a page
    assert pace.eta_s(2, 30.0) == 5.0  # the one under way takes no less than the mean
    assert pace.eta_s(1, 26.0) == 3.0


def test_counts_and_status_say_where_the_pages_stand() -> None:
    job = job_of(6)
    states = [PageState.NEEDED, PageState.QUEUED, PageState.RUNNING, PageState.SKIPPED, PageState.FAILED]
    for page, state in zip(job.pages.values(), states, strict=False):
        page.state = state
    counts = job.status().pages
    assert (counts.queued, counts.running, counts.skipped, counts.failed) == (3, 1, 1, 1)
    assert job.status().state == "running"


def test_a_job_that_ended_is_done_unless_all_of_it_was_cancelled() -> None:
    job = job_of(1)
    job.end(job.pages["0"], PageState.CANCELLED)
    assert job.status().state == "done"
    job.cancelled = True
    assert job.status().state == "cancelled"


def test_pages_are_read_by_their_place_and_then_by_their_name() -> None:
    found = [Page(page_id=name, index=index, sha256="0" * 64) for name, index in (("c", 1), ("b", 0), ("a", 1))]
    job = ChapterJob("job", "S", "1", None, found)  # type: ignore[arg-type]
    assert [page.page_id for page in job.in_reading_order()] == ["b", "a", "c"]
