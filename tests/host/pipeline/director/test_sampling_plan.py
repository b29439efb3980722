"""Bounds that are moved: as far as they are told, and never past what holds them."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from host.pipeline.generation.director.sampling_plan import Bounds, SamplingPlan

NAMES = [one.name for one in fields(SamplingPlan)]
LOW, HIGH = SamplingPlan(**dict.fromkeys(NAMES, 0.25)), SamplingPlan(**dict.fromkeys(NAMES, 0.75))
BOUNDS = Bounds(LOW, HIGH)


@pytest.mark.parametrize(("by", "high"), [(0.125, 0.875), (0.25, 1.0), (0.5, 1.0)])
def test_widening_raises_the_upper_value_at_most_to_one(by: float, high: float) -> None:
    assert BOUNDS.widen(pose_scale=by) == Bounds(LOW, replace(HIGH, pose_scale=high))


@pytest.mark.parametrize(("by", "high"), [(0.25, 0.5), (0.5, 0.25), (0.75, 0.25)])
def test_lowering_stops_at_the_lower_value(by: float, high: float) -> None:
    assert BOUNDS.lower(pose_scale=by) == Bounds(LOW, replace(HIGH, pose_scale=high))


@pytest.mark.parametrize(("by", "low"), [(0.25, 0.5), (0.5, 0.75), (0.75, 0.75)])
def test_a_raised_floor_stops_at_the_upper_value(by: float, low: float) -> None:
    assert BOUNDS.raise_floor(pose_scale=by) == Bounds(replace(LOW, pose_scale=low), HIGH)


def test_values_are_brought_within_and_where_bounds_cross_the_lower_one_holds() -> None:
    asked = replace(HIGH, pose_scale=0.0, pose_end_01=0.5, controlnet_scale=1.0)
    assert BOUNDS.clamp(asked) == replace(asked, pose_scale=0.25, controlnet_scale=0.75)
    crossed = Bounds(replace(LOW, pose_scale=0.9), HIGH)
    assert crossed.clamp(HIGH).pose_scale == 0.9
