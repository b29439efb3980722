"""Processes that colour pages side by side. One that dies takes no other page with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from host.errors import InternalError
from host.library.colourer import PageColourer, PageResult
from host.logs import start_log
from host.paths import state_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host.pipeline.job import PageJob

WORKER_MIB: Final = 900
"""What a worker with the compact engine takes at the highest, with the page that it has in hand."""
_AHEAD: Final = 2
_WAITING_BYTES_MAX: Final = 256 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A page to be coloured. key: of its result."""

    key: str
    encoded: bytes
    job: PageJob


class Colourers(Protocol):
    """What colours pages for a run: processes here, or a cluster.

    keep_results: results are in the store by the time that they are told, and come without their pictures.
    """

    keep_results: bool

    @property
    def has_room(self) -> bool:
        """Whether another page may be added."""

    @property
    def is_idle(self) -> bool:
        """Whether no page is under way."""

    def add(self, task: Task) -> None:
        """Take a page in."""

    def finished(self) -> Iterator[tuple[Task, PageResult]]:
        """Wait for at least one page to end; yield those that did. Every page ends once."""

    def has_colour(self, encoded: bytes) -> bool:
        """Say whether a picture is read as one in colour."""

    def close(self) -> None:
        """Stop at once."""


def default_workers() -> int:
    """Return how many workers this machine carries: a core and 900 MiB of free memory each."""
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, int(psutil.virtual_memory().available) // (WORKER_MIB << 20)))


class Workers:
    """Processes of this machine. Used by one thread."""

    keep_results = False

    def __init__(self, count: int, locks: Path, *, alone: bool) -> None:
        """Set up; processes start with the first page. alone: one thread each, so that they share the cores."""
        self._count = count
        self._locks = locks
        self._alone = alone
        self._pool = self._open()
        self._tasks: dict[Future[PageResult], Task] = {}
        self._bytes = 0

    @property
    def has_room(self) -> bool:
        """Whether another page may be added: two for each worker, 256 MiB together."""
        return len(self._tasks) < _AHEAD * self._count and (self._bytes < _WAITING_BYTES_MAX or not self._tasks)

    @property
    def is_idle(self) -> bool:
        """Whether no page is under way."""
        return not self._tasks

    def add(self, task: Task) -> None:
        """Take a page in."""
        self._bytes += len(task.encoded)
        try:
            future = self._pool.submit(_colour, task.encoded, task.job)
        except BrokenExecutor as exc:
            future = Future()
            future.set_exception(exc)
        self._tasks[future] = task

    def finished(self) -> Iterator[tuple[Task, PageResult]]:
        """Wait for at least one page to end; yield those that did."""
        done, _ = wait(self._tasks, return_when=FIRST_COMPLETED)
        if any(isinstance(future.exception(), BrokenExecutor) for future in done):
            yield from self._one_by_one()
            return
        for future in done:
            task = self._tasks.pop(future)
            self._bytes -= len(task.encoded)
            yield task, _result_of(future)

    def has_colour(self, encoded: bytes) -> bool:
        """Say whether a picture is read as one in colour; one that ends its worker is not."""
        try:
            return self._pool.submit(_has_colour, encoded).result()
        except BrokenExecutor:
            return False

    def close(self) -> None:
        """Stop at once; what is under way is dropped."""
        processes = list((self._pool._processes or {}).values())  # noqa: SLF001 - shutdown would wait for their pages
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()
        for process in processes:
            process.join()

    def _one_by_one(self) -> Iterator[tuple[Task, PageResult]]:
        """After a worker died: end each page that was under way, alone, so that only the one at fault fails."""
        tasks = list(self._tasks.items())
        self._tasks, self._bytes = {}, 0
        self.close()
        self._pool = self._open()
        for future, task in tasks:
            if future.done() and future.exception() is None:
                yield task, future.result()
                continue
            alone = self._pool.submit(_colour, task.encoded, task.job)
            wait([alone])
            if isinstance(alone.exception(), BrokenExecutor):
                self.close()
                self._pool = self._open()
            yield task, _result_of(alone)

    def _open(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._count,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(str(self._locks), self._alone),
        )


def _result_of(future: Future[PageResult]) -> PageResult:
    exc = future.exception()
    if exc is None:
        return future.result()
    words = (
        "The process that coloured this page ended."
        if isinstance(exc, BrokenExecutor)
        else f"Its worker failed: {exc}."
    )
    error = InternalError(words, "Memory may have given out: try fewer --workers.")
    return PageResult(verdict="failed", error=error.wire())


# --- in the worker ---------------------------------------------------------------------------------------------------

_made: list[PageColourer] = []


def _begin(locks: str, alone: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers
    threading.Thread(target=_end_with_parent, name="ends", daemon=True).start()
    if alone:
        share_cores()
    start_log(state_paths().log_file)
    _made[:] = [PageColourer(Path(locks))]


def share_cores() -> None:
    """Let this process compute on one core: others beside it have the rest."""
    import cv2

    from engines.onnx_runtime import limit_threads

    cv2.setNumThreads(1)
    limit_threads(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _colour(encoded: bytes, job: PageJob) -> PageResult:
    return _made[0].colour(encoded, job)


def _has_colour(encoded: bytes) -> bool:
    return _made[0].has_colour(encoded)
