"""Not too fast: how often a server is asked, by all threads together, and rests that it asks for."""

from __future__ import annotations

import threading
import time


class Pace:
    """Thread-safe. per_minute: the most questions; None for as many as come."""

    def __init__(self, per_minute: float | None = None) -> None:
        self._interval_s = 60.0 / per_minute if per_minute else 0.0
        self._next_s = 0.0
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def wait(self) -> bool:
        """Wait for a turn; return False where everything has ended meanwhile."""
        with self._lock:
            now_s = time.monotonic()
            start_s = max(now_s, self._next_s)
            self._next_s = start_s + self._interval_s
        return not self._ended.wait(start_s - now_s) if start_s > now_s else not self._ended.is_set()

    def rest(self, seconds: float) -> None:
        """Give nobody a turn for so long."""
        with self._lock:
            self._next_s = max(self._next_s, time.monotonic() + seconds)

    def sleep(self, seconds: float) -> None:
        """Sleep, unless everything ends."""
        self._ended.wait(seconds)

    def end(self) -> None:
        """Wake everybody: nothing more is asked."""
        self._ended.set()
