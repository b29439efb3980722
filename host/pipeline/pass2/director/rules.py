"""The hard rules: what holds whatever was proposed (seed plan §2 and §5). Applied in the order of `RULES`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from host.pipeline.pass2.director.bounds import CFG_MAX, CFG_MIN, EFFECTIVE_CFG_MAX
from host.pipeline.pass2.director.propose import base_cfg

if TYPE_CHECKING:
    from collections.abc import Callable

    from host.pipeline.pass2.director.evidence import Evidence
    from host.pipeline.pass2.director.knobs import Knobs

IP2_MAX: Final = 0.55
IP_GAP: Final = 0.10
DENOISE2_MAX: Final = 0.60
UNION_END_MAX: Final = 0.90
POSE_MAX: Final = 0.95


def references_are_asymmetric(knobs: Knobs, page: Evidence) -> Knobs:
    """ip2 <= ip1 - 0.10, or off."""
    del page
    return replace(knobs, ip2=max(0.0, min(knobs.ip2, knobs.ip1 - IP_GAP)))


def the_second_reference_stays_weak(knobs: Knobs, page: Evidence) -> Knobs:
    """ip2 <= 0.55."""
    del page
    return replace(knobs, ip2=min(knobs.ip2, IP2_MAX))


def the_second_pass_only_cleans(knobs: Knobs, page: Evidence) -> Knobs:
    """denoise2 <= 0.60."""
    del page
    return replace(knobs, denoise2=min(knobs.denoise2, DENOISE2_MAX))


def structure_lets_go_before_the_end(knobs: Knobs, page: Evidence) -> Knobs:
    """Union ends at 0.90 at the latest; pose is never locked beyond 0.95."""
    del page
    return replace(knobs, union_end=min(knobs.union_end, UNION_END_MAX), pose=min(knobs.pose, POSE_MAX))


def guidance_follows_intent(knobs: Knobs, page: Evidence) -> Knobs:
    """cfg1 >= base, cfg2 >= base - 0.5, each at most the case's effective ceiling."""
    cfg1_max, cfg2_max = EFFECTIVE_CFG_MAX[page.case]
    base = base_cfg(page.intent)
    return replace(knobs, cfg1=min(cfg1_max, max(knobs.cfg1, base)), cfg2=min(cfg2_max, max(knobs.cfg2, base - 0.5)))


def a_strong_second_reference_calms_guidance(knobs: Knobs, page: Evidence) -> Knobs:
    """ip2 > 0.40: cfg2 <= 7.8; ip2 > 0.50: cfg2 <= 7.4."""
    del page
    ceiling = 7.4 if knobs.ip2 > 0.50 else 7.8 if knobs.ip2 > 0.40 else CFG_MAX
    return replace(knobs, cfg2=min(knobs.cfg2, ceiling))


def a_firm_lock_calms_guidance(knobs: Knobs, page: Evidence) -> Knobs:
    """Union > 0.75 or pose > 0.90: cfg1 - 0.4."""
    del page
    return replace(knobs, cfg1=knobs.cfg1 - 0.4) if knobs.union > 0.75 or knobs.pose > 0.90 else knobs


def hallucination_calms_guidance(knobs: Knobs, page: Evidence) -> Knobs:
    """H > 0.6: cfg1 - 0.3, cfg2 - 0.5."""
    return replace(knobs, cfg1=knobs.cfg1 - 0.3, cfg2=knobs.cfg2 - 0.5) if page.H > 0.6 else knobs


def guidance_stays_within_policy(knobs: Knobs, page: Evidence) -> Knobs:
    """Both guidances 7..10."""
    del page
    return replace(knobs, cfg1=_within_policy(knobs.cfg1), cfg2=_within_policy(knobs.cfg2))


def the_second_pass_never_pushes_harder(knobs: Knobs, page: Evidence) -> Knobs:
    """cfg2 <= cfg1."""
    del page
    return replace(knobs, cfg2=min(knobs.cfg2, knobs.cfg1))


def _within_policy(cfg: float) -> float:
    return max(CFG_MIN, min(cfg, CFG_MAX))


RULES: Final[tuple[Callable[[Knobs, Evidence], Knobs], ...]] = (
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
