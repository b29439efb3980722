"""Work beside other work: the same results and errors, nothing that goes on unseen, nobody who waits for ever."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING

import pytest

from engines import cores
from engines.cores import Beside, do_each, limit_threads, thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORD: ContextVar[str] = ContextVar("word", default="")


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(cores, "_physical_cores", lambda: request.param)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(request.param)), raising=False)
    cores._pool.cache_clear()
    yield request.param
    cores._pool().shutdown()
    cores._pool.cache_clear()


@pytest.mark.parametrize(
    ("usable", "physical", "limit", "used"),
    [(8, 8, 4, 4), (3, 8, 4, 3), (8, 2, 4, 2), (8, None, 4, 4), (2, None, 4, 2), (8, 8, 1, 1), (8, 8, 0, 1)],
)
def test_few_threads_are_used(
    usable: int, physical: int | None, limit: int, used: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(usable)), raising=False)
    monkeypatch.setattr(cores, "_physical_cores", lambda: physical)
    monkeypatch.setattr(cores, "_limit", 4)
    assert limit_threads(limit) == 4
    assert thread_count() == used


def test_a_result_is_had_as_often_as_it_is_asked_for_and_made_once(threads: int) -> None:
    made: list[int] = []
    with Beside(lambda: made.append(1) or 7) as work:  # type: ignore[func-returns-value]
        assert [work.result(), work.result()] == [7, 7]
    assert (made, thread_count()) == ([1], threads)


def test_what_it_raises_is_raised_where_the_result_is_asked_for(threads: int) -> None:
    def fail() -> None:
        raise KeyError("lost")

    with Beside(fail) as work, pytest.raises(KeyError, match="lost"):
        work.result()
    with Beside(fail):
        pass  # nobody asks


def test_it_goes_on_meanwhile_where_there_is_another_core(threads: int) -> None:
    told = threading.Event()
    if threads > 1:
        with Beside(told.set):
            assert told.wait(30)
    else:
        with Beside(told.set) as work:
            assert not told.is_set()
            work.result()
        assert told.is_set()


def test_what_runs_when_it_is_left_is_waited_for_and_what_does_not_is_never_begun(threads: int) -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert may_end.wait(30)
        ended.set()

    def leave(late: Callable[[], None]) -> None:
        with Beside(work):
            assert begun.wait(30)
            late()
            raise RuntimeError("cancelled")

    if threads > 1:
        with pytest.raises(RuntimeError, match="cancelled"):
            leave(may_end.set)
        assert ended.is_set()
    else:
        with Beside(work):
            pass
        assert not begun.is_set()


def test_work_that_waits_for_work_ends_where_every_thread_is_taken(threads: int) -> None:
    def depth(levels: int) -> int:
        if levels == 0:
            return 0
        with Beside(partial(depth, levels - 1)) as below:
            return below.result() + 1

    assert depth(6) == 6


def test_it_knows_the_context_of_who_asked(threads: int) -> None:
    token = WORD.set("hurry")
    with Beside(WORD.get) as work:
        WORD.reset(token)
        assert work.result() == "hurry"


def test_every_item_is_worked_on_once(threads: int) -> None:
    done: list[int] = []
    do_each(done.append, range(500))
    assert sorted(done) == list(range(500))


def test_all_cores_work_on_items(threads: int) -> None:
    meet = threading.Barrier(threads, timeout=30)
    do_each(lambda _: meet.wait(), range(threads))


def test_an_item_that_fails_is_told(threads: int) -> None:
    done: list[int] = []

    def work(item: int) -> None:
        if item == 3:
            raise ValueError("three")
        done.append(item)

    with pytest.raises(ValueError, match="three"):
        do_each(work, range(9))
    assert set(done) == set(range(9)) - {3} or threads == 1
