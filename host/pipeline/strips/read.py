"""A strip from pixels to what the engine takes: each piece is read alone, references are chosen for all of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from engines.base import ColorizeRequest
from host.corrections import Corrections
from host.pipeline.drawing import Drawing, PlacedPalette
from host.pipeline.prepare import dress, prepare, reason_to_skip
from host.pipeline.prepared import PreparedPage, PreparedPiece, SkippedPage
from host.pipeline.progress import tell
from host.pipeline.retrieve import Choice
from host.pipeline.rewording import reworded
from host.pipeline.stopwatch import Stopwatch
from host.pipeline.strips.cut import corrections_within, cut_page
from host.pipeline.strips.folded import fold_prepared, fold_reading
from host.pipeline.strips.joined import join_meta
from host.pipeline.strips.whole import each_piece, strip_direction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engines.geometry import Box
    from host.pipeline.analysis.reader import PageReader, PageReading
    from host.pipeline.decode import DecodedPage
    from host.pipeline.job import PageJob, Tick
    from host.pipeline.pointed import Pointer
    from host.pipeline.records.page_meta import PageMeta
    from host.pipeline.retrieve import Retriever
    from host.pipeline.rewording import Reworder


def read_strip(
    page: DecodedPage,
    boxes: Sequence[Box],
    job: PageJob,
    tick: Tick,
    reader: PageReader,
    retriever: Retriever,
    reworder: Reworder | None = None,
    pointer: Pointer | None = None,
) -> PreparedPage | SkippedPage:
    """Read the pieces of a strip, choose its references and make each piece's request; or say why the strip stays.

    Raises:
        Whatever `tick` raises, before each step of each piece.
    """
    stopwatch, reads = Stopwatch(), strip_direction(page, job.direction, job.chapter)
    with stopwatch.stage("pass1"):
        found = list(
            each_piece(page, boxes, reader, reads, lambda _, read: fold_reading(read), partial(tell, tick, "pass1"))
        )
    metas, folded = [read for read, _ in found], [fold for _, fold in found]
    meta = join_meta(page, boxes, metas, reads)
    reason = reason_to_skip(meta, job)
    if reason is not None:
        return SkippedPage(reason=reason, meta=meta)
    tell(tick, "retrieve")
    with stopwatch.stage("retrieve"):
        job = dress(page, meta, None, job)
        job = reworded(reworder, page, meta, job, partial(tell, tick, "retrieve"))
        choice = retriever.choose(page, meta, job, job.engine.supports.references_max)
        pieces = []
        for index, (box, fold) in enumerate(zip(boxes, folded, strict=True)):
            check = partial(tell, tick, "retrieve", index / len(boxes))
            check()
            pieces.append(_piece(page, box, fold, job, choice, stopwatch, pointer, check))
    return _strip(page, meta, pieces, job, choice, stopwatch)


def _piece(
    page: DecodedPage, box: Box, fold: Callable[[], PageReading], job: PageJob, choice: Choice, stopwatch: Stopwatch,
    pointer: Pointer | None, check: Callable[[], None],
) -> PreparedPiece:  # fmt: skip
    """Return a piece that waits, with what of the job is about it; one that has nothing to colour stays as it is."""
    reading = fold()
    if reason_to_skip(reading.meta, job) is not None:
        return PreparedPiece(box)
    worn = Corrections(palettes=job.corrections.palettes[: job.worn])
    own = replace(
        job, corrections=corrections_within(job.corrections, box, page.size.height), memory=None, cast=None,
        worn=len(corrections_within(worn, box, page.size.height).palettes),
    )  # fmt: skip
    alone = Choice(choice.uses, choice.retrieved)
    prepared = prepare(cut_page(page, box), reading, own, alone, stopwatch, pointer, check)
    return PreparedPiece(box, fold_prepared(prepared))


def _strip(
    page: DecodedPage, meta: PageMeta, pieces: Sequence[PreparedPiece], job: PageJob, choice: Choice, watch: Stopwatch
) -> PreparedPage:
    """Return the strip as a page of pieces; its own request and drawing are there for the record."""
    first = next(piece.unfold() for piece in pieces if piece.unfold is not None)
    request = ColorizeRequest(
        page=page.grey,
        protect=np.broadcast_to(np.bool_(False), page.size),
        references=first.request.references,
        plan=first.request.plan,
    )
    placed = tuple(PlacedPalette(one, ()) for one in job.corrections.palettes)
    return PreparedPage(
        page=page,
        drawing=Drawing(hints=job.corrections.hints, palettes=placed, words=job.corrections.words),
        meta=meta.model_copy(update={"references": choice.uses, "signals": first.meta.signals}),
        request=request,
        directive=first.directive,
        job=replace(job, references=first.job.references),
        stopwatch=watch,
        memory_entry=choice.entry,
        pieces=tuple(pieces),
    )
