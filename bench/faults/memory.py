"""The largest memory that a process and its children hold together while something goes on."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

_LOOK_S = 0.005
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class MemoryWatch:
    """A context manager; looks every 5 ms. pid: the process, this one where None.

    peak_bytes: the largest sum of resident memory. grown_bytes: that above what it was at the beginning.
    """

    def __init__(self, pid: int | None = None) -> None:
        self._pid = pid or os.getpid()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.before_bytes = self.peak_bytes = held_bytes(self._pid)

    @property
    def grown_bytes(self) -> int:
        """How much more than at the beginning was held at the highest."""
        return self.peak_bytes - self.before_bytes

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self.peak_bytes = max(self.peak_bytes, held_bytes(self._pid))

    def _watch(self) -> None:
        while not self._done.wait(_LOOK_S):
            self.peak_bytes = max(self.peak_bytes, held_bytes(self._pid))


def held_bytes(pid: int) -> int:
    """Return the resident memory of a process and of all below it."""
    tasks = Path(f"/proc/{pid}/task")
    if not tasks.is_dir():
        return _held_elsewhere(pid)
    size, resident = _sizes(pid)
    total = _PAGE_BYTES * resident
    with suppress(OSError):
        for task in tasks.iterdir():
            with suppress(OSError):
                for child in map(int, (task / "children").read_text("ascii").split()):
                    # One that was forked and has not begun yet lives in its parent's memory.
                    if _sizes(child)[0] != size:
                        total += held_bytes(child)
    return total


def _sizes(pid: int) -> tuple[int, int]:
    """Return a process's pages, and those of them that are resident."""
    with suppress(OSError, IndexError):
        size, resident = map(int, Path(f"/proc/{pid}/statm").read_text("ascii").split()[:2])
        return size, resident
    return 0, 0


def _held_elsewhere(pid: int) -> int:
    total = 0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                total += each.memory_info().rss
    return total
