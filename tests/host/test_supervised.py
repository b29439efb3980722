"""A thread that dies is begun again, tells it, and ends what it had in hand."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from host.application import Application
from host.errors import InternalError
from host.messaging.messages import PageFailed
from host.paths import state_paths
from host.supervised import SupervisedThread
from tests.host.jobs.conftest import Engines, Listener, Reader, Watched

if TYPE_CHECKING:
    from pathlib import Path


class NoOrdinaryError(BaseException):
    """What no `except Exception` catches."""


def test_a_loop_that_dies_is_begun_again_until_it_returns(caplog: pytest.LogCaptureFixture) -> None:
    faults = [OverflowError("one"), SystemExit(2), NoOrdinaryError()]
    died: list[BaseException] = []

    def loop() -> None:
        if len(died) < len(faults):
            raise faults[len(died)]

    def tell(exc: BaseException) -> None:
        died.append(exc)
        raise ValueError("also this")

    thread = SupervisedThread(loop, "lane", died=tell)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert died == faults
    assert "OverflowError: one" in caplog.text


def test_a_loop_that_nobody_needs_is_not_begun_again() -> None:
    began = threading.Event()

    def loop() -> None:
        began.set()
        raise NoOrdinaryError

    thread = SupervisedThread(loop, "lane", stopping=lambda: True)
    thread.start()
    thread.join(10)
    assert began.is_set()
    assert not thread.is_alive()


@pytest.mark.slow
@pytest.mark.parametrize("fault", [OverflowError("too far"), NoOrdinaryError(), SystemExit(3), KeyboardInterrupt()])
def test_an_engine_that_raises_anything_fails_its_page_and_the_next_is_coloured(
    irodori_home: Path, fault: BaseException
) -> None:
    listener, engine = Listener(), Watched()
    explicit = {"default_engine": "stepped"}
    with Application.open(state_paths(), listener, engines=Engines(engine), explicit=explicit) as application:
        engine.failure = fault  # type: ignore[assignment]
        reader = Reader(application, listener)
        assert listener.end_of(reader.run([1])).failed == 1
        assert listener.of(PageFailed)[0].error.code == InternalError.code
        engine.failure = None
        assert listener.end_of(reader.run([2])).done == 1


@pytest.mark.slow
@pytest.mark.parametrize("where", ["take", "take_prepared", "take_coloured"])
def test_a_thread_that_dies_between_pages_ends_the_open_ones_and_the_next_is_coloured(
    irodori_home: Path, where: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    listener = Listener()
    explicit = {"default_engine": "stepped"}
    with Application.open(state_paths(), listener, engines=Engines(Watched()), explicit=explicit) as application:
        scheduler = application.board._scheduler
        reader = Reader(application, listener)
        assert listener.end_of(reader.run([1])).done == 1
        whole, deaths = getattr(scheduler, where), iter([OverflowError("timestamp too large")])

        def take(*given: object) -> object:
            for fault in deaths:
                raise fault
            return whole(*given)

        monkeypatch.setattr(scheduler, where, take)
        # The thread that waits inside the whole one takes the first page, and dies when it comes back.
        listener.end_of(reader.run([2, 3]))
        assert listener.end_of(reader.run([4])).done == 1
    assert "timestamp too large" in caplog.text
