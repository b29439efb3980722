"""What is asked for a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from host.corrections import Corrections
from host.pipeline.word_choice import WordChoice
from host.vocabulary import Direction, Stage

if TYPE_CHECKING:
    from engines.base import Plan
    from engines.info import EngineInfo
    from host.pipeline.analysis.layout.direction import ChapterDirection
    from host.pipeline.records.rewording import Rewording
    from host.pipeline.series import ReferencePicture, SeriesCast, SeriesMemory
    from host.vocabulary import PageFormat

Tick = Callable[[Stage, float], None]
"""Takes the stage and the fraction 0..1 of the page's whole way, which never falls; raises `JobCancelled`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageJob:
    """How a page is to be coloured, fully resolved. `references` are in the reader's order, most wanted first.

    chapter: what the pages of one chapter say of its direction, where that is `auto`; the job holds it. memory: what
    the series remembers, None where nothing may be retrieved. cast: how its people are coloured, None for no series.
    corrections: of this page alone; the first `worn` of its palettes are the cast's. words: which steps models take
    with the reader's words; rewording: what became of them, None where nothing was done yet.
    keep_coloured: skip a page that already has colour. output_format None: the pipeline's own choice, without loss.
    """

    engine: EngineInfo
    plan: Plan
    references: tuple[ReferencePicture, ...] = ()
    corrections: Corrections = field(default_factory=Corrections)
    worn: int = 0
    words: WordChoice = field(default_factory=WordChoice)
    rewording: Rewording | None = None
    keep_coloured: bool = True
    direction: Direction = "auto"
    chapter: ChapterDirection | None = field(default=None, compare=False)
    memory: SeriesMemory | None = field(default=None, compare=False)
    cast: SeriesCast | None = field(default=None, compare=False)
    output_format: PageFormat | None = None
