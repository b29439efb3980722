"""A scheduler without any thread of the stages: each call by itself, with a real spool and real jobs."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from host.errors import InternalError
from host.jobs.chapter_job import ChapterJob
from host.jobs.scheduler import Scheduler
from host.messaging.messages import Page
from host.store.results import StoredResult
from host.store.spool import Spool
from tests.host.jobs.conftest import Listener, page_bytes, sha256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from host.jobs.work import Work

TROUBLE = InternalError("Something went wrong.")


class Recipe:
    """What a job's pages are coloured by, as far as the scheduler looks at it."""

    def __init__(self, identity: str = "recipe", engine: str = "drawn") -> None:
        self.identity = identity
        self.engine = SimpleNamespace(id=engine)
        self.releases = 0

    def release(self) -> None:
        self.releases += 1


class Stage:
    """A scheduler, what it tells, and jobs of pages whose bytes are there."""

    def __init__(self, folder: Path) -> None:
        self.listener = Listener()
        self.spool = Spool(folder, 1 << 20)
        self.scheduler = Scheduler(self.listener, self.spool)
        self.jobs = 0

    def job(
        self, *numbers: int, recipe: Recipe | None = None, bytes_come: bool = True, visible: tuple[int, ...] = ()
    ) -> ChapterJob:
        self.jobs += 1
        encoded = [page_bytes(number) for number in numbers]
        pages = [
            Page(page_id=f"p{at}", index=at, sha256=sha256(one), visible=at in visible)
            for at, one in enumerate(encoded)
        ]
        job = ChapterJob(f"j{self.jobs}", "S", "1", recipe or Recipe(), pages)  # type: ignore[arg-type]
        self.scheduler.add(job)
        for number in numbers if bytes_come else ():
            self.arrive(number)
        return job

    def arrive(self, number: int) -> None:
        encoded = page_bytes(number)
        self.spool.put(sha256(encoded), encoded)
        self.scheduler.arrived(sha256(encoded))

    def take(self) -> Work:
        work = soon(self.scheduler.take)
        assert work is not None
        return work

    def names(self) -> list[str]:
        return [type(message).__name__ for message in self.listener.messages]


def soon(call: Callable[[], Any]) -> Any:
    """Return what a call that waits gives; it must not wait for long."""
    given: list[Any] = []
    thread = threading.Thread(target=lambda: given.append(call()), daemon=True)
    thread.start()
    thread.join(20)
    assert given, "it still waits"
    return given[0]


def waits(stage: Stage, call: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Begin a call that has to wait, and return its thread with what it will give."""
    given: list[Any] = []
    thread = threading.Thread(target=lambda: given.append(call()), daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not stage.scheduler._changed._waiters and time.monotonic() < until:  # type: ignore[attr-defined]
        time.sleep(0.001)
    assert not given
    return thread, given


def result(skip_reason: Any = None) -> StoredResult:
    from engines.geometry import Size

    return StoredResult(image=b"png", mime="image/png", size=Size(3, 2), runmeta={}, skip_reason=skip_reason)


def states(job: ChapterJob) -> list[str]:
    return [page.state.value for page in job.pages.values()]
