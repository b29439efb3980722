"""A chapter job and its pages: one state machine, in which every page ends exactly once.

    needed ──► queued ──► running ──► done | skipped | failed
       │          │          │
       └──────────┴──────────┴──────► cancelled

A page whose result is in the cache goes from `queued` to its end without running.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from host.corrections import corrections_of
from host.jobs.progress import Pace, PageProgress
from host.messaging.messages import JobDone, JobStatus, PageCounts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from host.corrections import Corrections
    from host.jobs.recipe import JobRecipe
    from host.messaging.messages import Page
    from host.vocabulary import JobState


class PageState(Enum):
    """Where a page of a job stands; `needed` waits for its bytes."""

    NEEDED = "needed"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDS: Final = frozenset({PageState.DONE, PageState.SKIPPED, PageState.FAILED, PageState.CANCELLED})


@dataclass(slots=True, eq=False)
class JobPage:
    """A page of a job. `key` is its result's, once known.

    looked_into: somebody makes a first sight of it, or has made one. was_shown: that was sent.
    """

    page_id: str
    index: int
    sha256: str
    visible: bool
    corrections: Corrections
    state: PageState = PageState.NEEDED
    key: str | None = None
    progress: PageProgress = field(default_factory=PageProgress)
    looked_into: bool = False
    was_shown: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to the page."""
        return self.state in ENDS


class ChapterJob:
    """Pages to be coloured by one recipe. Not thread-safe: the scheduler's lock guards it."""

    def __init__(self, job_id: str, series: str, chapter: str, recipe: JobRecipe, pages: Iterable[Page]) -> None:
        self.job_id = job_id
        self.series = series
        self.chapter = chapter
        self.recipe = recipe
        self.pages = {page.page_id: _job_page(page) for page in pages}
        self.pace = Pace()
        self.cancelled = False
        self._open = len(self.pages)
        self._untold = 0
        self._over = False
        self._started_s = time.monotonic()

    @property
    def about(self) -> tuple[str, str]:
        """The series and the chapter: what the pages' indexes count in."""
        return self.series, self.chapter

    @property
    def ended(self) -> bool:
        """Whether every page has ended."""
        return self._open == 0

    def end(self, page: JobPage, state: PageState) -> bool:
        """Bring a page to its end, the one way into a final state; False where it has ended before.

        After True the caller tells the extension, and then calls `end_told`.
        """
        if page.ended:
            return False
        page.state = state
        self._open -= 1
        self._untold += 1
        return True

    def end_told(self) -> JobDone | None:
        """Note that an end has been told; return the job's own end with the last one, once."""
        self._untold -= 1
        return self.take_end()

    def take_end(self) -> JobDone | None:
        """Return the job's end once all its pages' ends have been told; None before, and None ever after."""
        if self._over or self._open or self._untold:
            return None
        self._over = True
        counts = self.counts()
        return JobDone(
            job_id=self.job_id,
            done=counts.done,
            skipped=counts.skipped,
            failed=counts.failed,
            cancelled=counts.cancelled,
            duration_ms=round((time.monotonic() - self._started_s) * 1000),
        )

    def counts(self) -> PageCounts:
        """Return how many pages stand where."""
        totals = dict.fromkeys(("queued", "running", "done", "skipped", "failed", "cancelled"), 0)
        for page in self.pages.values():
            totals["queued" if page.state is PageState.NEEDED else page.state.value] += 1
        return PageCounts(**totals)

    def status(self) -> JobStatus:
        """Return the job's line of `job.status`."""
        state: JobState = "running"
        if self.ended:
            state = "cancelled" if self.cancelled else "done"
        return JobStatus(job_id=self.job_id, state=state, pages=self.counts())

    def eta_s(self, now_s: float) -> float | None:
        """Return how long the open pages take at the job's pace; None while that is unknown."""
        return self.pace.eta_s(self._open, now_s)

    def in_reading_order(self) -> list[JobPage]:
        """Return the pages by their place in the chapter."""
        return sorted(self.pages.values(), key=lambda page: (page.index, page.page_id))


Waiting = tuple[ChapterJob, JobPage]
"""A page, and the job that waits for it."""


def _job_page(page: Page) -> JobPage:
    return JobPage(page.page_id, page.index, page.sha256, page.visible, corrections_of(page))
