"""What an engine is asked for: the words and the sampling of each of its passes."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from engines.base import Plan, StagePlan
from host.pipeline.generation.director.sampling_plan import SamplingPlan
from host.pipeline.generation.prompt import Words
from host.pipeline.generation.request import plan_stages, with_sampling

# Each value is another one, so that none can stand for its neighbour.
SAMPLING = SamplingPlan(**{one.name: round(0.05 * (place + 1), 2) for place, one in enumerate(fields(SamplingPlan))})
STRUCTURE = StagePlan(
    prompt="ink",
    negative_prompt="blur",
    guidance=SAMPLING.structure_guidance_scale,
    denoise_01=SAMPLING.structure_denoising_strength,
    steps=9,
    structure_strength=SAMPLING.controlnet_scale,
    structure_end_01=SAMPLING.controlnet_end_01,
    pose_strength=SAMPLING.pose_scale,
    pose_end_01=SAMPLING.pose_end_01,
    style_weight=SAMPLING.structure_ip_adapter_scale,
    style_end_01=SAMPLING.structure_ip_adapter_end_01,
)
PLAN = Plan(
    seed=7,
    steps=9,
    prompt="asked for",
    stages=(replace(STRUCTURE, guidance=1.0), StagePlan(prompt="clean", negative_prompt="spots")),
)
WORDS = Words("ink", "blur"), Words("clean", "spots")


def test_two_passes_follow_the_sampling_each_with_its_own_words() -> None:
    structure, clean_up = plan_stages(SAMPLING, WORDS, PLAN, 2)
    assert structure == STRUCTURE
    assert clean_up == StagePlan(
        prompt="clean",
        negative_prompt="spots",
        guidance=SAMPLING.cleanup_guidance_scale,
        denoise_01=SAMPLING.cleanup_denoising_strength,
        steps=9,
        structure_strength=SAMPLING.controlnet_scale,
        structure_end_01=SAMPLING.controlnet_end_01,
        pose_strength=0.0,
        style_weight=SAMPLING.cleanup_ip_adapter_scale,
        style_end_01=SAMPLING.cleanup_ip_adapter_end_01,
    )


@pytest.mark.parametrize("passes", [0, 1])
def test_an_engine_that_tells_of_no_second_pass_makes_all_of_it_anew_in_one(passes: int) -> None:
    assert plan_stages(SAMPLING, WORDS, PLAN, passes) == (replace(STRUCTURE, denoise_01=1.0),)


@pytest.mark.parametrize("count", [1, 2])
def test_another_sampling_changes_what_it_says_and_keeps_words_steps_and_seed(count: int) -> None:
    plan = replace(PLAN, stages=PLAN.stages[:count])
    other = replace(SAMPLING, structure_guidance_scale=8.5, cleanup_guidance_scale=7.5)
    made = with_sampling(plan, other)
    assert replace(made, stages=()) == replace(plan, stages=())
    assert [stage.prompt for stage in made.stages] == ["ink", "clean"][:count]
    assert [stage.negative_prompt for stage in made.stages] == ["blur", "spots"][:count]
    assert [stage.guidance for stage in made.stages] == [8.5, 7.5][:count]


def test_a_plan_without_passes_gets_one_without_words() -> None:
    (only,) = with_sampling(replace(PLAN, stages=()), SAMPLING).stages
    assert (only.prompt, only.negative_prompt, only.guidance) == ("", "", SAMPLING.structure_guidance_scale)
