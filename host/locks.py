"""A lock between processes: one file, locked by the operating system, so that a dead process never holds it.

The file stays open between uses and is never removed, so that taking a free lock costs microseconds. Standard
library only (the filelock package imports asyncio, 0.2 s at start-up).
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":  # pragma: no cover - needs that system
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


_TAKEN: Final = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK})


class ProcessLock:
    """An exclusive lock on a file. Two objects exclude each other, in one process or in two; not reentrant."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self.held = False

    def try_acquire(self) -> bool:
        """Take the lock if it is free; never waits.

        Raises:
            OSError: the file cannot be opened, or its disk knows no locks.
        """
        if self._descriptor < 0:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Not inherited: a child that outlives us would hold our lock.
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            _lock(self._descriptor)
        except OSError as exc:
            if exc.errno in _TAKEN:
                return False
            raise
        self.held = True
        return True

    def release(self) -> None:
        """Give the lock back; does nothing where it is not held."""
        if self.held:
            self.held = False
            _unlock(self._descriptor)

    def close(self) -> None:
        """Give the lock back and close the file."""
        self.release()
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1
