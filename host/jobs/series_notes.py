"""What is noted of a series' pages once they are told: the history, and who is on them.

A result may have been made for another series, whose name the reader has changed since, or by a job that two series
wait for: its page belongs to every series that it was told to.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from host.jobs.chapter_job import PageState
from host.store.disk import NotNeeded
from host.store.history import HistoryEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from host.jobs.chapter_job import ChapterJob, JobPage, Waiting
    from host.jobs.work import Work
    from host.palettes.cast import JobCast
    from host.pipeline.finished import ColouredPage, FinishedPage
    from host.pipeline.prepared import PreparedPage
    from host.store.store import Store


_SETTLED_WITHIN_S: Final = 10.0


class SeriesNotes:
    """Thread-safe. A page that is told needs none of these: what cannot be written is told in the log alone."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._telling: set[object] = set()
        self._told = threading.Condition()

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tell pages and note them within, so that `settle` knows of notes that are still to come."""
        ticket = object()
        with self._told:
            self._telling.add(ticket)
        try:
            yield
        finally:
            with self._told:
                self._telling.discard(ticket)
                self._told.notify_all()

    def settle(self, timeout_s: float = _SETTLED_WITHIN_S) -> bool:
        """Wait until the pages that were told before are noted; return whether they are.

        Who forgets them waits for this, or a note that comes late would remember them again.
        """
        with self._told:
            before = set(self._telling)
            return self._told.wait_for(lambda: before.isdisjoint(self._telling), timeout_s)

    def coloured(self, work: Work, prepared: PreparedPage, coloured: ColouredPage, finished: FinishedPage) -> None:
        """Note a page that was coloured now, after its end was told."""
        seconds = round(sum(finished.runmeta.duration_ms.values()) / 1000, 3)
        told = _done(work.waiting)
        with NotNeeded("the history was not written"):
            self._store.history.add(_entry(job, page, seconds) for job, page in told)
        cast = work.recipe.cast
        if cast is not None and finished.rgb is not None:
            parts = None if prepared.pieces else coloured.result.parts
            cast.learn(prepared.page, prepared.meta, prepared.drawing.characters, finished.rgb, parts)
        self._recall(told, besides=cast)

    def came_from_cache(self, waiting: Iterable[Waiting]) -> None:
        """Note pages whose result was there already, after their ends were told."""
        told = _done(waiting)
        with NotNeeded("the history was not written"):
            self._store.history.recall(_entry(job, page, 0.0) for job, page in told)
        self._recall(told)

    def _recall(self, told: list[Waiting], besides: JobCast | None = None) -> None:
        casts = {cast for job, _ in told if (cast := job.recipe.cast) is not None and cast is not besides}
        sources = self._store.sources.get(page.sha256 for _, page in told) if casts else {}
        for cast in casts:
            own = [page.sha256 for job, page in told if job.recipe.cast is cast]
            cast.recall(sources[sha256].pixels_sha256 for sha256 in own if sha256 in sources)


def _done(waiting: Iterable[Waiting]) -> list[Waiting]:
    return [(job, page) for job, page in waiting if page.state is PageState.DONE]


def _entry(job: ChapterJob, page: JobPage, seconds: float) -> HistoryEntry:
    return HistoryEntry(
        series=job.series,
        chapter=job.chapter,
        key=page.key or "",
        page=page.sha256,
        engine=job.recipe.engine.id,
        references=job.recipe.references,
        seconds=seconds,
    )
