"""Memory that decodes share: who fits goes, who does not waits, who is cancelled lets go of its own alone."""

from __future__ import annotations

import threading

import pytest

from host.pipeline.decode.budget import MemoryBudget


def test_what_is_held_is_counted_and_given_back_whatever_happens() -> None:
    budget = MemoryBudget(10)
    with budget.hold(4), budget.hold(6):
        assert budget.held_bytes == 10
    assert budget.held_bytes == 0
    with pytest.raises(ZeroDivisionError), budget.hold(3):
        raise ZeroDivisionError
    assert budget.held_bytes == 0


def test_who_wants_more_than_all_goes_alone() -> None:
    budget = MemoryBudget(10)
    with budget.hold(99):
        assert budget.held_bytes == 10


def test_who_does_not_fit_waits_and_is_asked_meanwhile_whether_it_still_wants_to() -> None:
    budget, asked = MemoryBudget(10), []

    def cancelled() -> None:
        asked.append(budget.held_bytes)
        raise KeyboardInterrupt

    with budget.hold(5), pytest.raises(KeyboardInterrupt), budget.hold(6, cancelled):
        raise AssertionError("it went though it did not fit")
    assert asked == [5]
    assert budget.held_bytes == 0


def test_who_waits_goes_as_soon_as_there_is_room() -> None:
    budget, waits, went = MemoryBudget(10), threading.Event(), threading.Event()

    def second() -> None:
        with budget.hold(10, waits.set):
            went.set()

    thread = threading.Thread(target=second)
    with budget.hold(1):
        thread.start()
        assert waits.wait(20)
        assert not went.is_set()
    assert went.wait(20)
    thread.join()
    assert budget.held_bytes == 0
