"""The director: the seed's tables, and that no page breaks a hard rule."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.pipeline.pass2.director import bounds, rules
from host.pipeline.pass2.director.direct import direct, direct_safer
from host.pipeline.pass2.director.evidence import Evidence
from host.pipeline.pass2.director.knobs import Bounds, Knobs
from host.pipeline.pass2.director.propose import base_cfg, propose

UNIT = st.floats(0, 1)
CASES = ("single_simple", "single_complex", "multi_object")
PAGES = st.builds(
    Evidence,
    S=UNIT, R=UNIT, D=UNIT, P=UNIT, H=UNIT, case=st.sampled_from(CASES), line_quality=UNIT, object_scale=UNIT,
    conflict=UNIT, has_reference=st.booleans(), reference_coloured=st.booleans(), intent=UNIT,
)  # fmt: skip


def page(**changes) -> Evidence:
    calm = Evidence(
        S=0.5, R=0.5, D=0.5, P=0.2, H=0.2, case="single_complex", line_quality=0.5, object_scale=0.4, conflict=0.2,
        has_reference=True, reference_coloured=False, intent=0.5,
    )  # fmt: skip
    return replace(calm, **changes)


def knobs(**changes) -> Knobs:
    calm = Knobs(
        cfg1=9.0, cfg2=8.0, denoise1=0.8, denoise2=0.4, union=0.6, union_end=0.7, pose=0.3, pose_end=0.6,
        ip1=0.6, ip1_end=0.6, ip2=0.3, ip2_end=0.5,
    )  # fmt: skip
    return replace(calm, **changes)


@given(PAGES)
def test_no_page_breaks_a_hard_rule_in_its_plan_or_the_safer_one(evidence):
    first = direct(evidence)
    for direction in (first, direct_safer(first), direct_safer(direct_safer(first))):
        k = direction.knobs
        assert 7.0 <= k.cfg2 <= k.cfg1 <= 10.0
        ceiling1, ceiling2 = bounds.EFFECTIVE_CFG_MAX[evidence.case]
        assert k.cfg1 <= ceiling1
        assert k.cfg2 <= ceiling2
        assert k.ip2 == 0 or k.ip2 <= k.ip1 - 0.10 + 1e-9
        assert k.ip2 <= 0.55
        assert k.denoise2 <= 0.60
        assert k.union_end <= 0.90
        assert k.ip2 <= 0.40 or k.cfg2 <= 7.8
        assert all(0 <= getattr(k, one.name) <= 1 for one in fields(k) if not one.name.startswith("cfg"))


@given(PAGES)
def test_the_same_page_gets_the_same_plan(evidence):
    assert direct(evidence) == direct(evidence)


@given(PAGES)
def test_the_safer_plan_never_goes_further(evidence):
    first = direct(evidence)
    safer = direct_safer(first)
    assert safer.knobs.denoise1 <= first.knobs.denoise1
    assert safer.knobs.denoise2 <= first.knobs.denoise2
    assert safer.knobs.ip1 <= first.knobs.ip1
    assert safer.knobs.union >= first.knobs.union


@given(PAGES)
def test_without_a_reference_nothing_is_taken_from_one(evidence):
    plan = direct(replace(evidence, has_reference=False)).knobs
    assert plan.ip1 == plan.ip2 == 0


@pytest.mark.parametrize(
    ("case", "cfg1", "cfg2"),
    [("single_simple", 9.6, 8.6), ("single_complex", 9.2, 8.4), ("multi_object", 9.2, 8.2)],
)
def test_each_case_has_its_ceilings(case, cfg1, cfg2):
    assert bounds.EFFECTIVE_CFG_MAX[case] == (cfg1, cfg2)
    high = bounds.bounds_of_case(case).high
    assert (high.cfg1, high.cfg2) == (cfg1, cfg2)


@pytest.mark.parametrize(("intent", "cfg"), [(0, 7.2), (0.5, 8.1), (1, 9.0)])
def test_guidance_begins_at_what_the_intent_asks_for(intent, cfg):
    assert base_cfg(intent) == pytest.approx(cfg)
    ruled = rules.guidance_follows_intent(knobs(cfg1=7.0, cfg2=7.0), page(intent=intent))
    assert ruled.cfg1 == pytest.approx(cfg)
    assert ruled.cfg2 == pytest.approx(min(max(7.0, cfg - 0.5), 8.4))


@pytest.mark.parametrize(("ip2", "cfg2"), [(0.40, 8.0), (0.41, 7.8), (0.50, 7.8), (0.51, 7.4)])
def test_a_strong_second_reference_lowers_the_second_guidance(ip2, cfg2):
    assert rules.a_strong_second_reference_calms_guidance(knobs(ip2=ip2, cfg2=8.0), page()).cfg2 == cfg2


@pytest.mark.parametrize(
    ("union", "pose", "cfg1"), [(0.75, 0.90, 9.0), (0.76, 0.0, 8.6), (0.0, 0.91, 8.6), (0.9, 0.95, 8.6)]
)
def test_a_firm_lock_lowers_the_first_guidance(union, pose, cfg1):
    assert rules.a_firm_lock_calms_guidance(knobs(union=union, pose=pose), page()).cfg1 == pytest.approx(cfg1)


@pytest.mark.parametrize(("risk", "cfg1", "cfg2"), [(0.6, 9.0, 8.0), (0.61, 8.7, 7.5)])
def test_risk_of_hallucination_lowers_both_guidances(risk, cfg1, cfg2):
    ruled = rules.hallucination_calms_guidance(knobs(), page(H=risk))
    assert (ruled.cfg1, ruled.cfg2) == (pytest.approx(cfg1), pytest.approx(cfg2))


def test_the_references_are_asymmetric():
    assert rules.references_are_asymmetric(knobs(ip1=0.5, ip2=0.5), page()).ip2 == pytest.approx(0.4)
    assert rules.references_are_asymmetric(knobs(ip1=0.05, ip2=0.5), page()).ip2 == 0


@pytest.mark.parametrize(
    ("rule", "given_", "kept"),
    [
        (rules.the_second_reference_stays_weak, {"ip2": 0.7}, {"ip2": 0.55}),
        (rules.the_second_pass_only_cleans, {"denoise2": 0.8}, {"denoise2": 0.60}),
        (rules.structure_lets_go_before_the_end, {"union_end": 1.0, "pose": 1.0}, {"union_end": 0.90, "pose": 0.95}),
        (rules.guidance_stays_within_policy, {"cfg1": 11.0, "cfg2": 5.0}, {"cfg1": 10.0, "cfg2": 7.0}),
        (rules.the_second_pass_never_pushes_harder, {"cfg1": 7.5, "cfg2": 8.0}, {"cfg2": 7.5}),
    ],
)
def test_each_rule_changes_what_it_says_and_nothing_else(rule, given_, kept):
    assert rule(knobs(**given_), page()) == knobs(**given_ | kept)


@pytest.mark.parametrize(
    ("adjust", "when", "otherwise", "lower", "higher"),
    [
        (bounds.high_conflict_weakens_the_references, {"conflict": 0.7}, {"conflict": 0.5}, ("ip1", "ip2"), ()),
        (
            bounds.a_coloured_reference_leaves_the_clean_up_early,
            {"reference_coloured": True}, {}, ("ip2", "ip2_end"), (),
        ),
        (bounds.poor_lines_may_be_drawn_over, {"line_quality": 0.3}, {}, (), ("denoise1", "ip1")),
        (bounds.good_lines_are_left_alone, {"line_quality": 0.8}, {}, ("denoise2", "ip2"), ()),
        (bounds.risky_poses_are_locked, {"P": 0.8}, {}, ("ip1",), ()),
        (bounds.large_objects_need_room, {"object_scale": 0.8}, {}, ("union",), ()),
        (bounds.small_objects_bear_a_firm_hand, {"object_scale": 0.1}, {}, (), ("union",)),
    ],
)  # fmt: skip
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
    assert bounds.risky_poses_are_locked(begin, page(P=0.9)).low.pose > begin.low.pose


@given(PAGES)
def test_bounds_never_cross_however_they_are_moved(evidence):
    moved = bounds.bounds_of_case(evidence.case)
    for adjust in bounds.ADJUSTMENTS:
        moved = adjust(moved, evidence)
    assert all(getattr(moved.low, one.name) <= getattr(moved.high, one.name) for one in fields(Knobs))


@given(PAGES)
def test_what_is_clamped_lies_within(evidence):
    begin = bounds.bounds_of_case(evidence.case)
    inside = begin.clamp(propose(evidence))
    assert begin.clamp(inside) == inside
    assert Bounds(inside, inside).clamp(propose(evidence)) == inside


def test_the_diagnostics_name_what_the_seed_watches_and_what_acted():
    found = direct(page(H=0.9, R=0.9, conflict=0.1)).diagnostics()
    assert found["reference_mode"] == "identity"
    assert "hallucination_calms_guidance" in found["acted"]
    assert {"S_structure_confidence", "influence_scalar", "cfg1_effective_max", "ip2_end_at"} <= set(found)


def test_identity_is_not_forced_on_a_reference_in_conflict():
    assert direct(page(R=0.9, conflict=0.7)).diagnostics()["reference_mode"] == "style"
    assert direct(page(has_reference=False)).diagnostics()["reference_mode"] == "none"
