"""What is asked for a page, and what its steps hand on to one another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from host.messaging.messages import Direction, SkipReason, Stage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engines.base import ColorizeRequest, ColorizeResult, EngineInfo, Plan
    from engines.geometry import Size
    from host.pipeline.decode import DecodedPage
    from host.pipeline.encode import OutputFormat
    from host.pipeline.field import Drawing
    from host.pipeline.pagemeta import PageMeta
    from host.pipeline.pass1.direction import ChapterDirection
    from host.pipeline.pass2.correct import Attempt
    from host.pipeline.pass2.director.direct import Directive
    from host.pipeline.retrieve import Memory, Recall
    from host.pipeline.runmeta import RunMeta
    from host.pipeline.stopwatch import Stopwatch

Tick = Callable[[Stage, float], None]
"""Takes the stage and the fraction 0..1 of the page's whole way, which never falls; raises `JobCancelled`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A style reference: its id in the store and its `(h, w, 3)` uint8 sRGB RGB pixels.

    character: who it shows, as the reader called them; empty where nobody said. palette: its colours, sRGB, the most
    frequent first.
    """

    reference_id: str
    pixels: NDArray[np.uint8]
    character: str = ""
    palette: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourHint:
    """What colour the reader wants at a place of a page; composing obeys it, whatever engine gave the rest.

    points: `(x, y)` in 0..1 of the page's width and height; one is a dot, several are a stroke. rgb: sRGB, 0..255.
    radius_01: half of the stroke's width, as a share of the page's width.
    """

    points: tuple[tuple[float, float], ...]
    rgb: tuple[int, int, int]
    radius_01: float = 0.004


@dataclass(frozen=True, slots=True, kw_only=True)
class FigurePalette:
    """What colours the reader wants a figure to have; composing obeys it where the engine tells a figure's parts apart.

    point: `(x, y)` in 0..1 of the page's width and height, inside the figure. hair, skin, clothes: sRGB, 0..255; None:
    as the engine has it.
    """

    point: tuple[float, float]
    hair: tuple[int, int, int] | None = None
    skin: tuple[int, int, int] | None = None
    clothes: tuple[int, int, int] | None = None

    @property
    def colours(self) -> dict[str, tuple[int, int, int]]:
        """The colours that are wanted, by what they are for."""
        wanted = {"hair": self.hair, "skin": self.skin, "clothes": self.clothes}
        return {name: rgb for name, rgb in wanted.items() if rgb is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """What the reader wants otherwise on one page; later ones go over earlier ones, hints over palettes."""

    hints: tuple[ColourHint, ...] = ()
    palettes: tuple[FigurePalette, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageJob:
    """How a page is to be coloured, fully resolved. `references` are in the reader's order, most wanted first.

    chapter: what the pages of one chapter say of its direction, where that is `auto`; the job holds it. memory: what
    the series remembers, None where nothing may be retrieved.
    corrections: of this page alone.
    keep_coloured: skip a page that already has colour. output_format None: the pipeline's own choice, without loss.
    """

    engine: EngineInfo
    plan: Plan
    references: tuple[Reference, ...] = ()
    corrections: Corrections = field(default_factory=Corrections)
    keep_coloured: bool = True
    direction: Direction = "auto"
    chapter: ChapterDirection | None = field(default=None, compare=False)
    memory: Memory | None = field(default=None, compare=False)
    output_format: OutputFormat | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedPage:
    """A page that stays as it is, and why."""

    reason: SkipReason
    meta: PageMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPage:
    """A page that is ready for the engine. job.references: all that serve it, the retrieved ones too.

    recall: as the job's memory will know it, None where there is none.
    """

    page: DecodedPage
    drawing: Drawing
    meta: PageMeta
    request: ColorizeRequest
    directive: Directive
    job: PageJob
    stopwatch: Stopwatch = field(compare=False)
    recall: Recall | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColouredPage:
    """What the engine made of a page, corrected where that was called for (`host.pipeline.pass2.correct`).

    duplicate_of: the pixels' digest of the page that the engine saw, where that was a near-duplicate of this one.
    """

    attempts: tuple[Attempt, ...]
    duplicate_of: str | None = None

    @property
    def result(self) -> ColorizeResult:
        """The picture that the page gets: the last attempt's."""
        return self.attempts[-1].result


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedPage:
    """A coloured, reviewed, encoded page, of the page's own size."""

    image: bytes
    mime: str
    size: Size
    runmeta: RunMeta
