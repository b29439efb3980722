"""The cores that a page may use, and work that one of them does beside other work.

Steps of NumPy and of OpenCV's that run on one thread leave the other cores idle, while a page is waited for. What runs
beside gives the same results in every order: each piece of work writes to places of its own.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from contextvars import copy_context
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

_THREADS_MAX: Final = 4
_limit = _THREADS_MAX


def limit_threads(count: int) -> int:
    """Let a page, and networks that are opened from now on, use at most so many cores; return how many it was before.

    For processes side by side.
    """
    global _limit
    before, _limit = _limit, count
    return before


def thread_count() -> int:
    """Return how many cores to use: those this process may run on, at most 4."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(_limit, usable, _physical_cores() or usable))


class Beside(Generic[T]):
    """Work that another core does from now on, in the context of the caller; a context manager.

    Who leaves it waits until the work has ended or was never begun: nothing goes on unseen.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        context = copy_context()
        self._work: Callable[[], T] = lambda: context.run(work)
        self._future: Future[T] = _pool().submit(self._work) if thread_count() > 1 else Future()

    def result(self) -> T:
        """Return what came of it, or raise what it raised; where nobody has begun it, do it here."""
        if self._future.cancel():
            done: Future[T] = Future()
            done.set_result(self._work())
            self._future = done
        return self._future.result()

    def __enter__(self) -> Beside[T]:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._future.cancel():
            wait([self._future])


def do_each(work: Callable[[T], None], items: Iterable[T]) -> None:
    """Do work for every item on all cores, in no certain order; raise what it raised once none of it runs any more."""
    left, taking, end = iter(items), threading.Lock(), object()

    def go_on() -> None:
        while True:
            with taking:
                item: Any = next(left, end)
            if item is end:
                return
            work(item)

    with ExitStack() as stack:
        others = [stack.enter_context(Beside(go_on)) for _ in range(thread_count() - 1)]
        go_on()
        for other in others:
            other.result()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(thread_count(), thread_name_prefix="beside")


@cache
def _physical_cores() -> int | None:
    try:
        import psutil
    except ImportError:
        return None
    cores: int | None = psutil.cpu_count(logical=False)
    return cores
