"""Who goes first."""

from __future__ import annotations

import threading

from host.jobs.right_of_way import RightOfWay


def given_by_another(way: RightOfWay) -> threading.Thread:
    """Begin to give way on another thread, until it does."""
    thread = threading.Thread(target=way.give, args=(20.0,), daemon=True)
    thread.start()
    while not way._changed._waiters:  # type: ignore[attr-defined]
        assert thread.is_alive()
    return thread


def test_others_wait_while_one_is_in_a_hurry() -> None:
    way = RightOfWay()
    way.give()
    with way.hurry():
        thread = given_by_another(way)
        with way.hurry():
            pass
        assert thread.is_alive()
    thread.join(20)
    assert not thread.is_alive()


def test_whoever_is_in_a_hurry_waits_for_nobody() -> None:
    way = RightOfWay()

    def hurried() -> None:
        with way.hurry():
            way.give(3600.0)

    thread = threading.Thread(target=hurried, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def test_nobody_waits_for_long_nor_once_all_is_over() -> None:
    way = RightOfWay()
    with way.hurry():
        patient = threading.Thread(target=way.give, args=(0.01,))
        patient.start()
        patient.join(20)
        assert not patient.is_alive()
        thread = given_by_another(way)
        way.close()
        thread.join(20)
        assert not thread.is_alive()
