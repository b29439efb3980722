"""Make the request that an engine gets: prompt, masks, style and plan bound to one page, no engine's word in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engines.base import ColorizeRequest, StagePlan
from host.pipeline.generation.director.direct import Directive, direct
from host.pipeline.generation.director.evidence import gather
from host.pipeline.generation.figures import bind_regions
from host.pipeline.generation.masks import bind_panels, bind_parts, bind_protect, bind_tone
from host.pipeline.generation.prompt import Words, build_words, told_words
from host.pipeline.generation.style import any_coloured
from host.pipeline.records.rewording import Rewording
from host.pipeline.rewording import plain_wish

if TYPE_CHECKING:
    from engines.base import Plan
    from host.pipeline.decode import DecodedPage
    from host.pipeline.generation.director.sampling_plan import SamplingPlan
    from host.pipeline.job import PageJob
    from host.pipeline.records.masks import PageMaps, PageMasks
    from host.pipeline.records.page_meta import PageMeta


def make_request(
    page: DecodedPage, meta: PageMeta, masks: PageMasks, job: PageJob, maps: PageMaps | None = None
) -> tuple[ColorizeRequest, Directive]:
    """Return the request, and the directive that its plan's stages follow.

    job.references: those that serve the page, in the order of `meta.references`.

    Only an engine with a use for regions gets them: each holds a mask of the page's size.
    """
    references = job.references
    directive = direct(gather(meta, job.plan.quality, reference_coloured=any_coloured(references)))
    wish, avoid, done = plain_wish(job), job.plan.negative_prompt, job.rewording or Rewording()
    told = told_words(done.english("wish", wish), done.english("avoid", avoid), done)
    words = build_words(
        meta, told.wish, told.avoid, references, directive, job.engine.wording, job.corrections.palettes,
        prose=told.prose, seen=told.seen,
    )  # fmt: skip
    request = ColorizeRequest(
        page=page.grey,
        protect=bind_protect(masks),
        references=tuple(reference.pixels for reference in references),
        plan=replace(job.plan, stages=plan_stages(directive.sampling, words, job.plan, job.engine.stages)),
        regions=bind_regions(meta, maps, references, job.corrections.palettes, job.engine.wording)
        if job.engine.regions
        else (),
        tone=bind_tone(maps, masks),
        parts=bind_parts(meta, maps),
        panels=bind_panels(maps),
    )
    return request, directive


def with_sampling(plan: Plan, sampling: SamplingPlan) -> Plan:
    """Return a plan whose passes keep their words and steps and follow another sampling."""
    words = [Words(stage.prompt, stage.negative_prompt) for stage in plan.stages]
    both = (words[0], words[-1]) if words else (Words("", ""), Words("", ""))
    return replace(plan, stages=plan_stages(sampling, both, plan, len(plan.stages)))


def plan_stages(sampling: SamplingPlan, words: tuple[Words, Words], plan: Plan, stages: int) -> tuple[StagePlan, ...]:
    """Return the passes that an engine makes: structure (KS1) and, where it makes two, clean-up (KS2)."""
    structure = StagePlan(
        prompt=words[0].positive,
        negative_prompt=words[0].negative,
        guidance=sampling.structure_guidance_scale,
        denoise_01=sampling.structure_denoising_strength if stages > 1 else 1.0,
        steps=plan.steps,
        structure_strength=sampling.controlnet_scale,
        structure_end_01=sampling.controlnet_end_01,
        pose_strength=sampling.pose_scale,
        pose_end_01=sampling.pose_end_01,
        style_weight=sampling.structure_ip_adapter_scale,
        style_end_01=sampling.structure_ip_adapter_end_01,
    )
    clean_up = StagePlan(
        prompt=words[1].positive,
        negative_prompt=words[1].negative,
        guidance=sampling.cleanup_guidance_scale,
        denoise_01=sampling.cleanup_denoising_strength,
        steps=plan.steps,
        structure_strength=sampling.controlnet_scale,
        structure_end_01=sampling.controlnet_end_01,
        pose_strength=0.0,
        style_weight=sampling.cleanup_ip_adapter_scale,
        style_end_01=sampling.cleanup_ip_adapter_end_01,
    )
    return (structure, clean_up)[: max(1, stages)]
