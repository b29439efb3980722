"""`irodori rerun`: make a picture again from its record. The same machine and weights give the same pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from engines.base import LoraUse, Plan
from host.errors import BadRequest, HashMismatch, NotFound, WeightsMissing
from host.jobs.recipe import viable_engine
from host.model_library import dropped
from host.pipeline.analysis.shipped import shipped_reader
from host.pipeline.faults import faults_mapped
from host.pipeline.job import PageJob
from host.pipeline.page import PagePipeline
from host.pipeline.prepared import PreparedPage
from host.pipeline.records.corrections import recorded_corrections
from host.pipeline.records.rewording import Rewording
from host.pipeline.retrieve import Recorded
from host.pipeline.version import PIPELINE_VERSION
from host.store.job_memory import learned_page, library_reference
from models.digests import file_digest

if TYPE_CHECKING:
    from engines.base import ColorizeEngine
    from host.application import Application
    from host.pipeline.decode import DecodedPage
    from host.pipeline.finished import FinishedPage
    from host.pipeline.records.page_meta import ReferenceUse
    from host.pipeline.records.run_meta import LoraRecord, RunMeta
    from host.pipeline.series import ReferencePicture


def rerun(application: Application, record: RunMeta, encoded: bytes) -> tuple[FinishedPage, bool]:
    """Colour a page as its record says; also tells whether the pixels are the recorded ones.

    encoded: the page as it was captured or read.

    Raises:
        HashMismatch: this is not the page of the record. NotFound: an engine, reference or LoRA is not here any more.
        BadRequest: another version of the pipeline or of the engine made it, or its colour came from a near-duplicate
        page. WeightsMissing: with other weights.
        And what colouring a page raises.
    """
    if record.pipeline_version != PIPELINE_VERSION:
        raise BadRequest(
            f"The record was made by version {record.pipeline_version} of the pipeline, this is {PIPELINE_VERSION}.",
            "Colour the page anew.",
        )
    if record.duplicate_of is not None:
        raise BadRequest(
            f"Its colour came from a page that is the same picture saved again ({record.duplicate_of[:16]}…).",
            "Rerun the record of that page.",
        )
    engine = viable_engine(application.engines, record.engine.id)
    _require_same(engine, record)
    pipeline = PagePipeline(
        reader=shipped_reader(application.settings.current.detector_weights), retriever=Recorded(record.references)
    )
    page = pipeline.decode(encoded)
    if page.pixels_sha256 != record.pixels_sha256:
        raise HashMismatch("This is not the page of the record.", "Name the page as it was before it was coloured.")
    finished = _colour(application, pipeline, page, engine, _job(application, engine, record))
    return finished, finished.runmeta.result_sha256 == record.result_sha256


def _colour(
    application: Application, pipeline: PagePipeline, page: DecodedPage, engine: ColorizeEngine, job: PageJob
) -> FinishedPage:
    prepared = pipeline.read(page, job, _unheard)
    if not isinstance(prepared, PreparedPage):
        raise BadRequest(f"The page is now read as one to leave alone ({prepared.reason}).", "Colour it anew.")
    with application.engine_room() as room:
        with room.engine(engine.info.id, lambda: None) as (loaded, _):
            coloured = room.run_with_memory(loaded, lambda: pipeline.colour(prepared, loaded, _unheard))
        return pipeline.finish(prepared, coloured, _unheard)


def _require_same(engine: ColorizeEngine, record: RunMeta) -> None:
    if engine.info.version != record.engine.version:
        raise BadRequest(
            f"Version {record.engine.version} of {engine.info.label} made it, this is {engine.info.version}.",
            "Colour the page anew.",
        )
    loras = {f"lora/{lora.name}" for lora in record.plan.loras}
    wanted = {name: digest for name, digest in record.engine.weights.items() if name not in loras}
    with faults_mapped():
        here = dict(engine.weights_digests())
    if here != wanted:
        other = sorted(name for name in wanted.keys() | here.keys() if wanted.get(name) != here.get(name))
        raise WeightsMissing(f"Other weights made it: {', '.join(other)}.", "Put those weights back.")


def _job(application: Application, engine: ColorizeEngine, record: RunMeta) -> PageJob:
    plan = record.plan
    return PageJob(
        engine=engine.info,
        plan=Plan(
            seed=plan.seed,
            strength_01=plan.strength_01,
            steps=plan.steps,
            prompt=plan.prompt,
            negative_prompt=plan.negative_prompt,
            quality=plan.quality,
            loras=tuple(_lora(lora) for lora in plan.loras),
            engine_options=plan.engine_options,
        ),
        references=tuple(_reference(application, use) for use in record.references),
        corrections=recorded_corrections(record),
        rewording=Rewording(steps=record.rewording),
        keep_coloured=record.keep_coloured,
        direction=record.direction,
        output_format=cast("Any", {"image/png": "png", "image/jpeg": "jpeg"}.get(record.mime, "webp_lossless")),
    )


def _reference(application: Application, use: ReferenceUse) -> ReferencePicture:
    if use.origin != "page":
        return library_reference(application.store.references, use.reference_id)
    page = learned_page(application.store.results, use.reference_id)
    if page is None or page[1] != use.pixels_sha256:
        what = "has gone from the cache" if page is None else "was coloured anew since"
        raise NotFound(
            f"It learned from a coloured page that {what} ({use.reference_id[:16]}…).",
            "Colour the page anew.",
            reference_id=use.reference_id,
        )
    return page[0]


def _lora(lora: LoraRecord) -> LoraUse:
    if not lora.sha256:
        return LoraUse(name=lora.name, weight=lora.weight)
    for one in dropped():
        if one.identity.role == "lora" and not one.fault and file_digest(one.path) == lora.sha256:
            return LoraUse(name=lora.name, weight=lora.weight, path=str(one.path), sha256=lora.sha256)
    raise NotFound(f"The LoRA {lora.name} is not here.", "Put it back into the models' folder.")


def _unheard(stage: object, fraction: float) -> None:
    """Report to nobody."""
