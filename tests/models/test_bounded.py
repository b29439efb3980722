"""An answer is read whole, or refused once it is longer or takes longer than was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from models import bounded
from models.bounded import AnswerTooLate, AnswerTooLong, read_bounded

if TYPE_CHECKING:
    from collections.abc import Iterator


class Parts(httpx.SyncByteStream):
    """Four bytes at a time; told: how many parts were asked for."""

    def __init__(self, count: int) -> None:
        self._count, self.told = count, 0

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self._count):
            self.told += 1
            yield b"four"


def test_an_answer_within_its_bounds_is_read_whole() -> None:
    assert read_bounded(httpx.Response(200, stream=Parts(3)), 12, 60.0) == b"four" * 3


def test_one_byte_more_is_too_long_and_no_more_is_read() -> None:
    parts = Parts(1000)
    with pytest.raises(AnswerTooLong):
        read_bounded(httpx.Response(200, stream=parts), 11, 60.0)
    assert parts.told == 3


def test_an_answer_that_still_comes_after_its_time_is_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    parts, clock = Parts(1000), iter((10.0, 10.0, 15.0, 15.1))
    monkeypatch.setattr(bounded.time, "monotonic", lambda: next(clock))
    with pytest.raises(AnswerTooLate):
        read_bounded(httpx.Response(200, stream=parts), 1 << 20, 5.0)
    assert parts.told == 3
