"""What the tests of the director plan for: a calm page, and a plan in the middle."""

from dataclasses import replace

from host.pipeline.generation.director.evidence import Evidence
from host.pipeline.generation.director.sampling_plan import SamplingPlan


def page(**changes) -> Evidence:
    calm = Evidence(
        structure_confidence=0.5,
        reference_reliability=0.5,
        style_distance=0.5,
        pose_risk=0.2,
        hallucination_risk=0.2,
        case="single_complex",
        line_quality=0.5,
        object_scale=0.4,
        conflict=0.2,
        has_reference=True,
        reference_coloured=False,
        intent=0.5,
    )
    return replace(calm, **changes)


def sampling(**changes) -> SamplingPlan:
    calm = SamplingPlan(
        structure_guidance_scale=9.0,
        cleanup_guidance_scale=8.0,
        structure_denoising_strength=0.8,
        cleanup_denoising_strength=0.4,
        controlnet_scale=0.6,
        controlnet_end_01=0.7,
        pose_scale=0.3,
        pose_end_01=0.6,
        structure_ip_adapter_scale=0.6,
        structure_ip_adapter_end_01=0.6,
        cleanup_ip_adapter_scale=0.3,
        cleanup_ip_adapter_end_01=0.5,
    )
    return replace(calm, **changes)
