"""The studio's tasks: in order, with progress, cancelled at once, each with exactly one end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from host.errors import BadRequest, Busy, ImageInvalid, NotFound
from host.messaging.messages import StudioDone, StudioFailed, StudioProgress, StudioTask
from host.studio import desk as room
from host.studio.desk import WAITING_MAX, Desk
from host.studio.tools import Made
from tests.host.jobs.conftest import Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MADE = Made(data=b"made", mime="text/plain", record={"by": "nobody"})


class Tools:
    """Does what the test says, and waits where it says so."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.began = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.fault: BaseException | None = None
        self.made = MADE
        self.forgotten = threading.Event()

    def run(self, task: StudioTask, progress: Callable[[float], None]) -> Made:
        self.ran.append(task.task_id)
        self.began.set()
        progress(0.0)
        assert self.gate.wait(20)
        if self.fault is not None:
            raise self.fault
        for fraction in (0.2, 0.201, 0.1, 1.0):
            progress(fraction)
        return self.made

    def forget(self) -> None:
        self.forgotten.set()


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def tools() -> Tools:
    return Tools()


@pytest.fixture
def desk(tools: Tools, listener: Listener) -> Iterator[Desk]:
    opened = Desk(lambda: tools, listener)  # type: ignore[arg-type, return-value]
    yield opened
    tools.gate.set()
    assert opened.close(10)


def task(task_id: str = "one") -> StudioTask:
    return StudioTask(task_id=task_id, tool="filter", image=b"-")


def test_a_task_tells_how_far_it_is_and_what_it_made(desk: Desk, listener: Listener) -> None:
    assert desk.start(task()).ahead == 0
    (done,) = listener.wait(StudioDone, task_id="one")
    assert (done.data, done.mime, done.record) == (b"made", "text/plain", {"by": "nobody"})
    assert [one.fraction for one in listener.of(StudioProgress)] == [0.0, 0.2, 1.0]
    assert not desk.is_busy


def test_tasks_take_turns_in_order(desk: Desk, tools: Tools, listener: Listener) -> None:
    tools.gate.clear()
    assert [desk.start(task(one)).ahead for one in ("a", "b", "c")] == [0, 1, 2]
    assert desk.is_busy
    tools.gate.set()
    listener.wait(StudioDone, 3)
    assert tools.ran == ["a", "b", "c"]


def test_a_task_that_waits_is_put_first_and_the_one_under_way_goes_on(
    desk: Desk, tools: Tools, listener: Listener
) -> None:
    tools.gate.clear()
    for one in ("a", "b", "c", "d"):
        desk.start(task(one))
    assert tools.began.wait(20)
    desk.first("d")
    desk.first("a")
    with pytest.raises(NotFound):
        desk.first("stranger")
    tools.gate.set()
    listener.wait(StudioDone, 4)
    assert tools.ran == ["a", "d", "b", "c"]


def test_cancelled_it_ends_at_once_and_is_told_once(desk: Desk, tools: Tools, listener: Listener) -> None:
    tools.gate.clear()
    desk.start(task("a"))
    desk.start(task("b"))
    assert tools.began.wait(20)
    assert desk.cancel("b").cancelled
    assert desk.cancel("a").cancelled  # under way: what it still does is dropped
    assert not desk.cancel("a").cancelled
    assert not desk.cancel("stranger").cancelled
    assert [one.error.code for one in listener.of(StudioFailed)] == ["E_CANCELLED", "E_CANCELLED"]
    tools.gate.set()
    desk.start(task("c"))
    listener.wait(StudioDone, task_id="c")
    assert tools.ran == ["a", "c"]
    assert not listener.of(StudioDone, task_id="a")
    assert len(listener.of(StudioFailed)) == 2


@pytest.mark.parametrize(
    ("fault", "code"),
    [(ImageInvalid("no picture"), "E_IMAGE"), (ZeroDivisionError("ours"), "E_INTERNAL"), (SystemExit(3), "E_INTERNAL")],
)
def test_a_task_that_fails_says_why_and_the_next_one_goes_on(
    fault: BaseException, code: str, desk: Desk, tools: Tools, listener: Listener
) -> None:
    tools.fault = fault
    desk.start(task("a"))
    (failed,) = listener.wait(StudioFailed, task_id="a")
    assert failed.error.code == code
    tools.fault = None
    desk.start(task("b"))
    listener.wait(StudioDone, task_id="b")


def test_what_is_too_large_to_be_sent_is_told(
    desk: Desk, tools: Tools, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "DATA_MAX", 3)
    desk.start(task())
    assert listener.wait(StudioFailed)[0].error.code == "E_TOO_LARGE"


def test_two_of_one_name_and_too_many_are_refused(desk: Desk, tools: Tools) -> None:
    tools.gate.clear()
    for number in range(WAITING_MAX):
        desk.start(task(f"{number}"))
    with pytest.raises(BadRequest):
        desk.start(task("3"))
    with pytest.raises(Busy):
        desk.start(task("one more"))


def test_a_page_is_forgotten_when_nobody_comes(
    desk: Desk, tools: Tools, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_IDLE_S", 0.01)
    desk.start(task())
    listener.wait(StudioDone)
    assert tools.forgotten.wait(20)
    desk.start(task("later"))
    listener.wait(StudioDone, task_id="later")


def test_closed_it_takes_nothing_and_tells_nothing(tools: Tools, listener: Listener) -> None:
    desk = Desk(lambda: tools, listener)  # type: ignore[arg-type, return-value]
    assert desk.close(1)
    with pytest.raises(Busy):
        desk.start(task())
    tools.gate.clear()
    other = Desk(lambda: tools, listener)  # type: ignore[arg-type, return-value]
    other.start(task())
    assert tools.began.wait(20)
    assert not other.close(0.01)
    tools.gate.set()
    assert other.close(20)
    assert not listener.of(StudioDone)


def test_what_ends_the_thread_ends_the_task_that_ran_and_no_other(desk: Desk, tools: Tools, listener: Listener) -> None:
    tools.gate.clear()
    desk.start(task("a"))
    desk.start(task("b"))
    assert tools.began.wait(20)
    desk._died(ZeroDivisionError("x" * 600))
    (failed,) = listener.wait(StudioFailed)
    assert (failed.task_id, failed.error.code) == ("a", "E_INTERNAL")
    assert (failed.error.message, failed.error.hint) == ("x" * 500, "The host's log says where.")
    desk.cancel("b")
    desk._died(ZeroDivisionError("nothing runs"))
    assert [one.task_id for one in listener.of(StudioFailed)] == ["a", "b"]
