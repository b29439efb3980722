"""What a server answers, read whole, but no further and no longer than was meant: one that errs may never end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx


class AnswerTooLong(Exception):
    """There are more bytes than were meant."""


class AnswerTooLate(Exception):
    """Bytes still come after the time that was meant."""


def read_bounded(answer: httpx.Response, bytes_max: int, seconds: float) -> bytes:
    """Return the body of an answer that is streamed; seconds: from now on.

    Raises:
        AnswerTooLong, AnswerTooLate. What httpx raises.
    """
    until_s, body = time.monotonic() + seconds, bytearray()
    for part in answer.iter_bytes():
        body += part
        if len(body) > bytes_max:
            raise AnswerTooLong
        if time.monotonic() > until_s:
            raise AnswerTooLate
    return bytes(body)
