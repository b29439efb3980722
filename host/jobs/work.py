"""One computation, for all the pages that wait for it: identical pages in flight are computed once.

Two pages are known to be identical when their encoded bytes and recipes are, or, once decoded, when their result's
key is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engines.registry import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host.corrections import Corrections
    from host.jobs.chapter_job import ChapterJob, JobPage, Waiting
    from host.jobs.recipe import JobRecipe
    from host.pipeline.finished import ColouredPage
    from host.pipeline.prepared import PreparedPage
    from host.store.results import StoredResult

    Identity = tuple[str, str, Corrections]

LARGE_PIXELS: Final = 8_000_000
"""Beyond this a page takes so much memory that nothing is begun beside it."""


@dataclass(slots=True, eq=False)
class Work:
    """A page on its way. `prepared` and `coloured` are what the next step needs; both go with the computation's end.

    corrections: the page's own. step: the engine's step and how many it takes, None before the first. large: its pixels
    take so much memory that no further page is begun beside it.
    looks: who prepares it makes a first sight of it. earlier: what is kept of it, by other rules of reading: told where
    these say the same.
    """

    sha256: str
    recipe: JobRecipe
    waiting: list[Waiting]
    corrections: Corrections
    key: str | None = None
    step: tuple[int, int] | None = None
    large: bool = False
    looks: bool = False
    earlier: StoredResult | None = field(default=None, repr=False)
    prepared: PreparedPage | None = field(default=None, repr=False)
    coloured: ColouredPage | None = field(default=None, repr=False)

    @property
    def wanted(self) -> bool:
        """Whether any page still waits for it."""
        return any(not page.ended for _, page in self.waiting)

    @property
    def is_looked_at(self) -> bool:
        """Whether a reader looks at any page that waits for it."""
        return any(page.visible for _, page in self.waiting if not page.ended)

    @property
    def was_shown(self) -> bool:
        """Whether a first sight was sent to any of those that wait."""
        return any(page.was_shown for _, page in self.waiting)

    def begin_look(self) -> bool:
        """Note that a first sight is made now; False where nobody looks, or one is made already."""
        seen = [page for _, page in self.waiting if page.visible and not page.ended and not page.looked_into]
        for page in seen:
            page.looked_into = True
        return bool(seen)

    @property
    def is_quick(self) -> bool:
        """Whether the embedded engine colours it, which takes about a second."""
        return self.recipe.engine.id == DEFAULT_ENGINE

    @property
    def identity(self) -> Identity:
        """What is known before decoding."""
        return self.sha256, self.recipe.identity, self.corrections


class WorksInFlight:
    """The computations under way. Not thread-safe: the scheduler's lock guards it."""

    def __init__(self) -> None:
        self._by_identity: dict[Identity, Work] = {}
        self._by_key: dict[str, Work] = {}

    def __len__(self) -> int:
        return len(self._by_identity)

    def __iter__(self) -> Iterator[Work]:
        return iter(list(self._by_identity.values()))

    @property
    def has_large(self) -> bool:
        """Whether one of them takes so much memory that nothing is begun beside it."""
        return any(work.large for work in self)

    def of(self, page: JobPage) -> list[Work]:
        """Return those that a page waits for."""
        return [work for work in self if any(page is waiting for _, waiting in work.waiting)]

    def join(self, job: ChapterJob, page: JobPage) -> Work | None:
        """Let a page wait for a computation; return it where it is new and to be begun."""
        work = Work(page.sha256, job.recipe, [(job, page)], page.corrections)
        running = self._by_identity.get(work.identity)
        if running is not None and running.wanted:
            page.key = running.key
            running.waiting.append((job, page))
            return None
        self._by_identity[work.identity] = work
        return work

    def claim(self, work: Work, key: str) -> bool:
        """Note the key of a computation; False where another one has it: then that one serves its pages too."""
        for _, page in work.waiting:
            page.key = key
        other = self._by_key.get(key)
        if other is not None and other is not work and other.wanted:
            other.waiting.extend(work.waiting)
            work.waiting = []
            self.remove(work)
            return False
        if work.key is not None and self._by_key.get(work.key) is work:
            del self._by_key[work.key]  # it became another result on its way
        work.key = key
        self._by_key[key] = work
        return True

    def remove(self, work: Work) -> None:
        """Take out a computation that has ended or that nobody wants."""
        work.prepared = work.coloured = None
        if self._by_identity.get(work.identity) is work:
            del self._by_identity[work.identity]
        if work.key is not None and self._by_key.get(work.key) is work:
            del self._by_key[work.key]
