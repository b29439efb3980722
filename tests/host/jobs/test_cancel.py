"""Cancel, wherever a page is; and the end of the host."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import psutil
import pytest

from host.errors import NotFound
from host.jobs.lane import Lane
from host.messaging.messages import JobCancel, JobProgress, JobStatusQuery, PageDone
from host.pipeline import page as pipeline_page
from host.pipeline import prepare as pipeline_prepare
from tests.host.jobs.conftest import done, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.host.jobs.conftest import Reader, Watched

pytestmark = pytest.mark.slow


def cancel(reader: Reader, job_id: str, *page_ids: str) -> list[str]:
    return reader.board.cancel(JobCancel(job_id=job_id, page_ids=list(page_ids) or None)).cancelled


def assert_all_cancelled(reader: Reader, job_id: str, pages: int, held: Watched | None = None) -> None:
    end = reader.listener.end_of(job_id)
    assert (end.done, end.failed, end.cancelled) == (0, 0, pages)
    place = reader.listener.messages.index(end)
    time.sleep(0.15)
    later = reader.listener.messages[place + 1 :]
    assert not [message for message in later if getattr(message, "job_id", "") == job_id]
    assert done(reader.listener, job_id) == set()
    assert reader.board.status(JobStatusQuery(job_id=job_id))[0].state == "cancelled"
    if held is not None:
        held.gate.set()
    assert reader.listener.end_of(reader.run([77])).done == 1


def test_cancel_before_the_bytes_come(reader: Reader) -> None:
    accepted = reader.board.run_chapter(reader.chapter([1, 2]))
    assert cancel(reader, accepted.job_id) == ["p0", "p1"]
    reader.put(accepted.job_id, "p0")
    assert len(list(reader.application.paths.spool.rglob("pages/*"))) == 0
    assert_all_cancelled(reader, accepted.job_id, 2)


def test_cancel_while_queued(reader: Reader, engine: Watched) -> None:
    engine.gate.clear()
    reader.run([90, 91, 92, 93])
    assert engine.began.wait(10)
    job_id = reader.run([1, 2])
    assert cancel(reader, job_id) == ["p0", "p1"]
    engine.gate.set()
    assert_all_cancelled(reader, job_id, 2)


def hold_up(monkeypatch: pytest.MonkeyPatch, name: str) -> tuple[threading.Event, threading.Event]:
    """Make a step of the pipeline wait inside; return what tells that it was reached and what lets it go on."""
    reached, go_on = threading.Event(), threading.Event()
    module = pipeline_prepare if name == "make_request" else pipeline_page
    real = getattr(module, name)

    def step(*args: object, **kwargs: object) -> object:
        reached.set()
        assert go_on.wait(10)
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, step)
    return reached, go_on


@pytest.mark.parametrize("step", ["decode_page", "make_request", "lay_colour", "encode_page"])
def test_cancel_inside_a_step_ends_the_page_at_once(reader: Reader, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    reached, go_on = hold_up(monkeypatch, step)
    job_id = reader.run([1])
    assert reached.wait(10)
    assert cancel(reader, job_id) == ["p0"]
    assert reader.listener.end_of(job_id).cancelled == 1
    go_on.set()
    assert_all_cancelled(reader, job_id, 1)


def test_cancel_between_engine_steps(reader: Reader, engine: Watched) -> None:
    engine.gate.clear()
    job_id = reader.run([1])
    assert engine.began.wait(10)
    assert cancel(reader, job_id) == ["p0"]
    assert engine.stopped.wait(10), "the engine went on with a page that nobody waits for"
    assert not engine.gate.is_set()
    assert_all_cancelled(reader, job_id, 1, engine)


def test_cancel_while_waiting_for_the_lane(reader: Reader, engine: Watched) -> None:
    other = Lane(reader.application.paths.lane_lock)
    with other.hold(lambda: None):
        job_id = reader.run([1])
        reader.listener.wait(JobProgress, page_id="p0", stage="retrieve")
        time.sleep(0.1)
        assert engine.calls == 0
        assert cancel(reader, job_id) == ["p0"]
        assert eventually(lambda: not reader.board.load()[0], 2.0)
    other.close()
    assert_all_cancelled(reader, job_id, 1)


def decoders() -> list[psutil.Process]:
    """Return the decoding processes that have begun: those that are still this program's image are none yet."""
    return [one for one in psutil.Process().children() if "host.pipeline.decode.worker" in one.cmdline()]


@pytest.mark.skipif(sys.platform == "win32", reason="stops a process by a signal")
def test_two_cancelled_pages_free_their_threads_though_one_is_in_a_decoder_that_hangs(
    reader: Reader, engine: Watched
) -> None:
    engine.gate.clear()
    painted = reader.run([1])
    assert engine.began.wait(10)
    large = bytes(cv2.imencode(".png", np.full((3400, 3400), 200, np.uint8))[1])
    decoded = reader.run_encoded([large])
    assert eventually(lambda: bool(decoders()))
    decoder = decoders()[0]
    # From now on it neither goes on nor ends by itself, and its own bounds on time stand still.
    decoder.suspend()
    assert cancel(reader, painted) == cancel(reader, decoded) == ["p0"]
    assert eventually(lambda: not reader.board.load()[0])
    assert engine.stopped.wait(10)
    assert not engine.gate.is_set()
    assert eventually(lambda: not decoder.is_running())
    engine.gate.set()
    assert reader.listener.end_of(reader.run([2, 3])).done == 2


def test_cancel_of_some_pages_leaves_the_others(reader: Reader, engine: Watched) -> None:
    engine.gate.clear()
    job_id = reader.run([1, 2, 3, 4, 5])
    assert engine.began.wait(10)
    assert cancel(reader, job_id, "p0", "p3") == ["p0", "p3"]
    assert cancel(reader, job_id, "p3") == []
    engine.gate.set()
    end = reader.listener.end_of(job_id)
    assert (end.done, end.cancelled) == (3, 2)
    assert done(reader.listener, job_id) == {"p1", "p2", "p4"}


def test_cancel_for_one_reader_leaves_the_computation_to_the_other(reader: Reader, engine: Watched) -> None:
    engine.gate.clear()
    one, two = reader.run([1]), reader.run([1])
    assert engine.began.wait(10)
    assert eventually(lambda: all(job.pages.running == 1 for job in reader.board.status(JobStatusQuery())))
    cancel(reader, one)
    engine.gate.set()
    assert reader.listener.end_of(two).done == 1
    assert reader.listener.end_of(one).cancelled == 1
    assert engine.calls == 1


def test_what_is_done_is_not_cancelled(reader: Reader) -> None:
    job_id = reader.run([1, 2])
    reader.listener.end_of(job_id)
    assert cancel(reader, job_id) == []
    assert reader.board.status(JobStatusQuery(job_id=job_id))[0].state == "done"
    with pytest.raises(NotFound):
        cancel(reader, job_id, "no such page")
    with pytest.raises(NotFound):
        cancel(reader, "no such job")


def test_close_while_the_engine_works_does_not_wait_for_it_and_leaves_nothing_behind(
    open_reader: Callable[..., Reader], engine: Watched
) -> None:
    reader = open_reader()
    engine.gate.clear()
    reader.run([1, 2, 3, 4])
    assert engine.began.wait(10)
    reader.application.close(0.6)
    assert not engine.gate.is_set()
    reader.application.close(0.6)
    paths = reader.application.paths
    assert [path for path in paths.spool.rglob("*") if path.is_file()] == []
    assert [path for path in paths.results.rglob("*") if path.is_file()] == []
    assert reader.listener.of(PageDone) == []
