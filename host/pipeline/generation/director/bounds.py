"""The bounds of a case, and how a page and its references move them (seed plan §4 and §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host.pipeline.generation.director.sampling_plan import Bounds, SamplingPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from host.pipeline.generation.director.evidence import Evidence
    from host.pipeline.records.page_meta import Case

GUIDANCE_MIN: Final = 7.0
GUIDANCE_MAX: Final = 10.0
EFFECTIVE_GUIDANCE_MAX: Final[dict[Case, tuple[float, float]]] = {
    "single_simple": (9.6, 8.6),
    "single_complex": (9.2, 8.4),
    "multi_object": (9.2, 8.2),
}
"""The highest guidance of structure and clean-up per case (seed plan §4)."""

HIGH: Final = 0.6
"""From here on a signal counts as high; below `LOW` as low."""
LOW: Final = 0.4
_LARGE_OBJECT: Final = 0.6
_SMALL_OBJECT: Final = 0.2

# The seed gives directions, not figures, for what is not guidance: a strong ControlNet where the object is simple, a
# moderate one where it is complex, strong structure and little clean-up where there are several.
_CONTROLNET_SCALE: Final[dict[Case, tuple[float, float]]] = {
    "single_simple": (0.55, 0.95),
    "single_complex": (0.45, 0.75),
    "multi_object": (0.55, 0.85),
}
_CLEANUP_DENOISING_MAX: Final[dict[Case, float]] = {"single_simple": 0.60, "single_complex": 0.45, "multi_object": 0.40}
_STRUCTURE_IP_ADAPTER_MAX: Final[dict[Case, float]] = {
    "single_simple": 0.85,
    "single_complex": 0.75,
    "multi_object": 0.65,
}


def bounds_of_case(case: Case) -> Bounds:
    """Return the bounds that a case begins with."""
    structure_guidance_max, cleanup_guidance_max = EFFECTIVE_GUIDANCE_MAX[case]
    controlnet_min, controlnet_max = _CONTROLNET_SCALE[case]
    return Bounds(
        low=SamplingPlan(
            structure_guidance_scale=GUIDANCE_MIN,
            cleanup_guidance_scale=GUIDANCE_MIN,
            structure_denoising_strength=0.70,
            cleanup_denoising_strength=0.20,
            controlnet_scale=controlnet_min,
            controlnet_end_01=0.55,
            pose_scale=0.0,
            pose_end_01=0.40,
            structure_ip_adapter_scale=0.0,
            structure_ip_adapter_end_01=0.40,
            cleanup_ip_adapter_scale=0.0,
            cleanup_ip_adapter_end_01=0.30,
        ),
        high=SamplingPlan(
            structure_guidance_scale=structure_guidance_max,
            cleanup_guidance_scale=cleanup_guidance_max,
            structure_denoising_strength=0.90,
            cleanup_denoising_strength=_CLEANUP_DENOISING_MAX[case],
            controlnet_scale=controlnet_max,
            controlnet_end_01=0.90,
            pose_scale=0.95,
            pose_end_01=0.85,
            structure_ip_adapter_scale=_STRUCTURE_IP_ADAPTER_MAX[case],
            structure_ip_adapter_end_01=0.85,
            cleanup_ip_adapter_scale=0.55,
            cleanup_ip_adapter_end_01=0.70,
        ),
    )


def high_conflict_weakens_the_references(bounds: Bounds, page: Evidence) -> Bounds:
    """Conflict high: references weigh less in both passes."""
    return (
        bounds.lower(structure_ip_adapter_scale=0.25, cleanup_ip_adapter_scale=0.20) if page.conflict > HIGH else bounds
    )


def a_coloured_reference_leaves_the_clean_up_early(bounds: Bounds, page: Evidence) -> Bounds:
    """Coloured reference: it weighs less in the clean-up, and ends earlier."""
    return (
        bounds.lower(cleanup_ip_adapter_scale=0.10, cleanup_ip_adapter_end_01=0.20)
        if page.reference_coloured
        else bounds
    )


def poor_lines_may_be_drawn_over(bounds: Bounds, page: Evidence) -> Bounds:
    """Line quality low: slightly more denoising and reference in the structure."""
    return (
        bounds.widen(structure_denoising_strength=0.05, structure_ip_adapter_scale=0.05)
        if page.line_quality < LOW
        else bounds
    )


def good_lines_are_left_alone(bounds: Bounds, page: Evidence) -> Bounds:
    """Line quality high: less interference by the clean-up."""
    return (
        bounds.lower(cleanup_denoising_strength=0.10, cleanup_ip_adapter_scale=0.05)
        if page.line_quality > HIGH
        else bounds
    )


def risky_poses_are_locked(bounds: Bounds, page: Evidence) -> Bounds:
    """Pose risk high: stronger pose lock, less force of style."""
    return (
        bounds.raise_floor(pose_scale=0.60, pose_end_01=0.20).lower(structure_ip_adapter_scale=0.10)
        if page.pose_risk > HIGH
        else bounds
    )


def large_objects_need_room(bounds: Bounds, page: Evidence) -> Bounds:
    """Large object: lower ceiling of the ControlNet, so that the clean-up is not choked."""
    return bounds.lower(controlnet_scale=0.15) if page.object_scale > _LARGE_OBJECT else bounds


def small_objects_bear_a_firm_hand(bounds: Bounds, page: Evidence) -> Bounds:
    """Small object: a stronger ControlNet is allowed."""
    return bounds.widen(controlnet_scale=0.10) if page.object_scale < _SMALL_OBJECT else bounds


ADJUSTMENTS: Final[tuple[Callable[[Bounds, Evidence], Bounds], ...]] = (
    high_conflict_weakens_the_references,
    a_coloured_reference_leaves_the_clean_up_early,
    poor_lines_may_be_drawn_over,
    good_lines_are_left_alone,
    risky_poses_are_locked,
    large_objects_need_room,
    small_objects_bear_a_firm_hand,
)
