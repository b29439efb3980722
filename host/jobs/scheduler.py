"""Who does what next: the state of all jobs under one lock, and when the extension hears of it.

The threads of `stages` ask here for work (`take_…` wait) and report what became of it; requests come from `board`.
Notifications are sent without the lock, because they wait for a slow reader; an end is always noted first, so that
nothing is told of a page after its end. Lock order: `_telling`, then `_changed`.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Final

from host.errors import JobCancelled, NotFound
from host.jobs.announcements import page_done, page_failed, page_preview, page_progress, page_skipped
from host.jobs.chapter_job import PageState
from host.jobs.queue import PageQueue, QueuedPage
from host.jobs.right_of_way import RightOfWay
from host.jobs.sights import Sights
from host.jobs.wanted_bytes import WantedBytes
from host.jobs.work import Work, WorksInFlight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from host.errors import IrodoriError
    from host.jobs.chapter_job import ChapterJob, JobPage, Waiting
    from host.messaging.messages import Message
    from host.pipeline.finished import ColouredPage
    from host.pipeline.job import Tick
    from host.pipeline.prepared import PreparedPage
    from host.store.results import StoredResult
    from host.store.spool import Spool
    from host.vocabulary import Stage

LOOK_AHEAD: Final = 2
"""Pages that are prepared while the lane is held."""
_LOOK_AHEAD_QUICK: Final = 1  # the embedded engine is done before a second one is wanted, and its layers take memory
_ENDED_JOBS_KEPT: Final = 64


class Scheduler:
    """Thread-safe. `notify` may wait for a slow reader, except on the thread that brings requests.

    Attributes:
        right_of_way: who has it goes before all that `check`.
    """

    def __init__(self, notify: Callable[[Message], None], spool: Spool) -> None:
        self._notify = notify
        self._changed = threading.Condition()
        self._telling = threading.Lock()
        self._jobs: OrderedDict[str, ChapterJob] = OrderedDict()
        self._queue = PageQueue()
        self._sights = Sights()
        self.right_of_way = RightOfWay()
        self._is_preparing = False
        self._works = WorksInFlight()
        self._wanted_bytes = WantedBytes(spool)
        self._open_pages = 0
        self._ahead: set[Work] = set()
        self._prepared: deque[Work] = deque()
        self._coloured: deque[Work] = deque()
        self._closing = False

    # --- requests ------------------------------------------------------------------------------------------------

    def add(self, job: ChapterJob) -> None:
        """Take in a job; its pages are `needed` until `arrived`."""
        with self._changed:
            self._jobs[job.job_id] = job
            self._open_pages += len(job.pages)
            self._wanted_bytes.want(job.pages.values())
            self._sights.see(job, [page for page in job.in_reading_order() if page.visible])
            self._forget_old_jobs()

    def job(self, job_id: str) -> ChapterJob:
        """Return a job.

        Raises:
            NotFound: there is none of this id, or it ended long ago.
        """
        with self._changed:
            if job_id not in self._jobs:
                raise NotFound(
                    "There is no such job.", "Start the chapter again.", job_id=job_id[:128], told=("chapter_gone",)
                )
            return self._jobs[job_id]

    def jobs(self) -> list[ChapterJob]:
        """Return all jobs that are known."""
        with self._changed:
            return list(self._jobs.values())

    def arrived(self, sha256: str) -> None:
        """Queue every page that needs these bytes, now in the spool; where there is none, drop them."""
        with self._changed:
            self._wanted_bytes.drop_unwanted(sha256)
            for job in self._jobs.values():
                for page in () if job.ended else job.pages.values():
                    if page.sha256 == sha256 and page.state is PageState.NEEDED:
                        page.state = PageState.QUEUED
                        self._queue.add(QueuedPage(job.job_id, page.page_id, page.index, page.visible, job.about))
            self._changed.notify_all()

    def prioritize(
        self, job: ChapterJob, page_ids: list[str], place: int | None = None, *, first: bool = False
    ) -> None:
        """Put these pages first; somebody looks at them, at this place of the chapter.

        first: prefer the chapter to others besides.
        """
        with self._changed:
            if not job.ended:
                if first:
                    self._queue.prefer(job.job_id, job.about)
                if self._queue.prioritize(job.job_id, page_ids, job.about, place):
                    self._look_away(job.about)
                seen = [job.pages[page_id] for page_id in page_ids if page_id in job.pages]
                for page in seen:
                    page.visible = True
                self._sights.see(job, seen)
                self._changed.notify_all()

    def cancel(self, job: ChapterJob, page_ids: Iterable[str] | None) -> list[str]:
        """End the pages (None: all) that have not ended as cancelled, and return them; at once, wherever they are."""
        with self._changed:
            wanted = job.pages.values() if page_ids is None else [job.pages[page_id] for page_id in page_ids]
            cancelled = [page for page in wanted if self._end(job, page, PageState.CANCELLED)]
            job.cancelled = job.cancelled or (page_ids is None and bool(cancelled))
            for work in self._works:
                if not work.wanted:
                    self._drop(work)
            self._changed.notify_all()
        # Who is just telling progress of one of these pages has told it before anybody hears of the cancel.
        with self._telling:
            pass
        for _ in cancelled:
            self._told(job)
        return [page.page_id for page in cancelled]

    @property
    def closing(self) -> bool:
        """Whether `close` was called."""
        return self._closing

    def depth(self) -> tuple[bool, int]:
        """Return whether anything is under way, and how many pages have not ended; never waits for a lock."""
        return len(self._works) > 0, self._open_pages

    def close(self) -> None:
        """Let every thread stop at its next step."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self.right_of_way.close()

    # --- work ----------------------------------------------------------------------------------------------------

    def take(self) -> Work | None:
        """Wait for a page that can be prepared, some ahead of the lane and none beside a large one.

        None when closing.
        """
        with self._changed:
            self._is_preparing = False
            while not self._closing:
                queued = self._queue.pop() if self._may_begin() else None
                if queued is None:
                    self._changed.wait()
                    continue
                job = self._jobs[queued.job_id]
                page = job.pages[queued.page_id]
                page.state = PageState.RUNNING
                job.pace.began(time.monotonic())
                work = self._works.join(job, page)
                if work is not None:
                    self._ahead.add(work)
                    work.looks = work.begin_look()
                    self._is_preparing = True
                    self._changed.notify_all()
                    return work
            return None

    def _may_begin(self) -> bool:
        if self._works.has_large:
            return False
        if all(work.is_quick for work in self._works):
            return len(self._ahead) < _LOOK_AHEAD_QUICK
        # What somebody looks at is ready for the lane whatever stands before it: a page there may take minutes.
        is_urgent = self._queue.is_looked_at and not any(work.is_looked_at for work in self._ahead)
        return len(self._ahead) < LOOK_AHEAD + is_urgent

    def take_look(self) -> Waiting | None:
        """Wait for a page to make a first sight of: somebody looks at it, and nobody prepares it; None when closing."""
        with self._changed:
            while not self._closing:
                if self._may_look() and (sight := self._sights.take(self._is_unshown)) is not None:
                    return sight
                self._changed.wait()
            return None

    def may_look(self, work: Work) -> bool:
        """Whether who prepares a page makes a first sight of it: somebody looks at it, and nobody else makes one."""
        with self._changed:
            return work.looks or work.begin_look()

    def _may_look(self) -> bool:
        return (self._is_preparing or not self._may_begin()) and not self._works.has_large

    def _is_unshown(self, page: JobPage) -> bool:
        if page.state is not PageState.RUNNING:
            return page.state is PageState.QUEUED
        # What the engine has coloured is done in a moment.
        return any(work.coloured is None for work in self._works.of(page))

    def claim(self, work: Work, key: str) -> bool:
        """Note a result's key; False where the same result is under way already, which then serves these pages too."""
        with self._changed:
            claimed = self._works.claim(work, key)
            if not claimed:
                self._drop(work)
            return claimed

    def hand_to_lane(self, work: Work, prepared: PreparedPage) -> None:
        """Queue a prepared page for the engine."""
        with self._changed:
            if work.wanted and not self._closing:
                work.prepared = prepared
                self._prepared.append(work)
                self._changed.notify_all()

    def take_prepared(self, timeout_s: float) -> Work | None:
        """Wait for a page that the engine can colour; None when closing or after the time."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._prepared, timeout_s)
            if self._closing or not self._prepared:
                return None
            work = next((one for one in self._prepared if one.is_looked_at), self._prepared[0])
            self._prepared.remove(work)
            self._ahead.discard(work)
            self._changed.notify_all()
            return work

    def hand_to_finish(self, work: Work, coloured: ColouredPage) -> None:
        """Queue a coloured page; waits while another one is still to be finished, so that few stand in memory."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing or not self._coloured)
            if work.wanted and not self._closing:
                work.coloured = coloured
                self._coloured.append(work)
                self._changed.notify_all()

    def take_coloured(self) -> Work | None:
        """Wait for a page that can be finished; None when closing."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._coloured)
            if self._closing:
                return None
            work = self._coloured.popleft()
            self._changed.notify_all()
            return work

    def check(self, work: Work) -> None:
        """Go on only if somebody waits for it, and after those who have the right of way.

        Raises:
            JobCancelled: nobody does, or the host is closing.
        """
        self.right_of_way.give()
        self.check_open()
        if not work.wanted:
            raise JobCancelled("The page was cancelled.")

    def check_open(self) -> None:
        """Go on only if the host stays.

        Raises:
            JobCancelled: it is closing.
        """
        if self._closing:
            raise JobCancelled("The host is closing.")

    def tick(self, work: Work) -> Tick:
        """Return what the pipeline calls with its progress; it raises `JobCancelled` when nobody waits any more."""

        def tick(stage: Stage, fraction: float) -> None:
            self.check(work)
            now_s = time.monotonic()
            for job, page in tuple(work.waiting):
                with self._telling:
                    if not page.ended and page.progress.advance(stage, fraction, now_s):
                        self._notify(page_progress(job, page, stage, work.step, now_s))

        return tick

    def preview(self, waiting: Iterable[Waiting], image: bytes, mime: str) -> None:
        """Send an early picture to all that wait for it."""
        for job, page in tuple(waiting):
            with self._telling:
                if not page.ended:
                    self._notify(page_preview(job, page, image, mime))

    # --- ends ----------------------------------------------------------------------------------------------------

    def deliver(self, work: Work, result: StoredResult, *, cached: bool) -> None:
        """Give the result of a computation to all that wait for it."""
        for waiting in self._finish(work):
            self.deliver_page(waiting, result, cached=cached)

    def fail(self, work: Work, error: IrodoriError) -> None:
        """Fail all that wait for a computation."""
        for waiting in self._finish(work):
            self.fail_page(waiting, error)

    def fail_all(self, error: IrodoriError) -> None:
        """Fail every page that has not ended, whether it is under way, waits, or its bytes have not come yet."""
        with self._changed:
            open_pages = [(job, page) for job in self._jobs.values() for page in job.pages.values() if not page.ended]
        for waiting in open_pages:
            self.fail_page(waiting, error)
        with self._changed:
            for work in self._works:
                self._drop(work)
            self._changed.notify_all()

    def abandon(self, work: Work) -> None:
        """Forget a computation that was stopped because nobody waits for it."""
        with self._changed:
            self._drop(work)
            self._changed.notify_all()

    def deliver_page(self, waiting: Waiting, result: StoredResult, *, cached: bool) -> None:
        """End one page as done, or as skipped where the result is a verdict."""
        job, page = waiting
        reason = result.skip_reason
        if reason is not None:
            self._settle(waiting, PageState.SKIPPED, lambda: page_skipped(job, page, reason))
        else:
            self._settle(waiting, PageState.DONE, lambda: page_done(job, page, result, cached=cached))

    def fail_page(self, waiting: Waiting, error: IrodoriError) -> None:
        """End one page as failed."""
        job, page = waiting
        self._settle(waiting, PageState.FAILED, lambda: page_failed(job, page, error))

    def announce(self, job: ChapterJob) -> None:
        """Tell a job's end if it has no page that could tell it."""
        with self._changed:
            over = job.take_end()
        if over is not None:
            self._notify(over)

    # --- inside --------------------------------------------------------------------------------------------------

    def _look_away(self, chapter: tuple[str, str]) -> None:
        self._sights.leave(chapter)
        for job in self._jobs.values():
            for page in job.pages.values() if job.about == chapter else ():
                page.visible = False

    def _finish(self, work: Work) -> list[Waiting]:
        with self._changed:
            self._drop(work)
            now_s = time.monotonic()
            for job in {job.job_id: job for job, page in work.waiting if not page.ended}.values():
                job.pace.finished(now_s)
            self._changed.notify_all()
            return work.waiting

    def _drop(self, work: Work) -> None:
        self._works.remove(work)
        self._ahead.discard(work)
        for line in (self._prepared, self._coloured):
            if work in line:
                line.remove(work)

    def _settle(self, waiting: Waiting, state: PageState, message: Callable[[], Message]) -> None:
        job, page = waiting
        with self._changed:
            if self._closing or not self._end(job, page, state):
                return
        with self._telling:
            pass  # a first sight of it may be on its way, by another thread
        self._notify(message())
        self._told(job)

    def _end(self, job: ChapterJob, page: JobPage, state: PageState) -> bool:
        if not job.end(page, state):
            return False
        self._open_pages -= 1
        self._queue.remove(job.job_id, page.page_id)
        self._wanted_bytes.ended(page)
        if job.ended:
            self._queue.forget(job.job_id)
            job.recipe.release()
        return True

    def _told(self, job: ChapterJob) -> None:
        with self._changed:
            over = job.end_told()
        if over is not None:
            self._notify(over)

    def _forget_old_jobs(self) -> None:
        ended = [job_id for job_id, job in self._jobs.items() if job.ended]
        for job_id in ended[:-_ENDED_JOBS_KEPT]:
            del self._jobs[job_id]
