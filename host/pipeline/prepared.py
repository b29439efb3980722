"""A page that was read: ready for the engine, or left as it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.base import ColorizeRequest
    from engines.geometry import Box
    from host.pipeline.decode import DecodedPage
    from host.pipeline.drawing import Drawing
    from host.pipeline.generation.director.direct import Directive
    from host.pipeline.job import PageJob
    from host.pipeline.records.page_meta import PageMeta
    from host.pipeline.series import MemoryEntry
    from host.pipeline.stopwatch import Stopwatch
    from host.vocabulary import SkipReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedPage:
    """A page that stays as it is, and why."""

    reason: SkipReason
    meta: PageMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPage:
    """A page that is ready for the engine. job.references: those that serve it, in the order of `meta.references`.

    memory_entry: the page as the job's memory will know it once it is coloured; None where the job has no memory.
    pieces: of a strip, from the top, together all of it; its own request then holds no masks and maps. Empty: the page
    is worked on as a whole.
    """

    page: DecodedPage
    drawing: Drawing
    meta: PageMeta
    request: ColorizeRequest
    directive: Directive
    job: PageJob
    stopwatch: Stopwatch = field(compare=False)
    memory_entry: MemoryEntry | None = field(default=None, compare=False)
    pieces: tuple[PreparedPiece, ...] = field(default=(), compare=False)


def without_engine_s_maps(prepared: PreparedPage) -> PreparedPage:
    """Return a page as composing takes it: of the maps that only the engine looks at nothing is left."""
    return replace(prepared, request=replace(prepared.request, parts=None, panels=None, regions=()))


@dataclass(frozen=True, slots=True, eq=False)
class PreparedPiece:
    """A piece of a strip. unfold: makes the page that it is; None where it stays as it is."""

    box: Box
    unfold: Callable[[], PreparedPage] | None = None
