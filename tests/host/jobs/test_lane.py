"""One lane per machine: exclusive, fair, and left at once on cancel."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from host.errors import JobCancelled
from host.jobs.lane import Lane

if TYPE_CHECKING:
    from pathlib import Path

WORKER = """
import sys, time
from pathlib import Path
from host.jobs.lane import Lane
lane = Lane(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(15):
    with lane.hold(lambda: None):
        began = time.monotonic()
        time.sleep(0.01)
        print(began, time.monotonic(), flush=True)
"""


def go_on() -> None:
    """Wait on."""


def test_two_processes_never_hold_the_lane_together_and_take_turns(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WORKER, str(tmp_path / "lane.lock")]
    workers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    held = []
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for number, worker in enumerate(workers):
        output, _ = worker.communicate(timeout=30)
        held += [(*map(float, line.split()), number) for line in output.splitlines()]
    held.sort()
    assert len(held) == 30
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(held))
    turns = sum(before[2] != after[2] for before, after in itertools.pairwise(held))
    assert turns >= 15


def test_who_is_cancelled_stops_waiting_and_leaves_the_lane_to_others(tmp_path: Path) -> None:
    one, two = Lane(tmp_path / "lane.lock"), Lane(tmp_path / "lane.lock")
    cancelled = threading.Event()

    def check() -> None:
        if cancelled.is_set():
            raise JobCancelled("cancelled")

    with one.hold(go_on) as waited:
        assert not waited
        threading.Timer(0.05, cancelled.set).start()
        began = time.monotonic()
        with pytest.raises(JobCancelled), two.hold(check):
            pass
        assert time.monotonic() - began < 1.0
    with two.hold(go_on) as waited:
        assert not waited
    one.close()
    two.close()


def test_who_waited_is_told_so(tmp_path: Path) -> None:
    one, two = Lane(tmp_path / "lane.lock"), Lane(tmp_path / "lane.lock")
    waited: list[bool] = []

    def take() -> None:
        with two.hold(go_on) as was_taken:
            waited.append(was_taken)

    thread = threading.Thread(target=take)
    with one.hold(go_on):
        thread.start()
        time.sleep(0.05)
        assert waited == []
    thread.join(5)
    assert waited == [True]
    one.close()
    two.close()


def test_a_free_lane_costs_next_to_nothing(tmp_path: Path) -> None:
    lane = Lane(tmp_path / "lane.lock")
    with lane.hold(go_on):
        pass
    began = time.perf_counter()
    for _ in range(200):
        with lane.hold(go_on):
            pass
    assert (time.perf_counter() - began) / 200 < 0.002
    lane.close()


def test_a_lane_whose_holder_failed_is_free_again(tmp_path: Path) -> None:
    one, two = Lane(tmp_path / "lane.lock"), Lane(tmp_path / "lane.lock")
    with pytest.raises(RuntimeError), one.hold(go_on):
        raise RuntimeError
    with two.hold(go_on) as waited:
        assert not waited
    one.close()
    two.close()
