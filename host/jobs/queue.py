"""Which page is next. Pure: no threads, no clock.

Within a chapter, whatever jobs its pages are of: first the pages that were asked for by name, in that order; then those
in view; then those that follow the place where the reader is, the nearest first; then those before it.
Chapters take turns: those that somebody looks at before the others, and first where somebody has just looked. Of the
others, one that was preferred goes before those that were not, or earlier.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_UNSEEN: Final = 2  # the rank of pages that nobody looks at


@dataclass(frozen=True, slots=True)
class QueuedPage:
    """A page that can be worked on. chapter: what its `index` counts in, for all jobs of that chapter."""

    job_id: str
    page_id: str
    index: int
    visible: bool = False
    chapter: tuple[str, str] = ("", "")


@dataclass(slots=True)
class _Chapter:
    """place: the index of the page that is looked at, as far as was told. in_view: of those not named.

    preferred: the larger, the later it was preferred to the others.
    """

    pages: dict[tuple[str, str], QueuedPage] = field(default_factory=dict)
    named: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    in_view: set[tuple[str, str]] = field(default_factory=set)
    place: int = -1
    last_turn: int = 0
    preferred: int = 0
    jobs: set[str] = field(default_factory=set)

    def rank(self, page: QueuedPage) -> tuple[int, int, int, str, str]:
        key = page.job_id, page.page_id
        if key in self.named:
            return 0, *self.named[key], *key
        if key in self.in_view:
            return 1, 0, page.index, *key
        return _UNSEEN, page.index < self.place, abs(page.index - self.place), *key

    def first(self) -> QueuedPage:
        return min(self.pages.values(), key=self.rank)

    def is_looked_at(self) -> bool:
        return self.rank(self.first())[0] < _UNSEEN


class PageQueue:
    """The pages of all jobs that can be worked on."""

    def __init__(self) -> None:
        self._chapters: dict[tuple[str, str], _Chapter] = {}
        self._turn = 0
        self._calls = 0

    def __len__(self) -> int:
        return sum(len(chapter.pages) for chapter in self._chapters.values())

    def add(self, page: QueuedPage) -> None:
        """Queue a page; one that is queued already keeps its place."""
        chapter = self._chapter_of(page.job_id, page.chapter)
        key = page.job_id, page.page_id
        if chapter.pages.setdefault(key, page) is page and page.visible:
            chapter.in_view.add(key)
            chapter.place = max(chapter.place, page.index)

    def remove(self, job_id: str, page_id: str) -> None:
        """Take a page out, if it is there."""
        for chapter in self._chapters.values():
            chapter.pages.pop((job_id, page_id), None)

    def prioritize(
        self, job_id: str, page_ids: list[str], chapter: tuple[str, str] = ("", ""), place: int | None = None
    ) -> bool:
        """Put these pages first, in this order, before those that an earlier call named; their chapter is next.

        `place` tells where the reader is, as a page's index; where it is another one than before, nothing else of the
        chapter is in view any more, or asked for by name, and True is returned. Pages that are not queued yet take
        their place when they come.
        """
        this = self._chapter_of(job_id, chapter)
        has_moved = place is not None and place != this.place
        if place is not None and has_moved:
            this.place = place
            this.named.clear()
            this.in_view.clear()
        self._calls += 1
        this.last_turn = -self._calls
        for at, page_id in enumerate(dict.fromkeys(page_ids)):
            this.named[job_id, page_id] = -self._calls, at
        return has_moved

    def prefer(self, job_id: str, chapter: tuple[str, str] = ("", "")) -> None:
        """Put a chapter before all others that nobody looks at, until another is preferred."""
        self._calls += 1
        self._chapter_of(job_id, chapter).preferred = self._calls

    def pop(self) -> QueuedPage | None:
        """Take out the next page; None where nothing is queued."""
        waiting = [chapter for chapter in self._chapters.values() if chapter.pages]
        if not waiting:
            return None
        chapter = min(waiting, key=lambda one: (not one.is_looked_at(), -one.preferred, one.last_turn))
        page = chapter.first()
        del chapter.pages[page.job_id, page.page_id]
        self._turn += 1
        chapter.last_turn = self._turn
        return page

    @property
    def is_looked_at(self) -> bool:
        """Whether somebody looks at the page that is next."""
        return any(chapter.is_looked_at() for chapter in self._chapters.values() if chapter.pages)

    def forget(self, job_id: str) -> None:
        """Drop all that is known of a job."""
        for about, chapter in list(self._chapters.items()):
            chapter.jobs.discard(job_id)
            if not chapter.jobs:
                del self._chapters[about]
                continue
            for key in [key for key in (*chapter.pages, *chapter.named, *chapter.in_view) if key[0] == job_id]:
                chapter.pages.pop(key, None)
                chapter.named.pop(key, None)
                chapter.in_view.discard(key)

    def _chapter_of(self, job_id: str, about: tuple[str, str]) -> _Chapter:
        chapter = self._chapters.setdefault(about, _Chapter())
        chapter.jobs.add(job_id)
        return chapter
