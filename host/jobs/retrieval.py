"""What a job may retrieve beside the reader's references, resolved before its first page: a part of its key."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.embed.base import Embedder
    from engines.embed.registry import EmbedderChoice
    from engines.info import EngineInfo
    from host.messaging.messages import RunChapter
    from host.pipeline.series import SeriesMemory
    from host.settings import RetrievalMode, Settings
    from host.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """What may be retrieved. embedder: id and version of what compares pictures.

    series: whose coloured pages serve, None for none. offered: references that serve because the reader chose none.
    """

    embedder: tuple[str, str]
    series: str | None = None
    offered: tuple[str, ...] = ()

    @property
    def facts(self) -> tuple[str, ...]:
        """What of it enters the key of results."""
        # Not the series: a page that was coloured is coloured, wherever it is met again.
        pages = () if self.series is None else ("pages",)
        offered = ("offered", *self.offered) if self.offered else ()
        return (*self.embedder, *pages, *offered)


class HostEmbedder:
    """The one embedder of a process: chosen at the first question, opened at the first picture. Thread-safe."""

    def __init__(self, choose: Callable[[], EmbedderChoice]) -> None:
        self._choose = choose
        self._choice: EmbedderChoice | None = None
        self._made: Embedder | None = None
        self._lock = threading.Lock()

    @property
    def identity(self) -> tuple[str, str]:
        """Id and version, known without opening it."""
        with self._lock:
            return self._chosen().id, self._chosen().version

    def open(self) -> Embedder:
        """Return the embedder, always the same object."""
        with self._lock:
            if self._made is None:
                self._made = self._chosen().open()
            return self._made

    def _chosen(self) -> EmbedderChoice:
        if self._choice is None:
            self._choice = self._choose()
        return self._choice


class Memories:
    """Where jobs get their memory from."""

    def __init__(self, store: Store, embedder: HostEmbedder) -> None:
        self._store = store
        self._embedder = embedder

    def plan(self, request: RunChapter, settings: Settings, engine: EngineInfo) -> Retrieval | None:
        """Return what a job may retrieve; None where the setting forbids it or the engine takes no pictures.

        Nothing is added where the reader's references fill what the engine takes: then only their scores are measured.
        """
        most = min(engine.supports.references_max, settings.references_max)
        if settings.retrieval == "off" or most == 0:
            return None
        if len(request.references) >= most:
            return Retrieval(embedder=self._embedder.identity)
        unchosen = settings.retrieval == "all" and request.series and not request.references
        offered = self._store.references.list(request.series) if unchosen else []
        return Retrieval(
            embedder=self._embedder.identity,
            series=request.series if _pages_serve(settings.retrieval, engine) else None,
            offered=tuple(sorted(one.reference_id for one in offered)),
        )

    def open(self, retrieval: Retrieval, recipe: str) -> SeriesMemory:
        """Return the memory of a job whose recipe has this identity."""
        from host.store.job_memory import JobMemory

        store, embedder = self._store, retrieval.embedder
        series = None if retrieval.series is None else store.indexes.series(retrieval.series, embedder)
        library = store.indexes.library(embedder)
        return JobMemory(library, series, store.references, store.results, recipe, retrieval.offered)


def _pages_serve(mode: RetrievalMode, engine: EngineInfo) -> bool:
    # An engine that draws throws its dice anew on every page; one that copies has nothing to gain from its own copy,
    # which is paler than what it copied (docs/decisions/0008-learned-pages.md has the figures).
    return mode in ("pages", "all") or (mode == "auto" and engine.draws)
