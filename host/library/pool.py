"""Processes that do one kind of work side by side. One that dies takes no other piece of work with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from multiprocessing.connection import wait as wait_for
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from engines.malloc_trim import keep_one_small_heap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_AHEAD: Final = 2
_ONE_THREAD: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_WAITING_BYTES_MAX: Final = 256 << 20

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")


class ProcessPool(Generic[T, R]):
    """Processes of this machine. Used by one thread."""

    def __init__(
        self,
        count: int,
        begin: Callable[..., None],
        given: tuple[Any, ...],
        call: Callable[..., R],
        failed: Callable[[BaseException], R],
    ) -> None:
        """Set up; processes start with the first piece of work.

        begin: called with `given` in each process before its first work. call: does it. failed: what comes of a piece
        whose process died (`BrokenExecutor`) or that raised.
        """
        self._count, self._begin, self._given, self._call, self._failed = count, begin, given, call, failed
        self._pool: ProcessPoolExecutor | None = None
        self._tasks: dict[Future[R], tuple[T, int, tuple[Any, ...]]] = {}
        self._bytes = 0

    @property
    def has_room(self) -> bool:
        """Whether another piece may be added: two for each process, 256 MiB together."""
        return len(self._tasks) < _AHEAD * self._count and (self._bytes < _WAITING_BYTES_MAX or not self._tasks)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._tasks

    def submit(self, task: T, size: int, *arguments: Any) -> None:
        """Take a piece of work in. size: its bytes. arguments: of `call`."""
        self._bytes += size
        try:
            future = self._opened().submit(self._call, *arguments)
        except BrokenExecutor as exc:
            future = Future()
            future.set_exception(exc)
        self._tasks[future] = (task, size, arguments)

    def finished(self) -> Iterator[tuple[T, R]]:
        """Wait for at least one piece to end; yield those that did."""
        done, _ = wait(self._tasks, return_when=FIRST_COMPLETED)
        if any(isinstance(future.exception(), BrokenExecutor) for future in done):
            yield from self._one_by_one()
            return
        for future in done:
            task, size, _ = self._tasks.pop(future)
            self._bytes -= size
            yield task, self._result_of(future)

    def ask(self, question: Callable[..., S], *arguments: Any) -> S:
        """Return what a function gives in one of the processes.

        Raises:
            BrokenExecutor: the process died.
        """
        return self._opened().submit(question, *arguments).result()

    def close(self) -> None:
        """Stop at once; what is under way is dropped."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        processes = list((pool._processes or {}).values())  # noqa: SLF001 - shutdown would wait for their work
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()
        for process in processes:
            process.join()

    def _one_by_one(self) -> Iterator[tuple[T, R]]:
        """After a process died: end each piece that was under way, alone, so that only the one at fault fails."""
        tasks = list(self._tasks.items())
        self._tasks, self._bytes = {}, 0
        self.close()
        for future, (task, _, arguments) in tasks:
            if future.done() and future.exception() is None:
                yield task, future.result()
                continue
            alone = self._opened().submit(self._call, *arguments)
            wait([alone])
            if isinstance(alone.exception(), BrokenExecutor):
                self.close()
            yield task, self._result_of(alone)

    def _result_of(self, future: Future[R]) -> R:
        exc = future.exception()
        return future.result() if exc is None else self._failed(exc)

    def _opened(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._count,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_start,
                initargs=(self._begin, self._given),
            )
        return self._pool


def _start(begin: Callable[..., None], given: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers
    threading.Thread(target=_end_with_parent, name="ends", daemon=True).start()
    keep_one_small_heap()
    begin(*given)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def share_cores() -> None:
    """Let this process compute on one core: others beside it have the rest.

    A sum is rounded otherwise where several threads share it, so this decides bytes, too. Called before NumPy is
    loaded, whose library of linear algebra asks the environment once.
    """
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    import cv2

    from engines.cores import limit_threads

    cv2.setNumThreads(1)
    limit_threads(1)
