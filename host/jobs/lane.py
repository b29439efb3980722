"""The one accelerator lane of this machine: whoever infers holds it, and only while it infers.

Two locks make it fair. Who wants the lane first takes the turnstile, then waits for the lane, then opens the turnstile
again; so a host that releases the lane and wants it back at once stands behind the one that waits already.
Where no lock can be had (a disk that takes no file, or knows no locks) every process has a lane of its own.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from host.locks import ProcessLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LOG = logging.getLogger(__name__)
_POLL_S: Final = 0.01


class Lane:
    """Thread-safe; one thread at a time in each process has it."""

    def __init__(self, lock_path: Path) -> None:
        self._lane = ProcessLock(lock_path)
        self._turnstile = ProcessLock(lock_path.with_suffix(".next.lock"))
        self._thread = threading.Lock()
        self._alone = False

    @contextmanager
    def hold(self, check: Callable[[], None]) -> Iterator[bool]:
        """Hold the lane; yields whether another process had it meanwhile.

        check: called about every 10 ms while waiting; what it raises (`JobCancelled`) ends the waiting.
        """
        while not self._thread.acquire(timeout=_POLL_S):
            check()
        try:
            waited = self._acquire(self._turnstile, check)
            try:
                waited = self._acquire(self._lane, check) or waited
            finally:
                self._turnstile.release()
            try:
                yield waited
            finally:
                self._lane.release()
        finally:
            self._thread.release()

    def close(self) -> None:
        """Give everything back."""
        self._lane.close()
        self._turnstile.close()

    def _acquire(self, lock: ProcessLock, check: Callable[[], None]) -> bool:
        if self._try(lock):
            return False
        while not self._try(lock):
            check()
            time.sleep(_POLL_S)
        return True

    def _try(self, lock: ProcessLock) -> bool:
        try:
            return lock.try_acquire()
        except OSError as exc:
            if not self._alone:
                _LOG.warning("the lane is not shared with other processes: %s", exc)
            self._alone = True
            return True
