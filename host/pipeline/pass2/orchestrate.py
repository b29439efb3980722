"""Make the request that an engine gets: prompt, masks, style and plan bound to one page, no engine's word in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engines.base import ColorizeRequest, StagePlan
from host.pipeline.pass2.director.direct import Directive, direct
from host.pipeline.pass2.director.evidence import gather
from host.pipeline.pass2.masks import bind_panels, bind_parts, bind_protect, bind_regions, bind_tone
from host.pipeline.pass2.prompt import Words, build_words
from host.pipeline.pass2.style import any_coloured

if TYPE_CHECKING:
    from engines.base import Plan
    from host.pipeline.decode import DecodedPage
    from host.pipeline.job import PageJob
    from host.pipeline.pagemasks import PageMaps, PageMasks
    from host.pipeline.pagemeta import PageMeta
    from host.pipeline.pass2.director.knobs import Knobs


def make_request(
    page: DecodedPage, meta: PageMeta, masks: PageMasks, job: PageJob, maps: PageMaps | None = None
) -> tuple[ColorizeRequest, Directive]:
    """Return the request, and the directive that its plan's stages follow.

    job.references: those that serve the page, in the order of `meta.references`.

    Only an engine with a use for regions gets them: each holds a mask of the page's size.
    """
    references = job.references
    directive = direct(gather(meta, job.plan.quality, reference_coloured=any_coloured(references)))
    words = build_words(meta, job.plan.prompt, job.plan.negative_prompt, references, directive, job.engine.wording)
    request = ColorizeRequest(
        page=page.grey,
        protect=bind_protect(masks),
        references=tuple(reference.pixels for reference in references),
        plan=replace(job.plan, stages=plan_stages(directive.knobs, words, job.plan, job.engine.stages)),
        regions=bind_regions(meta, maps) if job.engine.regions else (),
        tone=bind_tone(maps, masks),
        parts=bind_parts(meta, maps),
        panels=bind_panels(maps),
    )
    return request, directive


def with_knobs(plan: Plan, knobs: Knobs) -> Plan:
    """Return a plan whose passes keep their words and steps and follow other knobs."""
    words = [Words(stage.prompt, stage.negative_prompt) for stage in plan.stages]
    both = (words[0], words[-1]) if words else (Words("", ""), Words("", ""))
    return replace(plan, stages=plan_stages(knobs, both, plan, len(plan.stages)))


def plan_stages(knobs: Knobs, words: tuple[Words, Words], plan: Plan, stages: int) -> tuple[StagePlan, ...]:
    """Return the passes that an engine makes: structure (KS1) and, where it makes two, clean-up (KS2)."""
    structure = StagePlan(
        prompt=words[0].positive,
        negative_prompt=words[0].negative,
        guidance=knobs.cfg1,
        denoise_01=knobs.denoise1 if stages > 1 else 1.0,
        steps=plan.steps,
        structure_strength=knobs.union,
        structure_end_01=knobs.union_end,
        pose_strength=knobs.pose,
        pose_end_01=knobs.pose_end,
        style_weight=knobs.ip1,
        style_end_01=knobs.ip1_end,
    )
    clean_up = StagePlan(
        prompt=words[1].positive,
        negative_prompt=words[1].negative,
        guidance=knobs.cfg2,
        denoise_01=knobs.denoise2,
        steps=plan.steps,
        structure_strength=knobs.union,
        structure_end_01=knobs.union_end,
        pose_strength=0.0,
        style_weight=knobs.ip2,
        style_end_01=knobs.ip2_end,
    )
    return (structure, clean_up)[: max(1, stages)]
