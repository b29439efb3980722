"""Real processes that colour real pages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import types
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from host.application import Application
from host.library.orders import OrderBook
from host.library.workers import Task, Workers, default_workers
from host.messaging.messages import Options
from host.paths import state_paths
from tests.host.library.shelves import picture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from host.pipeline.job import PageJob

pytestmark = pytest.mark.slow


@pytest.fixture
def job(irodori_home: Path) -> PageJob:
    with Application.open(state_paths(), lambda _: None) as application:
        return OrderBook(application, None, Options(), "png").base.job


@pytest.fixture
def workers(tmp_path: Path, irodori_home: Path) -> Iterator[Workers]:
    (tmp_path / "locks").mkdir()
    workers = Workers(1, tmp_path / "locks", alone=True)
    yield workers
    workers.close()


def drain(workers: Workers) -> dict[str, str]:
    ended = {}
    while not workers.is_idle:
        for task, result in workers.finished():
            assert task.key not in ended
            ended[task.key] = result.verdict
    return ended


def test_a_worker_that_dies_or_stumbles_takes_no_other_page_with_it(workers: Workers, job: PageJob) -> None:
    assert workers.has_colour(picture(1, coloured=True)) in (True, False)
    [pid] = list(workers._pool._processes)
    workers.add(Task("good", picture(2, (200, 300)), job))
    os.kill(pid, signal.SIGKILL)
    workers.add(Task("rubbish", b"rubbish", job))
    workers.add(Task("odd", picture(3), replace(job, engine=None)))  # type: ignore[arg-type]
    ended = drain(workers)
    assert ended.keys() == {"good", "rubbish", "odd"}
    assert ended["rubbish"] == "failed"
    assert ended["odd"] == "failed"
    assert ended["good"] in ("coloured", "skipped")


def test_a_page_is_the_same_whoever_colours_it(workers: Workers, job: PageJob, pages: Path, tmp_path: Path) -> None:
    page = (pages / "insets-en.jpg").read_bytes()
    both = []
    other = Workers(1, tmp_path / "locks", alone=True)
    try:
        for each in (workers, other):
            each.add(Task("k", page, job))
            [(_, result)] = list(each.finished())
            both.append(result.image)
    finally:
        other.close()
    assert both[0] == both[1] != b""


ONE_CORE = """
import os, sys
from host.library.workers import share_cores
assert "numpy" not in sys.modules
share_cores()
assert os.environ["OPENBLAS_NUM_THREADS"] == os.environ["OMP_NUM_THREADS"] == "1"
assert "numpy" in sys.modules
"""


def test_a_worker_says_that_it_has_one_core_before_numpy_is_loaded() -> None:
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", ONE_CORE], capture_output=True, text=True, env=environ, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("kept_mib", "at_once_mib", "count"),
    [(0, 0, 8), (100, 0, 8), (900, 0, 4), (0, 4_100, 4), (700, 4_100, 2), (0, 9_000, 1)],
)
def test_workers_are_as_many_as_memory_carries_with_their_models_of_words(
    kept_mib: int, at_once_mib: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = types.SimpleNamespace(available=8_000 << 20)
    monkeypatch.setattr("psutil.virtual_memory", lambda: free)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(16))
    assert default_workers(kept_mib, at_once_mib) == count
