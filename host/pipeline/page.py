"""The way of a page, top to bottom.

    1 capture   the extension                        6 generation  the request, then the engine infers
    2 ask       host.jobs, by the result's key       7 compose     the engine's colour, the page's ink
    3 decode    bytes -> pixels                      8 review      ink, protected pixels, colour
    4 analysis  pixels -> PageMeta and masks         9 encode      then host.jobs keeps and sends
    5 retrieve  references that serve this page

`host.jobs` decides when and on which thread each of the four methods runs; every one holds a single page.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from engines.geometry import Size
from host.errors import QualityRejected
from host.pipeline.analysis.shipped import shipped_reader
from host.pipeline.compose.compose import lay_colour
from host.pipeline.compose.field import colour_field
from host.pipeline.compose.paper_colour import find_paper_colour
from host.pipeline.decode import DecodedPage, DecodeLimits, decode_page, pixels_digest, read_header
from host.pipeline.encode import encode_page, shrunk_within
from host.pipeline.faults import faults_mapped
from host.pipeline.finished import ColouredPage, FinishedPage
from host.pipeline.generation.correct import colour_page, record_attempts
from host.pipeline.generation.foresight import paper_share
from host.pipeline.generation.review import fault, review_page
from host.pipeline.pointed import Pointer
from host.pipeline.prepare import dress, prepare, reason_to_skip
from host.pipeline.prepared import PreparedPage, SkippedPage
from host.pipeline.progress import tell
from host.pipeline.records.corrections import record_corrections
from host.pipeline.records.run_meta import EngineRecord, RunMeta, record_plan
from host.pipeline.retrieve import ReaderOrder, Retriever
from host.pipeline.rewording import Reworder, reworded
from host.pipeline.stopwatch import Stopwatch
from host.pipeline.strips.compose import Composed, colour_strip, compose_strip
from host.pipeline.strips.cut import pieces_of
from host.pipeline.strips.read import read_strip
from host.pipeline.version import PIPELINE_VERSION, READING_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

    from engines.base import ColorizeEngine, OnStep
    from host.pipeline.analysis.reader import PageReader
    from host.pipeline.job import PageJob, Tick

_LOG = logging.getLogger(__name__)

# How much lightness paper may give, and the share of the chroma: each composition is safer than the one before, and
# than the first, which gives what is foreseen to suffice.
_SAFER: Final = ((0.5, 1.0), (0.0, 1.0), (0.0, 0.6), (0.0, 0.3))


class PagePipeline:
    """The steps of a page. Holds no page and no engine: one instance serves every thread."""

    def __init__(
        self,
        limits: DecodeLimits | None = None,
        reader: PageReader | None = None,
        retriever: Retriever | None = None,
        reworder: Reworder | None = None,
        pointer: Pointer | None = None,
    ) -> None:
        self._limits = limits or DecodeLimits()
        self._reader = reader or shipped_reader()
        self._retriever = retriever or ReaderOrder()
        self._reworder = reworder
        self._pointer = pointer or Pointer()

    def decode(self, encoded: bytes, check: Callable[[], None] | None = None) -> DecodedPage:
        """Decode a captured page. `check` is called now and then; what it raises ends a long decoding.

        Raises:
            ImageInvalid, TooLarge, OutOfMemory, and whatever `check` raises.
        """
        return decode_page(encoded, self._limits, check)

    def size_of(self, encoded: bytes) -> Size:
        """Return the size of a captured page by what it says of itself, before it is turned upright.

        Raises:
            ImageInvalid
        """
        header = read_header(encoded, self._limits)
        return Size(header.height, header.width)

    def read(self, page: DecodedPage, job: PageJob, tick: Tick) -> PreparedPage | SkippedPage:
        """Read the page, choose its references and make the engine's request; or say why it stays as it is.

        Raises:
            OutOfMemory, and whatever `tick` raises.
        """
        with faults_mapped():
            boxes = pieces_of(page)
            if len(boxes) > 1:
                return read_strip(page, boxes, job, tick, self._reader, self._retriever, self._reworder,
                                  self._pointer)  # fmt: skip
            stopwatch = Stopwatch()
            tell(tick, "pass1")
            with stopwatch.stage("pass1"):
                reading = self._reader.read(page, job.direction, job.chapter, partial(tell, tick, "pass1"))
            reason = reason_to_skip(reading.meta, job)
            if reason is not None:
                return SkippedPage(reason=reason, meta=reading.meta)
            tell(tick, "retrieve")
            with stopwatch.stage("retrieve"):
                job = dress(page, reading.meta, reading.maps, job)
                check = partial(tell, tick, "retrieve")
                job = reworded(self._reworder, page, reading.meta, job, check)
                choice = self._retriever.choose(page, reading.meta, job, job.engine.supports.references_max)
                return prepare(page, reading, job, choice, stopwatch, self._pointer, check)

    def colour(
        self, prepared: PreparedPage, engine: ColorizeEngine, tick: Tick, watch: OnStep | None = None
    ) -> ColouredPage:
        """Let a loaded engine infer, and correct what it drew. Runs on the lane and does nothing else there.

        watch: sees each step, with the engine's preview where it makes one, before `tick` does.

        Raises:
            EngineNotAvailable, WeightsMissing, WeightsInvalid, OutOfMemory, BadRequest, InternalError, QualityRejected,
            and whatever `tick` raises.
        """
        with faults_mapped(), prepared.stopwatch.stage("pass2"):
            tell(tick, "pass2")
            if prepared.pieces:
                return colour_strip(prepared, engine, tick, watch)
            return ColouredPage(attempts=colour_page(prepared, engine, partial(tell, tick, "pass2"), watch))

    def finish(
        self, prepared: PreparedPage, coloured: ColouredPage, tick: Tick, small_px: int | None = None
    ) -> FinishedPage:
        """Compose, review and encode. small_px: make a small picture beside it, no side longer than that.

        Raises:
            QualityRejected: neither the composition nor the safer ones passed review.
            OutOfMemory, and whatever `tick` raises.
        """
        with faults_mapped():
            if prepared.pieces:
                composed = compose_strip(prepared, coloured, tick, _compose_until_good)
            else:
                composed = _compose_until_good(prepared, coloured, tick)
            tell(tick, "encode")
            with prepared.stopwatch.stage("encode"):
                small = None if small_px is None else shrunk_within(composed.composition.rgb, small_px)
                digest = pixels_digest(composed.composition.rgb)
                # Who knows the series' people looks at the pixels once more.
                given_up = prepared.job.cast is None
                image, mime = encode_page(composed.composition.rgb, prepared.job.output_format, given_up=given_up)
            runmeta = _record(prepared, coloured, composed, mime, digest)
            tell(tick, "encode", 1.0)
        rgb = None if given_up else composed.composition.rgb
        return FinishedPage(image=image, mime=mime, size=prepared.page.size, runmeta=runmeta, rgb=rgb, small=small)


def _compose_until_good(
    prepared: PreparedPage, coloured: ColouredPage, tick: Tick, *, may_stay_grey: bool = False
) -> Composed:
    page, protect, plan, result = prepared.page, prepared.request.protect, prepared.request.plan, coloured.result
    panels = [panel.box for panel in sorted(prepared.meta.panels, key=lambda panel: panel.order)]
    tell(tick, "compose")
    with prepared.stopwatch.stage("compose"):
        field = colour_field(page, protect, result.oklab, plan.strength_01, prepared.drawing, result.parts)
        # Of a page that is coloured anew nothing of its old colour is wanted.
        tint = None if prepared.meta.kind == "already_coloured" else find_paper_colour(page.rgb)
    for missing in filter(None, field.faults):
        _LOG.warning("palette: %s", missing)
    with prepared.stopwatch.stage("compose"):
        attempts = [(first := paper_share(page, protect, field), 1.0)]
    attempts += [(paper_01, share_01) for paper_01, share_01 in _SAFER if paper_01 < first or share_01 < 1]
    wrong = ""
    for retries, (paper_01, share_01) in enumerate(attempts):
        tell(tick, "compose", retries / len(attempts))
        with prepared.stopwatch.stage("compose"):
            composition = lay_colour(page, protect, field, share_01, paper_01, tint)
            verdicts = review_page(page, protect, composition.rgb, panels)
        wrong = fault(verdicts, 0.0 if may_stay_grey else plan.strength_01)
        if not wrong:
            return Composed(composition, verdicts, retries)
        _LOG.warning("review: %s", wrong)
    raise QualityRejected(wrong, "Try another reference or another engine.", verdicts=verdicts.model_dump())


def _record(prepared: PreparedPage, coloured: ColouredPage, composed: Composed, mime: str, digest: str) -> RunMeta:
    plan, engine, composition = prepared.request.plan, prepared.job.engine, composed.composition
    return RunMeta(
        pipeline_version=PIPELINE_VERSION,
        pixels_sha256=prepared.page.pixels_sha256,
        size=prepared.page.size,
        kind=prepared.meta.kind,
        reading_version=READING_VERSION,
        direction=prepared.job.direction,
        read_direction=prepared.meta.direction,
        keep_coloured=prepared.job.keep_coloured,
        **dict(record_corrections(prepared.drawing, composition.faults)),
        mime=mime,
        result_sha256=digest,
        engine=EngineRecord(id=engine.id, version=engine.version, weights=dict(coloured.result.weights)),
        plan=record_plan(plan),
        director=cast("dict[str, JsonValue]", prepared.directive.diagnostics()),
        references=prepared.meta.references,
        duplicate_of=coloured.duplicate_of,
        shift_px=(composition.shift.x_px, composition.shift.y_px),
        duration_ms=prepared.stopwatch.duration_ms,
        peak_memory_mib=prepared.stopwatch.peak_memory_mib,
        verdicts=composed.verdicts,
        rewording=prepared.job.rewording.steps if prepared.job.rewording is not None else (),
        attempts=tuple(record_attempts(coloured.attempts)),
        retries=composed.retries,
        notes=tuple(filter(None, [prepared.page.note, *composed.notes])),
    )
