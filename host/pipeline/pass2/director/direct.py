"""Plan a page: propose, bound, obey; and the safer plan for a second try."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from host.pipeline.pass2.director.bounds import ADJUSTMENTS, EFFECTIVE_CFG_MAX, bounds_of_case
from host.pipeline.pass2.director.propose import propose
from host.pipeline.pass2.director.rules import RULES

if TYPE_CHECKING:
    from host.pipeline.pass2.director.evidence import Evidence
    from host.pipeline.pass2.director.knobs import Bounds, Knobs

# Seed plan §10: denoise, references and structure move before guidance does.
_SAFER_DENOISE: Final = 0.10
_SAFER_IP: Final = 0.15
_SAFER_UNION: Final = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """The plan of a page. `acted`: names of the adjustments and rules that changed something, in their order."""

    knobs: Knobs
    evidence: Evidence
    acted: tuple[str, ...]

    def diagnostics(self) -> dict[str, float | str | list[str]]:
        """Return what the seed's plan says to watch (§8), for `runmeta`."""
        page, knobs = self.evidence, self.knobs
        cfg1_max, cfg2_max = EFFECTIVE_CFG_MAX[page.case]
        return {
            "S_structure_confidence": page.S,
            "R_reference_reliability": page.R,
            "D_style_distance": page.D,
            "P_pose_risk": page.P,
            "H_hallucination_risk": page.H,
            "case": page.case,
            "conflict_penalty": page.conflict,
            "reference_mode": page.reference_mode,
            "influence_scalar": page.influence,
            "ip1": knobs.ip1,
            "ip1_end_at": knobs.ip1_end,
            "ip2": knobs.ip2,
            "ip2_end_at": knobs.ip2_end,
            "cfg1_effective_max": cfg1_max,
            "cfg2_effective_max": cfg2_max,
            "acted": list(self.acted),
        }


def direct(page: Evidence) -> Directive:
    """Return the plan for a page. Same evidence, same plan."""
    bounds, adjusted = _bounds(page)
    knobs, ruled = _obey(bounds.clamp(propose(page)), page)
    return Directive(knobs=knobs, evidence=page, acted=(*adjusted, *ruled))


def direct_safer(directive: Directive) -> Directive:
    """Return the plan for a second try: less is made anew, references weigh less, structure binds more."""
    page, knobs = directive.evidence, directive.knobs
    bounds, adjusted = _bounds(page)
    calmer = replace(
        knobs,
        denoise1=knobs.denoise1 - _SAFER_DENOISE,
        denoise2=knobs.denoise2 - _SAFER_DENOISE,
        ip1=knobs.ip1 - _SAFER_IP,
        ip2=knobs.ip2 - _SAFER_IP,
        union=knobs.union + _SAFER_UNION,
    )
    safer, ruled = _obey(bounds.clamp(calmer), page)
    return Directive(knobs=safer, evidence=page, acted=("safer_plan", *adjusted, *ruled))


def _bounds(page: Evidence) -> tuple[Bounds, list[str]]:
    bounds, acted = bounds_of_case(page.case), []
    for adjust in ADJUSTMENTS:
        moved = adjust(bounds, page)
        if moved != bounds:
            acted.append(adjust.__name__)
        bounds = moved
    return bounds, acted


def _obey(knobs: Knobs, page: Evidence) -> tuple[Knobs, list[str]]:
    acted = []
    for rule in RULES:
        obeyed = rule(knobs, page)
        if obeyed != knobs:
            acted.append(rule.__name__)
        knobs = obeyed
    return knobs, acted
