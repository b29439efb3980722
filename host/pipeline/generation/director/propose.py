"""The first guess of every field of the plan, from the signals alone; bounds and rules come after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host.pipeline.generation.director.bounds import GUIDANCE_MAX
from host.pipeline.generation.director.sampling_plan import SamplingPlan

if TYPE_CHECKING:
    from host.pipeline.generation.director.evidence import Evidence


def base_guidance_scale(intent: float) -> float:
    """Return the guidance that the reader's intent (0..1) asks for: 7.2 + 1.8 intent (seed plan §5)."""
    return 7.2 + 1.8 * intent


def propose(page: Evidence) -> SamplingPlan:
    """Return the candidates.

    Sure structure (S) binds firmly and long and leaves little to make anew; risk of hallucination (H) does the same.
    The references weigh as much as they may influence, less the further their style lies.
    """
    firm = 0.65 * page.structure_confidence + 0.35 * page.hallucination_risk
    base = base_guidance_scale(page.intent)
    structure_ip_adapter_scale = page.influence * (0.95 - 0.25 * page.style_distance)
    return SamplingPlan(
        structure_guidance_scale=min(GUIDANCE_MAX, base + 0.6 * page.structure_confidence),
        cleanup_guidance_scale=base - 0.5 + 0.3 * (1 - page.hallucination_risk),
        structure_denoising_strength=0.90 - 0.15 * firm,
        cleanup_denoising_strength=0.55 - 0.25 * firm,
        controlnet_scale=0.45 + 0.50 * firm,
        controlnet_end_01=0.60 + 0.30 * firm,
        pose_scale=0.90 * page.pose_risk,
        pose_end_01=0.40 + 0.40 * page.pose_risk,
        structure_ip_adapter_scale=structure_ip_adapter_scale,
        structure_ip_adapter_end_01=0.50 + 0.30 * page.influence,
        cleanup_ip_adapter_scale=0.6 * structure_ip_adapter_scale,
        cleanup_ip_adapter_end_01=0.35 + 0.30 * page.influence,
    )
