"""One lane per machine: exclusive, fair, and left at once on cancel."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from host.errors import JobCancelled
from host.jobs.lane import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def never() -> None:
    """Refuse to wait."""
    raise AssertionError("the lane is not free")


@pytest.fixture
def lanes(tmp_path: Path) -> Iterator[tuple[Lane, Lane, Lane]]:
    """Yield three processes' lanes of one machine."""
    opened = (Lane(tmp_path / "lane.lock"), Lane(tmp_path / "lane.lock"), Lane(tmp_path / "lane.lock"))
    yield opened
    for lane in opened:
        lane.close()


def test_two_processes_never_hold_the_lane_together(tmp_path: Path) -> None:
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
    for worker in workers:
        output, _ = worker.communicate(timeout=60)
        held += [tuple(map(float, line.split())) for line in output.splitlines()]
    held.sort()
    assert len(held) == 30
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(held))


def test_who_waits_comes_before_who_had_it_and_wants_it_again(lanes: tuple[Lane, Lane, Lane]) -> None:
    one, two, _ = lanes
    for _ in range(5):
        order, waits = [], threading.Event()

        def take(order: list[str] = order, waits: threading.Event = waits) -> None:
            with two.hold(waits.set):
                order.append("who waited")

        thread = threading.Thread(target=take)
        with one.hold(go_on):
            thread.start()
            assert waits.wait(30)
        with one.hold(go_on):
            order.append("who had it")
        thread.join(30)
        assert order == ["who waited", "who had it"]


def test_who_is_cancelled_stops_waiting_and_leaves_the_lane_to_others(lanes: tuple[Lane, Lane, Lane]) -> None:
    one, two, three = lanes
    looks = itertools.count()

    def check() -> None:
        if next(looks) == 3:
            raise JobCancelled("cancelled")

    def take() -> None:
        with three.hold(go_on):
            pass

    with one.hold(never) as waited:
        assert not waited
        with pytest.raises(JobCancelled), two.hold(check):
            pass
        assert next(looks) == 4
        thread = threading.Thread(target=take)
        thread.start()
    thread.join(30)
    assert not thread.is_alive(), "who was cancelled still stands in the way"
    three.close()
    with two.hold(never) as waited:
        assert not waited


def test_who_waited_is_told_so(lanes: tuple[Lane, Lane, Lane]) -> None:
    one, two, _ = lanes
    waited: list[bool] = []
    waits = threading.Event()

    def take() -> None:
        with two.hold(waits.set) as was_taken:
            waited.append(was_taken)

    thread = threading.Thread(target=take)
    with one.hold(go_on):
        thread.start()
        assert waits.wait(30)
        assert waited == []
    thread.join(30)
    assert waited == [True]


def test_who_waited_only_for_its_turn_is_told_so_too(lanes: tuple[Lane, Lane, Lane]) -> None:
    one, two, three = lanes
    told = []

    def take(lane: Lane, waits: threading.Event) -> None:
        with lane.hold(waits.set) as waited:
            told.append(waited)

    waits = [threading.Event(), threading.Event()]
    threads = [
        threading.Thread(target=take, args=(lane, event)) for lane, event in zip((two, three), waits, strict=True)
    ]
    with one.hold(never):
        for thread, event in zip(threads, waits, strict=True):
            thread.start()
            assert event.wait(30)
    for thread in threads:
        thread.join(30)
    assert told == [True, True]


def test_a_free_lane_is_taken_without_a_look_or_a_wait(
    lanes: tuple[Lane, Lane, Lane], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host.jobs.lane.time.sleep", lambda _: never())
    for _ in range(20):
        with lanes[0].hold(never) as waited:
            assert not waited


def test_another_thread_that_is_cancelled_does_not_wait_for_the_holder(lanes: tuple[Lane, Lane, Lane]) -> None:
    one, ended = lanes[0], []

    def cancelled() -> None:
        raise JobCancelled("cancelled")

    def take() -> None:
        try:
            with one.hold(cancelled):
                pass
        except JobCancelled as exc:
            ended.append(exc)

    with one.hold(never):
        thread = threading.Thread(target=take)
        thread.start()
        thread.join(30)
        assert len(ended) == 1
    with one.hold(never):
        pass


def test_a_lane_whose_holder_failed_is_free_again(lanes: tuple[Lane, Lane, Lane]) -> None:
    one, two, _ = lanes
    with pytest.raises(RuntimeError), one.hold(go_on):
        raise RuntimeError
    with two.hold(never) as waited:
        assert not waited


def test_a_lane_that_is_closed_is_free_though_it_was_held(lanes: tuple[Lane, Lane, Lane]) -> None:
    one, two, _ = lanes
    with one.hold(never):
        one.close()
        with two.hold(never) as waited:
            assert not waited


def test_a_closed_lane_keeps_no_file_open(tmp_path: Path) -> None:
    lane = Lane(tmp_path / "deep" / "lane.lock")
    with lane.hold(never):
        assert len(locks_open_in(tmp_path)) == 2
    lane.close()
    assert locks_open_in(tmp_path) == []


def locks_open_in(folder: Path) -> list[str]:
    return [one.path for one in psutil.Process().open_files() if Path(one.path).is_relative_to(folder)]


def test_where_no_lock_file_can_be_had_the_lane_is_this_process_s_own(tmp_path: Path) -> None:
    (tmp_path / "full").write_bytes(b"")
    lane = Lane(tmp_path / "full" / "lane.lock")
    for _ in range(2):
        with lane.hold(lambda: None) as waited:
            assert not waited
    lane.close()
