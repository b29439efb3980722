"""Plan a page: propose, bound, obey; and the safer plan for a second try."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from host.pipeline.generation.director.bounds import ADJUSTMENTS, EFFECTIVE_GUIDANCE_MAX, bounds_of_case
from host.pipeline.generation.director.propose import propose
from host.pipeline.generation.director.rules import RULES

if TYPE_CHECKING:
    from host.pipeline.generation.director.evidence import Evidence
    from host.pipeline.generation.director.sampling_plan import Bounds, SamplingPlan

# Seed plan §10: denoising, references and structure move before guidance does.
_SAFER_DENOISING: Final = 0.10
_SAFER_IP_ADAPTER: Final = 0.15
_SAFER_CONTROLNET: Final = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """The plan of a page. `acted`: names of the adjustments and rules that changed something, in their order."""

    sampling: SamplingPlan
    evidence: Evidence
    acted: tuple[str, ...]

    def diagnostics(self) -> dict[str, float | str | list[str]]:
        """Return what the seed's plan says to watch (§8), for `runmeta`."""
        page, sampling = self.evidence, self.sampling
        structure_guidance_max, cleanup_guidance_max = EFFECTIVE_GUIDANCE_MAX[page.case]
        return {
            "S_structure_confidence": page.structure_confidence,
            "R_reference_reliability": page.reference_reliability,
            "D_style_distance": page.style_distance,
            "P_pose_risk": page.pose_risk,
            "H_hallucination_risk": page.hallucination_risk,
            "case": page.case,
            "conflict_penalty": page.conflict,
            "reference_mode": page.reference_mode,
            "influence_scalar": page.influence,
            "ip1": sampling.structure_ip_adapter_scale,
            "ip1_end_at": sampling.structure_ip_adapter_end_01,
            "ip2": sampling.cleanup_ip_adapter_scale,
            "ip2_end_at": sampling.cleanup_ip_adapter_end_01,
            "cfg1_effective_max": structure_guidance_max,
            "cfg2_effective_max": cleanup_guidance_max,
            "acted": list(self.acted),
        }


def direct(page: Evidence) -> Directive:
    """Return the plan for a page. Same evidence, same plan."""
    bounds, adjusted = _bounds(page)
    sampling, ruled = _obey(bounds.clamp(propose(page)), page)
    return Directive(sampling=sampling, evidence=page, acted=(*adjusted, *ruled))


def direct_safer(directive: Directive) -> Directive:
    """Return the plan for a second try: less is made anew, references weigh less, structure binds more."""
    page, sampling = directive.evidence, directive.sampling
    bounds, adjusted = _bounds(page)
    calmer = replace(
        sampling,
        structure_denoising_strength=sampling.structure_denoising_strength - _SAFER_DENOISING,
        cleanup_denoising_strength=sampling.cleanup_denoising_strength - _SAFER_DENOISING,
        structure_ip_adapter_scale=sampling.structure_ip_adapter_scale - _SAFER_IP_ADAPTER,
        cleanup_ip_adapter_scale=sampling.cleanup_ip_adapter_scale - _SAFER_IP_ADAPTER,
        controlnet_scale=sampling.controlnet_scale + _SAFER_CONTROLNET,
    )
    safer, ruled = _obey(bounds.clamp(calmer), page)
    return Directive(sampling=safer, evidence=page, acted=("safer_plan", *adjusted, *ruled))


def _bounds(page: Evidence) -> tuple[Bounds, list[str]]:
    bounds, acted = bounds_of_case(page.case), []
    for adjust in ADJUSTMENTS:
        moved = adjust(bounds, page)
        if moved != bounds:
            acted.append(adjust.__name__)
        bounds = moved
    return bounds, acted


def _obey(sampling: SamplingPlan, page: Evidence) -> tuple[SamplingPlan, list[str]]:
    acted = []
    for rule in RULES:
        obeyed = rule(sampling, page)
        if obeyed != sampling:
            acted.append(rule.__name__)
        sampling = obeyed
    return sampling, acted
