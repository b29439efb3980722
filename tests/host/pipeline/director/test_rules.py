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
from tests.host.pipeline.director.plans import page, sampling

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
