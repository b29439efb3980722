"""Where each case begins, how far each adjustment moves, and what that comes to for a page."""

from dataclasses import fields

import pytest

from host.pipeline.generation.director import bounds
from host.pipeline.generation.director.direct import direct, direct_safer
from host.pipeline.generation.director.propose import propose
from host.pipeline.generation.director.sampling_plan import SamplingPlan
from tests.host.pipeline.director.plans import page, sampling


@pytest.mark.parametrize(
    ("adjust", "signal", "calm", "beyond", "low", "high"),
    [
        (bounds.high_conflict_weakens_the_references, "conflict", 0.6, 0.61, {},
         {"structure_ip_adapter_scale": -0.25, "cleanup_ip_adapter_scale": -0.20}),
        (bounds.a_coloured_reference_leaves_the_clean_up_early, "reference_coloured", False, True, {},
         {"cleanup_ip_adapter_scale": -0.10, "cleanup_ip_adapter_end_01": -0.20}),
        (bounds.poor_lines_may_be_drawn_over, "line_quality", 0.4, 0.39, {},
         {"structure_denoising_strength": 0.05, "structure_ip_adapter_scale": 0.05}),
        (bounds.good_lines_are_left_alone, "line_quality", 0.6, 0.61, {},
         {"cleanup_denoising_strength": -0.10, "cleanup_ip_adapter_scale": -0.05}),
        (bounds.risky_poses_are_locked, "pose_risk", 0.6, 0.61, {"pose_scale": 0.60, "pose_end_01": 0.20},
         {"structure_ip_adapter_scale": -0.10}),
        (bounds.large_objects_need_room, "object_scale", 0.6, 0.61, {}, {"controlnet_scale": -0.15}),
        (bounds.small_objects_bear_a_firm_hand, "object_scale", 0.2, 0.19, {}, {"controlnet_scale": 0.10}),
    ],
)  # fmt: skip
def test_how_far_each_adjustment_moves_and_from_where(adjust, signal, calm, beyond, low, high):
    begin = bounds.bounds_of_case("single_complex")
    assert adjust(begin, page(**{signal: calm})) == begin
    moved = adjust(begin, page(**{signal: beyond}))
    for one in fields(SamplingPlan):
        before, after = getattr(begin.low, one.name), getattr(moved.low, one.name)
        assert after - before == pytest.approx(low.get(one.name, 0)), one.name
        before, after = getattr(begin.high, one.name), getattr(moved.high, one.name)
        assert after - before == pytest.approx(high.get(one.name, 0)), one.name


@pytest.mark.parametrize(
    ("case", "controlnet_scale", "cleanup_denoising_strength", "structure_ip_adapter_scale"),
    [
        ("single_simple", (0.55, 0.95), 0.60, 0.85),
        ("single_complex", (0.45, 0.75), 0.45, 0.75),
        ("multi_object", (0.55, 0.85), 0.40, 0.65),
    ],
)
def test_where_a_case_begins(case, controlnet_scale, cleanup_denoising_strength, structure_ip_adapter_scale):
    begin = bounds.bounds_of_case(case)
    assert begin.low == sampling(
        structure_guidance_scale=7.0,
        cleanup_guidance_scale=7.0,
        structure_denoising_strength=0.70,
        cleanup_denoising_strength=0.20,
        controlnet_scale=controlnet_scale[0],
        controlnet_end_01=0.55,
        pose_scale=0.0,
        pose_end_01=0.40,
        structure_ip_adapter_scale=0.0,
        structure_ip_adapter_end_01=0.40,
        cleanup_ip_adapter_scale=0.0,
        cleanup_ip_adapter_end_01=0.30,
    )
    assert begin.high == sampling(
        structure_guidance_scale=begin.high.structure_guidance_scale,
        cleanup_guidance_scale=begin.high.cleanup_guidance_scale,
        structure_denoising_strength=0.90,
        cleanup_denoising_strength=cleanup_denoising_strength,
        controlnet_scale=controlnet_scale[1],
        controlnet_end_01=0.90,
        pose_scale=0.95,
        pose_end_01=0.85,
        structure_ip_adapter_scale=structure_ip_adapter_scale,
        structure_ip_adapter_end_01=0.85,
        cleanup_ip_adapter_scale=0.55,
        cleanup_ip_adapter_end_01=0.70,
    )


def values(plan: SamplingPlan) -> dict[str, float]:
    return {one.name: round(getattr(plan, one.name), 9) for one in fields(plan)}


def test_what_is_proposed_for_a_page():
    # firm: 0.65 * 0.4 + 0.35 * 0.8 = 0.54; influence: 0.5 * (1 - 0.2) = 0.4; base: 7.2 + 1.8 * 0.5 = 8.1
    asked = page(structure_confidence=0.4, hallucination_risk=0.8, style_distance=0.6, pose_risk=0.3)
    assert values(propose(asked)) == {
        "structure_guidance_scale": 8.34,
        "cleanup_guidance_scale": 7.66,
        "structure_denoising_strength": 0.819,
        "cleanup_denoising_strength": 0.415,
        "controlnet_scale": 0.72,
        "controlnet_end_01": 0.762,
        "pose_scale": 0.27,
        "pose_end_01": 0.52,
        "structure_ip_adapter_scale": 0.32,
        "structure_ip_adapter_end_01": 0.62,
        "cleanup_ip_adapter_scale": 0.192,
        "cleanup_ip_adapter_end_01": 0.47,
    }


def test_what_is_planned_for_a_page_and_what_on_a_second_try():
    first = direct(page(conflict=0.61, reference_reliability=1.0, style_distance=0.0, line_quality=0.61))
    assert first.acted == ("high_conflict_weakens_the_references", "good_lines_are_left_alone")
    again = direct_safer(first)
    assert again.acted[0] == "safer_plan"
    assert again.evidence is first.evidence
    before, after = values(first.sampling), values(again.sampling)
    moved = {name: round(after[name] - before[name], 9) for name in before if after[name] != before[name]}
    assert moved == {
        "structure_denoising_strength": -0.1,
        "cleanup_denoising_strength": -0.1,
        "structure_ip_adapter_scale": -0.15,
        "cleanup_ip_adapter_scale": -0.15,
        "controlnet_scale": 0.1,
    }


def test_what_is_kept_of_a_plan_for_whoever_looks_into_it():
    asked = page(structure_confidence=0.31, pose_risk=0.32, hallucination_risk=0.33, case="multi_object", conflict=0.25)
    planned = direct(asked)
    assert planned.diagnostics() == {
        "S_structure_confidence": 0.31,
        "R_reference_reliability": 0.5,
        "D_style_distance": 0.5,
        "P_pose_risk": 0.32,
        "H_hallucination_risk": 0.33,
        "case": "multi_object",
        "conflict_penalty": 0.25,
        "reference_mode": "style",
        "influence_scalar": 0.375,
        "ip1": planned.sampling.structure_ip_adapter_scale,
        "ip1_end_at": planned.sampling.structure_ip_adapter_end_01,
        "ip2": planned.sampling.cleanup_ip_adapter_scale,
        "ip2_end_at": planned.sampling.cleanup_ip_adapter_end_01,
        "cfg1_effective_max": 9.2,
        "cfg2_effective_max": 8.2,
        "acted": list(planned.acted),
    }
