"""Attention kept between steps: each pass its own, fewer computations, and afterwards everything as before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.base import Plan, StagePlan
from engines.colorize.flux2 import attention_cache
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.colorize.flux2.info import KLEIN_4B, VARIANTS
from engines.testing.contract import PROCESSOR, drawn_page, flat_reference, ignore_step, request_of
from tests.engines.toys import klein

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

STEPS = 12


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flux2KleinEngine]:
    variant = next(one for one in VARIANTS if one.id == "flux2-klein-base")
    folder = klein.build_folder(tmp_path_factory.mktemp("base"), distilled=False)
    engine = Flux2KleinEngine(replace(variant, hidden=klein.HIDDEN), folder)
    engine.load(PROCESSOR)
    yield engine
    engine.unload()


@pytest.fixture
def attentions(base: Flux2KleinEngine, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return what counts how often a single block computes its attention."""
    counted: list[int] = []
    processor = base._pipeline.transformer.single_transformer_blocks[0].attn.processor
    real = type(processor).__call__

    def counting(self: Any, *args: Any, **named: Any) -> Any:
        if self is processor:
            counted.append(1)
        return real(self, *args, **named)

    monkeypatch.setattr(type(processor), "__call__", counting)
    return counted


def colour(engine: Flux2KleinEngine, guidance: float = 4.0, **options: Any) -> NDArray[np.float32]:
    stage = StagePlan(prompt="a girl", negative_prompt="grey", guidance=guidance, steps=STEPS)
    asked = request_of(drawn_page(64, 64), flat_reference(2.0, 48), plan=Plan(stages=(stage,), engine_options=options))
    return engine.colorize(asked, ignore_step).oklab


def of_diffusers(engine: Flux2KleinEngine, guidance: float) -> NDArray[np.float32]:
    """Return the picture with diffusers' own hook, whose one state serves both passes."""
    from diffusers import PyramidAttentionBroadcastConfig

    pipeline = engine._pipeline
    pipeline.transformer.enable_cache(
        PyramidAttentionBroadcastConfig(
            spatial_attention_block_skip_range=attention_cache._EVERY,
            spatial_attention_timestep_skip_range=attention_cache._TIMESTEPS,
            current_timestep_callback=lambda: pipeline.current_timestep,
        )
    )
    made = colour(engine, guidance)
    pipeline.transformer.disable_cache()
    return made


def test_some_steps_compute_no_attention_and_later_pages_are_as_before(
    base: Flux2KleinEngine, attentions: list[int]
) -> None:
    plain = colour(base)
    assert len(attentions) == 2 * STEPS
    attentions.clear()
    kept = colour(base, attention_cache=True)
    assert STEPS <= len(attentions) < 2 * STEPS
    assert kept.tobytes() == colour(base, attention_cache=True).tobytes()
    attentions.clear()
    assert colour(base).tobytes() == plain.tobytes()
    assert len(attentions) == 2 * STEPS
    assert 0 < np.linalg.norm(kept - plain, axis=-1).max() < 0.02


def test_each_pass_keeps_its_own_and_comes_nearer_than_one_state_for_both(base: Flux2KleinEngine) -> None:
    plain = colour(base)
    ours, mixed = (np.linalg.norm(made - plain, axis=-1).mean() for made in
                   (colour(base, attention_cache=True), of_diffusers(base, 4.0)))  # fmt: skip
    assert ours < 0.5 * mixed
    # One pass alone: the library's own hook, bit for bit.
    assert colour(base, 1.0, attention_cache=True).tobytes() == of_diffusers(base, 1.0).tobytes()


def test_models_of_few_steps_are_left_alone(engine: Flux2KleinEngine) -> None:
    assert engine.info.id == KLEIN_4B.id
    assert colour(engine, attention_cache=True).tobytes() == colour(engine).tobytes()


def test_hooks_are_gone_when_a_page_is_cancelled(base: Flux2KleinEngine) -> None:
    class Stop(Exception):
        pass

    def stop(step: int, steps: int, preview: Any = None) -> None:
        if step == 2:
            raise Stop

    plain = colour(base)
    asked = request_of(
        drawn_page(64, 64), plan=Plan(stages=(StagePlan(steps=4),), engine_options={"attention_cache": True})
    )
    with pytest.raises(Stop):
        base.colorize(asked, stop)
    assert colour(base).tobytes() == plain.tobytes()
