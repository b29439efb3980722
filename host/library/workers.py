"""Processes that colour pages side by side. One that dies takes no other page with it."""

from __future__ import annotations

import os
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from host.errors import InternalError
from host.library.colourer import PageColourer, PageResult
from host.library.pool import ProcessPool
from host.library.pool import share_cores as share_cores
from host.logs import start_log
from host.paths import state_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host.pipeline.job import PageJob

WORKER_MIB: Final = 900
"""What a worker with the compact engine takes at the highest, with the page that it has in hand."""


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


def default_workers(kept_mib: int = 0, at_once_mib: int = 0) -> int:
    """Return how many workers this machine carries: a core and 900 MiB of free memory each.

    kept_mib: what each holds besides, such as small models of words. at_once_mib: what one of them at a time takes, a
    heavy model.
    """
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    room = int(psutil.virtual_memory().available) - (at_once_mib << 20)
    return max(1, min(cores, room // ((WORKER_MIB + kept_mib) << 20)))


class Workers(ProcessPool[Task, PageResult]):
    """Processes of this machine. Used by one thread."""

    keep_results = False

    def __init__(self, count: int, locks: Path, *, alone: bool) -> None:
        """Set up; processes start with the first page. alone: one thread each, so that they share the cores."""
        super().__init__(count, _begin, (str(locks), alone), _colour, _failed)

    def add(self, task: Task) -> None:
        """Take a page in."""
        self.submit(task, len(task.encoded), task.encoded, task.job)

    def has_colour(self, encoded: bytes) -> bool:
        """Say whether a picture is read as one in colour; one that ends its worker is not."""
        try:
            return self.ask(_has_colour, encoded)
        except BrokenExecutor:
            return False


def _failed(exc: BaseException) -> PageResult:
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
    if alone:
        share_cores()
    start_log(state_paths().log_file)
    _made[:] = [PageColourer(Path(locks))]


def _colour(encoded: bytes, job: PageJob) -> PageResult:
    return _made[0].colour(encoded, job)


def _has_colour(encoded: bytes) -> bool:
    return _made[0].has_colour(encoded)
