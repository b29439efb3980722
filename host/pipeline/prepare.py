"""From a page that was read to a request that an engine takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from host.corrections import Corrections, laid_over
from host.pipeline.compose.palettes import place_palettes
from host.pipeline.drawing import Drawing
from host.pipeline.generation.director.signals import measure_signals
from host.pipeline.generation.request import make_request
from host.pipeline.generation.style import bind_references
from host.pipeline.pointed import Pointer
from host.pipeline.prepared import PreparedPage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engines.base import ColorizeRequest
    from host.pipeline.analysis.reader import PageReading
    from host.pipeline.decode import DecodedPage
    from host.pipeline.job import PageJob
    from host.pipeline.records.masks import PageMaps
    from host.pipeline.records.page_meta import PageKind, PageMeta, Panel
    from host.pipeline.retrieve import Choice
    from host.pipeline.stopwatch import Stopwatch
    from host.vocabulary import SkipReason

_SKIPPED_KINDS: Final[dict[PageKind, SkipReason]] = {
    "blank": "blank",
    "text": "text_only",
    "advertisement": "advertisement",
    "already_coloured": "already_coloured",
}


def reason_to_skip(meta: PageMeta, job: PageJob) -> SkipReason | None:
    """Return why a page stays as it is; None where it is coloured."""
    if meta.kind == "already_coloured" and not job.keep_coloured:
        return None
    return _SKIPPED_KINDS.get(meta.kind)


def dress(page: DecodedPage, meta: PageMeta, maps: PageMaps | None, job: PageJob) -> PageJob:
    """Return what is asked for a page that was read, with what the series' palette says of its people and places."""
    if job.cast is None:
        return job
    worn = job.cast.dress(page, meta, maps.characters if maps is not None else None)
    below = Corrections(palettes=worn, words=job.cast.words(page.pixels_sha256))
    corrections = laid_over(below, job.corrections)
    return job if corrections is job.corrections else replace(job, corrections=corrections, worn=len(worn))


def prepare(
    page: DecodedPage, reading: PageReading, job: PageJob, choice: Choice, stopwatch: Stopwatch,
    pointer: Pointer | None = None, check: Callable[[], None] = lambda: None,
) -> PreparedPage:  # fmt: skip
    """Return a page with its references bound, its signals measured and its request made.

    job: as it was asked for; the page's own has the references of `choice`. pointer: finds what was clicked. check:
    called while that waits.

    Raises:
        what `check` raises.
    """
    references = bind_references(choice.uses, (*job.references, *choice.retrieved))
    job = replace(job, references=references)
    pictures = [one.pixels for one in references]
    meta = reading.meta.model_copy(update={"references": choice.uses})
    signals = measure_signals(page.grey, reading.masks.protect, meta, pictures)
    meta = meta.model_copy(update={"signals": signals})
    request, directive = make_request(page, meta, reading.masks, job, reading.maps)
    drawing = _drawing(request, meta, job, reading.maps)
    drawing = (pointer or Pointer()).outlined(page.rgb, drawing, meta, check, worn=job.worn)
    return PreparedPage(
        page=page, drawing=drawing, meta=meta, request=request,
        directive=directive, job=job, stopwatch=stopwatch, memory_entry=choice.entry,
    )  # fmt: skip


def _drawing(request: ColorizeRequest, meta: PageMeta, job: PageJob, maps: PageMaps | None) -> Drawing:
    wanted = job.corrections
    return Drawing(
        tone=request.tone,
        panels=[outline_of(panel) for panel in meta.panels],
        hints=wanted.hints,
        palettes=place_palettes(wanted.palettes, meta, maps),
        characters=maps.characters if maps is not None and (wanted.palettes or job.cast is not None) else None,
        words=wanted.words,
    )


def outline_of(panel: Panel) -> Sequence[tuple[int, int]]:
    """Return a panel's corners in the page's pixels."""
    left, top, right, bottom = panel.box
    return panel.polygon or ((left, top), (right - 1, top), (right - 1, bottom - 1), (left, bottom - 1))
