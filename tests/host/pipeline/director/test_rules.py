"""The director: the seed's tables, and that no page breaks a hard rule."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.pipeline.generation.director import bounds, rules
from host.pipeline.generation.director.direct import direct, direct_safer
from host.pipeline.generation.director.evidence import Evidence
from host.pipeline.generation.director.propose import base_guidance_scale, propose
from host.pipeline.generation.director.sampling_plan import Bounds, SamplingPlan

UNIT = st.floats(0, 1)
CASES = ("single_simple", "single_complex", "multi_object")
PAGES = st.builds(
    Evidence,
    structure_confidence=UNIT,
    reference_reliability=UNIT,
    style_distance=UNIT,
    pose_risk=UNIT,
    hallucination_risk=UNIT,
    case=st.sampled_from(CASES),
    line_quality=UNIT,
    object_scale=UNIT,
    conflict=UNIT,
    has_reference=st.booleans(),
    reference_coloured=st.booleans(),
    intent=UNIT,
)


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


@given(PAGES)
def test_no_page_breaks_a_hard_rule_in_its_plan_or_the_safer_one(evidence):
    first = direct(evidence)
    for direction in (first, direct_safer(first), direct_safer(direct_safer(first))):
        k = direction.sampling
        assert 7.0 <= k.cleanup_guidance_scale <= k.structure_guidance_scale <= 10.0
        structure_max, cleanup_max = bounds.EFFECTIVE_GUIDANCE_MAX[evidence.case]
        assert k.structure_guidance_scale <= structure_max
        assert k.cleanup_guidance_scale <= cleanup_max
        assert (
            k.cleanup_ip_adapter_scale == 0 or k.cleanup_ip_adapter_scale <= k.structure_ip_adapter_scale - 0.10 + 1e-9
        )
        assert k.cleanup_ip_adapter_scale <= 0.55
        assert k.cleanup_denoising_strength <= 0.60
        assert k.controlnet_end_01 <= 0.90
        assert k.cleanup_ip_adapter_scale <= 0.40 or k.cleanup_guidance_scale <= 7.8
        assert all(0 <= getattr(k, one.name) <= 1 for one in fields(k) if "guidance" not in one.name)


@given(PAGES)
def test_the_same_page_gets_the_same_plan(evidence):
    assert direct(evidence) == direct(evidence)


@given(PAGES)
def test_the_safer_plan_never_goes_further(evidence):
    first = direct(evidence)
    safer = direct_safer(first)
    assert safer.sampling.structure_denoising_strength <= first.sampling.structure_denoising_strength
    assert safer.sampling.cleanup_denoising_strength <= first.sampling.cleanup_denoising_strength
    assert safer.sampling.structure_ip_adapter_scale <= first.sampling.structure_ip_adapter_scale
    assert safer.sampling.controlnet_scale >= first.sampling.controlnet_scale


@given(PAGES)
def test_without_a_reference_nothing_is_taken_from_one(evidence):
    plan = direct(replace(evidence, has_reference=False)).sampling
    assert plan.structure_ip_adapter_scale == plan.cleanup_ip_adapter_scale == 0


@pytest.mark.parametrize(
    ("case", "structure_guidance_scale", "cleanup_guidance_scale"),
    [("single_simple", 9.6, 8.6), ("single_complex", 9.2, 8.4), ("multi_object", 9.2, 8.2)],
)
def test_each_case_has_its_ceilings(case, structure_guidance_scale, cleanup_guidance_scale):
    assert bounds.EFFECTIVE_GUIDANCE_MAX[case] == (structure_guidance_scale, cleanup_guidance_scale)
    high = bounds.bounds_of_case(case).high
    assert (high.structure_guidance_scale, high.cleanup_guidance_scale) == (
        structure_guidance_scale,
        cleanup_guidance_scale,
    )


@pytest.mark.parametrize(("intent", "cfg"), [(0, 7.2), (0.5, 8.1), (1, 9.0)])
def test_guidance_begins_at_what_the_intent_asks_for(intent, cfg):
    assert base_guidance_scale(intent) == pytest.approx(cfg)
    ruled = rules.guidance_follows_intent(
        sampling(structure_guidance_scale=7.0, cleanup_guidance_scale=7.0), page(intent=intent)
    )
    assert ruled.structure_guidance_scale == pytest.approx(cfg)
    assert ruled.cleanup_guidance_scale == pytest.approx(min(max(7.0, cfg - 0.5), 8.4))


@pytest.mark.parametrize(
    ("cleanup_ip_adapter_scale", "cleanup_guidance_scale"), [(0.40, 8.0), (0.41, 7.8), (0.50, 7.8), (0.51, 7.4)]
)
def test_a_strong_second_reference_lowers_the_second_guidance(cleanup_ip_adapter_scale, cleanup_guidance_scale):
    assert (
        rules.a_strong_second_reference_calms_guidance(
            sampling(cleanup_ip_adapter_scale=cleanup_ip_adapter_scale, cleanup_guidance_scale=8.0), page()
        ).cleanup_guidance_scale
        == cleanup_guidance_scale
    )


@pytest.mark.parametrize(
    ("controlnet_scale", "pose_scale", "structure_guidance_scale"),
    [(0.75, 0.90, 9.0), (0.76, 0.0, 8.6), (0.0, 0.91, 8.6), (0.9, 0.95, 8.6)],
)
def test_a_firm_lock_lowers_the_first_guidance(controlnet_scale, pose_scale, structure_guidance_scale):
    assert rules.a_firm_lock_calms_guidance(
        sampling(controlnet_scale=controlnet_scale, pose_scale=pose_scale), page()
    ).structure_guidance_scale == pytest.approx(structure_guidance_scale)


@pytest.mark.parametrize(
    ("risk", "structure_guidance_scale", "cleanup_guidance_scale"), [(0.6, 9.0, 8.0), (0.61, 8.7, 7.5)]
)
def test_risk_of_hallucination_lowers_both_guidances(risk, structure_guidance_scale, cleanup_guidance_scale):
    ruled = rules.hallucination_calms_guidance(sampling(), page(hallucination_risk=risk))
    assert (ruled.structure_guidance_scale, ruled.cleanup_guidance_scale) == (
        pytest.approx(structure_guidance_scale),
        pytest.approx(cleanup_guidance_scale),
    )


def test_the_references_are_asymmetric():
    assert rules.references_are_asymmetric(
        sampling(structure_ip_adapter_scale=0.5, cleanup_ip_adapter_scale=0.5), page()
    ).cleanup_ip_adapter_scale == pytest.approx(0.4)
    assert (
        rules.references_are_asymmetric(
            sampling(structure_ip_adapter_scale=0.05, cleanup_ip_adapter_scale=0.5), page()
        ).cleanup_ip_adapter_scale
        == 0
    )


@pytest.mark.parametrize(
    ("rule", "given_", "kept"),
    [
        (rules.the_second_reference_stays_weak, {"cleanup_ip_adapter_scale": 0.7}, {"cleanup_ip_adapter_scale": 0.55}),
        (rules.the_second_pass_only_cleans, {"cleanup_denoising_strength": 0.8}, {"cleanup_denoising_strength": 0.60}),
        (
            rules.structure_lets_go_before_the_end,
            {"controlnet_end_01": 1.0, "pose_scale": 1.0},
            {"controlnet_end_01": 0.90, "pose_scale": 0.95},
        ),
        (
            rules.guidance_stays_within_policy,
            {"structure_guidance_scale": 11.0, "cleanup_guidance_scale": 5.0},
            {"structure_guidance_scale": 10.0, "cleanup_guidance_scale": 7.0},
        ),
        (
            rules.the_second_pass_never_pushes_harder,
            {"structure_guidance_scale": 7.5, "cleanup_guidance_scale": 8.0},
            {"cleanup_guidance_scale": 7.5},
        ),
    ],
)
def test_each_rule_changes_what_it_says_and_nothing_else(rule, given_, kept):
    assert rule(sampling(**given_), page()) == sampling(**given_ | kept)


@pytest.mark.parametrize(
    ("adjust", "when", "otherwise", "lower", "higher"),
    [
        (
            bounds.high_conflict_weakens_the_references,
            {"conflict": 0.7},
            {"conflict": 0.5},
            ("structure_ip_adapter_scale", "cleanup_ip_adapter_scale"),
            (),
        ),
        (
            bounds.a_coloured_reference_leaves_the_clean_up_early,
            {"reference_coloured": True},
            {},
            ("cleanup_ip_adapter_scale", "cleanup_ip_adapter_end_01"),
            (),
        ),
        (
            bounds.poor_lines_may_be_drawn_over,
            {"line_quality": 0.3},
            {},
            (),
            ("structure_denoising_strength", "structure_ip_adapter_scale"),
        ),
        (
            bounds.good_lines_are_left_alone,
            {"line_quality": 0.8},
            {},
            ("cleanup_denoising_strength", "cleanup_ip_adapter_scale"),
            (),
        ),
        (bounds.risky_poses_are_locked, {"pose_risk": 0.8}, {}, ("structure_ip_adapter_scale",), ()),
        (bounds.large_objects_need_room, {"object_scale": 0.8}, {}, ("controlnet_scale",), ()),
        (bounds.small_objects_bear_a_firm_hand, {"object_scale": 0.1}, {}, (), ("controlnet_scale",)),
    ],
)
def test_each_adjustment_moves_its_ceilings_where_the_seed_says(adjust, when, otherwise, lower, higher):
    begin = bounds.bounds_of_case("single_complex")
    assert adjust(begin, page(**otherwise)) == begin
    moved = adjust(begin, page(**when))
    for one in fields(begin.high):
        before, after = getattr(begin.high, one.name), getattr(moved.high, one.name)
        assert (after < before) == (one.name in lower), one.name
        assert (after > before) == (one.name in higher), one.name


def test_risky_poses_raise_the_floor_of_the_pose_lock():
    begin = bounds.bounds_of_case("multi_object")
    assert bounds.risky_poses_are_locked(begin, page(pose_risk=0.9)).low.pose_scale > begin.low.pose_scale


@given(PAGES)
def test_bounds_never_cross_however_they_are_moved(evidence):
    moved = bounds.bounds_of_case(evidence.case)
    for adjust in bounds.ADJUSTMENTS:
        moved = adjust(moved, evidence)
    assert all(getattr(moved.low, one.name) <= getattr(moved.high, one.name) for one in fields(SamplingPlan))


@given(PAGES)
def test_what_is_clamped_lies_within(evidence):
    begin = bounds.bounds_of_case(evidence.case)
    inside = begin.clamp(propose(evidence))
    assert begin.clamp(inside) == inside
    assert Bounds(inside, inside).clamp(propose(evidence)) == inside


def test_the_diagnostics_name_what_the_seed_watches_and_what_acted():
    found = direct(page(hallucination_risk=0.9, reference_reliability=0.9, conflict=0.1)).diagnostics()
    assert found["reference_mode"] == "identity"
    assert "hallucination_calms_guidance" in found["acted"]
    assert {"S_structure_confidence", "influence_scalar", "cfg1_effective_max", "ip2_end_at"} <= set(found)


def test_identity_is_not_forced_on_a_reference_in_conflict():
    assert direct(page(reference_reliability=0.9, conflict=0.7)).diagnostics()["reference_mode"] == "style"
    assert direct(page(has_reference=False)).diagnostics()["reference_mode"] == "none"


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
