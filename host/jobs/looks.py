"""A first sight of what a reader looks at, while the other threads are busy with other pages.

It interrupts nothing: a thread of its own decodes the page a second time and looks, while the others rest at their
next step. Pages that take much memory are left to the one who prepares them.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from engines.malloc_trim import return_free_memory
from host.errors import IrodoriError, JobCancelled
from host.jobs.work import LARGE_PIXELS
from host.supervised import SupervisedThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from host.jobs.chapter_job import ChapterJob, JobPage
    from host.jobs.quick_look import QuickLook
    from host.jobs.scheduler import Scheduler
    from host.pipeline.page import PagePipeline
    from host.store.store import Store

_LOG = logging.getLogger(__name__)


class Looks:
    """`thread` looks at one page after the other once it is started, until the scheduler closes."""

    def __init__(
        self, scheduler: Scheduler, pipeline: Callable[[], PagePipeline], store: Store, quick_look: QuickLook
    ) -> None:
        self._scheduler = scheduler
        self._pipeline = pipeline
        self._store = store
        self._quick_look = quick_look
        self.thread = SupervisedThread(self._loop, "look", stopping=lambda: scheduler.closing)

    def _loop(self) -> None:
        while (sight := self._scheduler.take_look()) is not None:
            try:
                self._look(*sight)
            except Exception as exc:  # noqa: BLE001 - whoever prepares the page will say it
                _LOG.info("nothing is shown of a page yet: %s", exc, exc_info=not isinstance(exc, IrodoriError))
            finally:
                return_free_memory()
            del sight

    def _look(self, job: ChapterJob, page: JobPage) -> None:
        encoded = self._store.spool.read(page.sha256)
        if encoded is None:
            return
        pipeline = self._pipeline()
        if pipeline.size_of(encoded).pixels > LARGE_PIXELS:
            page.looked_into = False
            return
        check = partial(self._check, page)
        with self._scheduler.right_of_way.hurry():
            decoded = pipeline.decode(encoded, check)
            wanted = job.recipe.page_job(page.corrections, check)
            self._quick_look.show([(job, page)], job.recipe.engine.id, decoded, wanted, check)

    def _check(self, page: JobPage) -> None:
        self._scheduler.check_open()
        if page.ended:
            raise JobCancelled("The page has ended.")
