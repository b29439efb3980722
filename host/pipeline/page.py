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
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from host.errors import QualityRejected
from host.pipeline.analysis.shipped import shipped_reader
from host.pipeline.compose.compose import Composition, lay_colour
from host.pipeline.compose.field import colour_field
from host.pipeline.compose.palettes import place_palettes
from host.pipeline.compose.paper_colour import find_paper_colour
from host.pipeline.decode import DecodedPage, DecodeLimits, decode_page, pixels_digest
from host.pipeline.drawing import Drawing
from host.pipeline.encode import encode_page
from host.pipeline.faults import faults_mapped
from host.pipeline.finished import ColouredPage, FinishedPage
from host.pipeline.generation.correct import colour_page, record_attempts
from host.pipeline.generation.director.signals import measure_signals
from host.pipeline.generation.request import make_request
from host.pipeline.generation.review import fault, review_page
from host.pipeline.generation.style import bind_references
from host.pipeline.prepared import PreparedPage, SkippedPage
from host.pipeline.progress import fraction_of_page
from host.pipeline.records.corrections import record_corrections
from host.pipeline.records.run_meta import EngineRecord, RunMeta, Verdicts, record_plan
from host.pipeline.retrieve import ReaderOrder, Retriever
from host.pipeline.stopwatch import Stopwatch
from host.pipeline.version import PIPELINE_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import JsonValue

    from engines.base import ColorizeEngine, ColorizeRequest, ColorizeResult, OnStep
    from host.pipeline.analysis.reader import PageReader
    from host.pipeline.job import PageJob, Tick
    from host.pipeline.records.masks import PageMaps, PageMasks
    from host.pipeline.records.page_meta import PageKind, PageMeta, Panel
    from host.vocabulary import SkipReason, Stage

_LOG = logging.getLogger(__name__)

# How much lightness paper may give, and the share of the chroma: each composition is safer than the one before.
_ATTEMPTS: Final = ((1.0, 1.0), (0.5, 1.0), (0.0, 1.0), (0.0, 0.6))

_SKIPPED_KINDS: Final[dict[PageKind, SkipReason]] = {
    "blank": "blank",
    "text": "text_only",
    "advertisement": "advertisement",
    "already_coloured": "already_coloured",
}


class PagePipeline:
    """The steps of a page. Holds no page and no engine: one instance serves every thread."""

    def __init__(
        self,
        limits: DecodeLimits | None = None,
        reader: PageReader | None = None,
        retriever: Retriever | None = None,
    ) -> None:
        self._limits = limits or DecodeLimits()
        self._reader = reader or shipped_reader()
        self._retriever = retriever or ReaderOrder()

    def decode(self, encoded: bytes, check: Callable[[], None] | None = None) -> DecodedPage:
        """Decode a captured page. `check` is called now and then; what it raises ends a long decoding.

        Raises:
            ImageInvalid, TooLarge, OutOfMemory, and whatever `check` raises.
        """
        return decode_page(encoded, self._limits, check)

    def read(self, page: DecodedPage, job: PageJob, tick: Tick) -> PreparedPage | SkippedPage:
        """Read the page, choose its references and make the engine's request; or say why it stays as it is.

        Raises:
            OutOfMemory, and whatever `tick` raises.
        """
        stopwatch = Stopwatch()
        with faults_mapped():
            _tick(tick, "pass1")
            with stopwatch.stage("pass1"):
                reading = self._reader.read(page, job.direction, job.chapter, partial(_tick, tick, "pass1"))
            reason = _reason_to_skip(reading.meta, job)
            if reason is not None:
                return SkippedPage(reason=reason, meta=reading.meta)
            _tick(tick, "retrieve")
            with stopwatch.stage("retrieve"):
                choice = self._retriever.choose(page, reading.meta, job, job.engine.supports.references_max)
                references = bind_references(choice.uses, (*job.references, *choice.retrieved))
                job = replace(job, references=references)
                meta = reading.meta.model_copy(update={"references": choice.uses})
                meta = _with_signals(page, meta, reading.masks, job)
            request, directive = make_request(page, meta, reading.masks, job, reading.maps)
        return PreparedPage(
            page=page, drawing=_drawing(request, meta, job, reading.maps), meta=meta, request=request,
            directive=directive, job=job, stopwatch=stopwatch, memory_entry=choice.entry,
        )  # fmt: skip

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
            _tick(tick, "pass2")
            return ColouredPage(attempts=colour_page(prepared, engine, partial(_tick, tick, "pass2"), watch))

    def finish(self, prepared: PreparedPage, coloured: ColouredPage, tick: Tick) -> FinishedPage:
        """Compose, review and encode.

        Raises:
            QualityRejected: neither the composition nor the safer ones passed review.
            OutOfMemory, and whatever `tick` raises.
        """
        with faults_mapped():
            composition, verdicts, retries = self._compose_until_good(prepared, coloured.result, tick)
            _tick(tick, "encode")
            with prepared.stopwatch.stage("encode"):
                image, mime = encode_page(composition.rgb, prepared.job.output_format)
            runmeta = _record(prepared, coloured, composition, verdicts, retries, mime)
            _tick(tick, "encode", 1.0)
        return FinishedPage(image=image, mime=mime, size=prepared.page.size, runmeta=runmeta)

    def _compose_until_good(
        self, prepared: PreparedPage, result: ColorizeResult, tick: Tick
    ) -> tuple[Composition, Verdicts, int]:
        page, protect, plan = prepared.page, prepared.request.protect, prepared.request.plan
        panels = [panel.box for panel in sorted(prepared.meta.panels, key=lambda panel: panel.order)]
        _tick(tick, "compose")
        with prepared.stopwatch.stage("compose"):
            field = colour_field(page, protect, result.oklab, plan.strength_01, prepared.drawing, result.parts)
            # Of a page that is coloured anew nothing of its old colour is wanted.
            tint = None if prepared.meta.kind == "already_coloured" else find_paper_colour(page.rgb)
        for missing in filter(None, field.faults):
            _LOG.warning("palette: %s", missing)
        wrong = ""
        for retries, (paper_01, share_01) in enumerate(_ATTEMPTS):
            _tick(tick, "compose", retries / len(_ATTEMPTS))
            with prepared.stopwatch.stage("compose"):
                composition = lay_colour(page, protect, field, share_01, paper_01, tint)
                verdicts = review_page(page, protect, composition.rgb, panels)
            wrong = fault(verdicts, plan.strength_01)
            if not wrong:
                return composition, verdicts, retries
            _LOG.warning("review: %s", wrong)
        raise QualityRejected(wrong, "Try another reference or another engine.", verdicts=verdicts.model_dump())


def _drawing(request: ColorizeRequest, meta: PageMeta, job: PageJob, maps: PageMaps | None) -> Drawing:
    wanted = job.corrections
    return Drawing(
        tone=request.tone,
        panels=[_outline(panel) for panel in meta.panels],
        hints=wanted.hints,
        palettes=place_palettes(wanted.palettes, meta, maps),
        characters=maps.characters if maps is not None and wanted.palettes else None,
    )


def _outline(panel: Panel) -> Sequence[tuple[int, int]]:
    left, top, right, bottom = panel.box
    return panel.polygon or ((left, top), (right - 1, top), (right - 1, bottom - 1), (left, bottom - 1))


def _with_signals(page: DecodedPage, meta: PageMeta, masks: PageMasks, job: PageJob) -> PageMeta:
    pictures = [one.pixels for one in job.references]
    return meta.model_copy(update={"signals": measure_signals(page.grey, masks.protect, meta, pictures)})


def _tick(tick: Tick, stage: Stage, share_01: float = 0.0) -> None:
    tick(stage, fraction_of_page(stage, share_01))


def _reason_to_skip(meta: PageMeta, job: PageJob) -> SkipReason | None:
    if meta.kind == "already_coloured" and not job.keep_coloured:
        return None
    return _SKIPPED_KINDS.get(meta.kind)


def _record(
    prepared: PreparedPage,
    coloured: ColouredPage,
    composition: Composition,
    verdicts: Verdicts,
    retries: int,
    mime: str,
) -> RunMeta:
    plan, engine = prepared.request.plan, prepared.job.engine
    return RunMeta(
        pipeline_version=PIPELINE_VERSION,
        pixels_sha256=prepared.page.pixels_sha256,
        size=prepared.page.size,
        kind=prepared.meta.kind,
        direction=prepared.job.direction,
        read_direction=prepared.meta.direction,
        keep_coloured=prepared.job.keep_coloured,
        **dict(record_corrections(prepared.drawing, composition.faults)),
        mime=mime,
        result_sha256=pixels_digest(composition.rgb),
        engine=EngineRecord(id=engine.id, version=engine.version, weights=dict(coloured.result.weights)),
        plan=record_plan(plan),
        director=cast("dict[str, JsonValue]", prepared.directive.diagnostics()),
        references=prepared.meta.references,
        duplicate_of=coloured.duplicate_of,
        shift_px=(composition.shift.x_px, composition.shift.y_px),
        duration_ms=prepared.stopwatch.duration_ms,
        peak_memory_mib=prepared.stopwatch.peak_memory_mib,
        verdicts=verdicts,
        attempts=tuple(record_attempts(coloured.attempts)),
        retries=retries,
        notes=tuple(filter(None, [prepared.page.note])),
    )
