"""Processes side by side: what they give, what becomes of work that fails, and of the work beside it."""

from __future__ import annotations

import os
import signal
from concurrent.futures import BrokenExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from host.library import pool
from host.library.pool import ProcessPool

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGUN: list[str] = []


def begin(word: str) -> None:
    BEGUN.append(word)


def work(task: str) -> str:
    if task == "dies":
        os._exit(9)
    if task == "errs":
        raise ValueError("an error")
    return f"{task} {BEGUN}"


def on_interrupt() -> bool:
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def failed(exc: BaseException) -> str:
    return f"failed {isinstance(exc, BrokenExecutor)}"


@pytest.fixture
def one() -> Iterator[ProcessPool[str, str]]:
    made: ProcessPool[str, str] = ProcessPool(1, begin, ("word",), work, failed)
    yield made
    made.close()


def ended(processes: ProcessPool[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    while not processes.is_idle:
        found.update(processes.finished())
    return found


@pytest.mark.slow
def test_each_piece_ends_with_what_it_gives_and_who_begins_is_told_once(one: ProcessPool[str, str]) -> None:
    assert one.is_idle
    for task in ("a", "b"):
        one.submit(task, 1, task)
    assert not one.is_idle
    assert ended(one) == {"a": "a ['word']", "b": "b ['word']"}
    assert one.ask(on_interrupt)  # Ctrl-C is for the parent


@pytest.mark.slow
def test_what_errs_or_dies_fails_alone_and_the_next_piece_is_done(one: ProcessPool[str, str]) -> None:
    for tasks in (("errs", "a"), ("dies", "b"), ("c",)):
        for task in tasks:
            one.submit(task, 1, task)
        found = ended(one)
        assert found.keys() == set(tasks)
        assert found.get("errs", "failed False") == "failed False"
        assert found.get("dies", "failed True") == "failed True"
        assert found[tasks[-1]] == f"{tasks[-1]} ['word']"
    assert one.has_room


@pytest.mark.slow
def test_what_is_under_way_is_dropped_by_a_close_and_processes_begin_anew_after_it(one: ProcessPool[str, str]) -> None:
    (process,) = [one.ask(os.getpid)]
    one.close()
    one.close()
    assert one.ask(os.getpid) != process


class TestRoom:
    """Without processes: only what is counted."""

    @pytest.fixture
    def two(self, monkeypatch: pytest.MonkeyPatch) -> ProcessPool[str, str]:
        made: ProcessPool[str, str] = ProcessPool(2, begin, ("word",), work, failed)

        def refuse(*_: object) -> None:
            raise BrokenExecutor

        monkeypatch.setattr(made, "_opened", lambda: SimpleNamespace(submit=refuse))
        return made

    def test_there_are_two_pieces_for_each_process(self, two: ProcessPool[str, str]) -> None:
        found = []
        for task in "abcd":
            found.append(two.has_room)
            two.submit(task, 1)
        assert (found, two.has_room) == ([True] * 4, False)

    @pytest.mark.parametrize(("size", "has_room"), [((256 << 20) - 1, True), (256 << 20, False)])
    def test_of_so_many_bytes_together(self, two: ProcessPool[str, str], size: int, *, has_room: bool) -> None:
        two.submit("a", size)
        assert two.has_room is has_room


def test_a_process_ends_with_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr(pool.os, "_exit", codes.append)
    monkeypatch.setattr(pool.multiprocessing, "parent_process", lambda: None)
    pool._end_with_parent()
    assert codes == []
    reading, writing = os.pipe()
    monkeypatch.setattr(pool.multiprocessing, "parent_process", lambda: SimpleNamespace(sentinel=reading))
    os.close(writing)  # as the system does with what a dead parent held
    pool._end_with_parent()
    os.close(reading)
    assert codes == [1]


def test_a_worker_computes_on_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[tuple[str, int]] = []
    environ: dict[str, str] = {"KEPT": "9", "OMP_NUM_THREADS": "8"}
    monkeypatch.setattr(pool.os, "environ", environ)
    monkeypatch.setattr("cv2.setNumThreads", lambda count: counts.append(("cv2", count)))
    monkeypatch.setattr("engines.cores.limit_threads", lambda count: counts.append(("onnx", count)))
    pool.share_cores()
    assert sorted(counts) == [("cv2", 1), ("onnx", 1)]
    assert environ.pop("KEPT") == "9"
    assert {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"} <= environ.keys()
    assert set(environ.values()) == {"1"}
