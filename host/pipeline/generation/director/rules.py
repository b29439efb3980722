"""The hard rules: what holds whatever was proposed (seed plan §2 and §5). Applied in the order of `RULES`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from host.pipeline.generation.director.bounds import EFFECTIVE_GUIDANCE_MAX, GUIDANCE_MAX, GUIDANCE_MIN
from host.pipeline.generation.director.propose import base_guidance_scale

if TYPE_CHECKING:
    from collections.abc import Callable

    from host.pipeline.generation.director.evidence import Evidence
    from host.pipeline.generation.director.sampling_plan import SamplingPlan

CLEANUP_IP_ADAPTER_MAX: Final = 0.55
IP_ADAPTER_GAP_MIN: Final = 0.10
CLEANUP_DENOISING_MAX: Final = 0.60
CONTROLNET_END_MAX: Final = 0.90
POSE_SCALE_MAX: Final = 0.95


def references_are_asymmetric(sampling: SamplingPlan, page: Evidence) -> SamplingPlan:
    """In the clean-up references weigh at least 0.10 less than in the structure, or nothing."""
    del page
    return replace(
        sampling,
        cleanup_ip_adapter_scale=max(
            0.0, min(sampling.cleanup_ip_adapter_scale, sampling.structure_ip_adapter_scale - IP_ADAPTER_GAP_MIN)
        ),
    )


def the_second_reference_stays_weak(sampling: SamplingPlan, page: Evidence) -> SamplingPlan:
    """In the clean-up references weigh 0.55 at most."""
    del page
    return replace(sampling, cleanup_ip_adapter_scale=min(sampling.cleanup_ip_adapter_scale, CLEANUP_IP_ADAPTER_MAX))


def the_second_pass_only_cleans(sampling: SamplingPlan, page: Evidence) -> SamplingPlan:
    """Denoising strength of the clean-up: 0.60 at most."""
    del page
    return replace(sampling, cleanup_denoising_strength=min(sampling.cleanup_denoising_strength, CLEANUP_DENOISING_MAX))


def structure_lets_go_before_the_end(sampling: SamplingPlan, page: Evidence) -> SamplingPlan:
    """ControlNet of the lines: ends at 0.90 at the latest; of the pose: weighs 0.95 at most."""
    del page
    return replace(
        sampling,
        controlnet_end_01=min(sampling.controlnet_end_01, CONTROLNET_END_MAX),
        pose_scale=min(sampling.pose_scale, POSE_SCALE_MAX),
    )


def guidance_follows_intent(sampling: SamplingPlan, page: Evidence) -> SamplingPlan:
    """Guidance is at least the intent's, 0.5 less in the clean-up; each at most the case's effective ceiling."""
    structure_guidance_max, cleanup_guidance_max = EFFECTIVE_GUIDANCE_MAX[page.case]
    base = base_guidance_scale(page.intent)
    return replace(
        sampling,
        structure_guidance_scale=min(structure_guidance_max, max(sampling.structure_guidance_scale, base)),
        cleanup_guidance_scale=min(cleanup_guidance_max, max(sampling.cleanup_guidance_scale, base - 0.5)),
    )


def a_strong_second_reference_calms_guidance(sampling: SamplingPlan, page: Evidence) -> SamplingPlan:
    """Where references weigh over 0.40 in the clean-up, guidance is 7.8 there at most; over 0.50, 7.4."""
    del page
    ceiling = (
        7.4
        if sampling.cleanup_ip_adapter_scale > 0.50
        else 7.8
        if sampling.cleanup_ip_adapter_scale > 0.40
        else GUIDANCE_MAX
    )
    return replace(sampling, cleanup_guidance_scale=min(sampling.cleanup_guidance_scale, ceiling))


def a_firm_lock_calms_guidance(sampling: SamplingPlan, page: Evidence) -> SamplingPlan:
    """ControlNet of the lines over 0.75, or of the pose over 0.90: 0.4 less guidance in the structure."""
    del page
    return (
        replace(sampling, structure_guidance_scale=sampling.structure_guidance_scale - 0.4)
        if sampling.controlnet_scale > 0.75 or sampling.pose_scale > 0.90
        else sampling
    )


def hallucination_calms_guidance(sampling: SamplingPlan, page: Evidence) -> SamplingPlan:
    """Risk of hallucination over 0.6: 0.3 less guidance in the structure, 0.5 less in the clean-up."""
    return (
        replace(
            sampling,
            structure_guidance_scale=sampling.structure_guidance_scale - 0.3,
            cleanup_guidance_scale=sampling.cleanup_guidance_scale - 0.5,
        )
        if page.hallucination_risk > 0.6
        else sampling
    )


def guidance_stays_within_policy(sampling: SamplingPlan, page: Evidence) -> SamplingPlan:
    """Both guidances 7..10."""
    del page
    return replace(
        sampling,
        structure_guidance_scale=_within_policy(sampling.structure_guidance_scale),
        cleanup_guidance_scale=_within_policy(sampling.cleanup_guidance_scale),
    )


def the_second_pass_never_pushes_harder(sampling: SamplingPlan, page: Evidence) -> SamplingPlan:
    """Guidance in the clean-up is at most that in the structure."""
    del page
    return replace(
        sampling, cleanup_guidance_scale=min(sampling.cleanup_guidance_scale, sampling.structure_guidance_scale)
    )


def _within_policy(guidance_scale: float) -> float:
    return max(GUIDANCE_MIN, min(guidance_scale, GUIDANCE_MAX))


RULES: Final[tuple[Callable[[SamplingPlan, Evidence], SamplingPlan], ...]] = (
    references_are_asymmetric,
    the_second_reference_stays_weak,
    the_second_pass_only_cleans,
    structure_lets_go_before_the_end,
    guidance_follows_intent,
    a_strong_second_reference_calms_guidance,
    a_firm_lock_calms_guidance,
    hallucination_calms_guidance,
    guidance_stays_within_policy,
    the_second_pass_never_pushes_harder,
)
