"""With which status a command ends, and that it ends at once where something would hold it up."""

from __future__ import annotations

import io
import signal
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from host import signals
from host.signals import Ended, exit_after

if TYPE_CHECKING:
    from collections.abc import Iterator


class Exited(Exception):
    """What an exit at once is in a test."""


class Flushed(io.StringIO):
    flushes = 0

    def flush(self) -> None:
        self.flushes += 1


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Flushed, Flushed]]:
    def leave(code: int) -> None:
        raise Exited(code)

    monkeypatch.setattr(signals.os, "_exit", leave)
    monkeypatch.setattr(signals, "_received", [])
    both = Flushed(), Flushed()
    monkeypatch.setattr(signals, "sys", SimpleNamespace(stdout=both[0], stderr=both[1]))
    monkeypatch.setattr(signals.threading, "enumerate", lambda: [threading.main_thread()])
    yield both
    monkeypatch.undo()


def left_with(end: BaseException) -> int | None:
    try:
        exit_after(end)
    except Exited as left:
        return int(left.args[0])
    return None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("end", [Ended(), KeyboardInterrupt(), SystemExit(0), ValueError()])
def test_after_a_signal_the_status_is_the_signal_s_whatever_it_became(
    streams: tuple[Flushed, Flushed], number: int, end: BaseException
) -> None:
    signals._received.append(number)
    assert left_with(end) == 128 + number
    assert [one.flushes for one in streams] == [1, 1]


@pytest.mark.parametrize("end", [SystemExit(0), SystemExit(1), SystemExit(None), SystemExit(128), ValueError()])
def test_where_nothing_holds_it_up_a_command_ends_by_itself(
    streams: tuple[Flushed, Flushed], end: BaseException
) -> None:
    assert left_with(end) is None
    assert [one.flushes for one in streams] == [0, 0]


@pytest.mark.parametrize(
    ("end", "code"),
    [(SystemExit(0), 0), (SystemExit(3), 3), (SystemExit(None), 0), (SystemExit("words"), 1), (ValueError(), None)],
)
def test_around_a_thread_that_still_runs_it_exits_at_once(
    streams: tuple[Flushed, Flushed], monkeypatch: pytest.MonkeyPatch, end: BaseException, code: int | None
) -> None:
    threads = [threading.main_thread(), threading.Thread(name=signals._WATCH)]
    monkeypatch.setattr(signals.threading, "enumerate", lambda: threads)
    assert left_with(end) is None  # ours is none to wait for
    threads.append(threading.Thread(name="a library's"))
    assert left_with(end) == code


def test_a_stream_that_is_closed_does_not_hold_it_up(streams: tuple[Flushed, Flushed]) -> None:
    signals._received.append(signal.SIGTERM)

    def fails() -> None:
        raise ValueError("closed")

    streams[0].flush = fails  # type: ignore[method-assign]
    assert left_with(Ended()) == 128 + signal.SIGTERM
