"""Which page is next. Pure: no threads, no clock.

Within a job: first the pages that were asked for by name, in that order; then the visible ones; then reading order.
Jobs take turns, those with pages that somebody looks at before the others; where somebody has just looked, the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_UNSEEN: Final = 2  # the rank of pages that nobody looks at


@dataclass(frozen=True, slots=True)
class QueuedPage:
    """A page that can be worked on."""

    job_id: str
    page_id: str
    index: int
    visible: bool = False


@dataclass(slots=True)
class _JobQueue:
    pages: dict[str, QueuedPage] = field(default_factory=dict)
    wanted: dict[str, int] = field(default_factory=dict)
    last_turn: int = 0

    def rank(self, page: QueuedPage) -> tuple[int, int, int, str]:
        if page.page_id in self.wanted:
            return 0, self.wanted[page.page_id], page.index, page.page_id
        return (1 if page.visible else _UNSEEN), 0, page.index, page.page_id

    def first(self) -> QueuedPage:
        return min(self.pages.values(), key=self.rank)

    def is_looked_at(self) -> bool:
        return self.rank(self.first())[0] < _UNSEEN


class PageQueue:
    """The pages of all jobs that can be worked on."""

    def __init__(self) -> None:
        self._jobs: dict[str, _JobQueue] = {}
        self._turn = 0
        self._calls = 0

    def __len__(self) -> int:
        return sum(len(job.pages) for job in self._jobs.values())

    def add(self, page: QueuedPage) -> None:
        """Queue a page; one that is queued already keeps its place."""
        self._jobs.setdefault(page.job_id, _JobQueue()).pages.setdefault(page.page_id, page)

    def remove(self, job_id: str, page_id: str) -> None:
        """Take a page out, if it is there."""
        if job_id in self._jobs:
            self._jobs[job_id].pages.pop(page_id, None)

    def prioritize(self, job_id: str, page_ids: list[str]) -> None:
        """Put these pages first, in this order, before those that an earlier call named; their job has the next turn.

        Pages that are not queued yet take their place when they come.
        """
        job = self._jobs.setdefault(job_id, _JobQueue())
        self._calls += 1
        job.last_turn = -self._calls
        named = dict.fromkeys(page_ids)
        earlier = sorted(job.wanted, key=job.wanted.__getitem__)
        order = [*named, *(page_id for page_id in earlier if page_id not in named)]
        job.wanted = {page_id: place for place, page_id in enumerate(order)}

    def pop(self) -> QueuedPage | None:
        """Take out the next page; None where nothing is queued."""
        waiting = [job for job in self._jobs.values() if job.pages]
        if not waiting:
            return None
        job = min(waiting, key=lambda one: (not one.is_looked_at(), one.last_turn))
        page = job.first()
        del job.pages[page.page_id]
        self._turn += 1
        job.last_turn = self._turn
        return page

    @property
    def is_looked_at(self) -> bool:
        """Whether somebody looks at the page that is next."""
        return any(job.is_looked_at() for job in self._jobs.values() if job.pages)

    def forget(self, job_id: str) -> None:
        """Drop all that is known of a job."""
        self._jobs.pop(job_id, None)
