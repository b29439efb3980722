"""A part of a page is made anew; the rest stays to the bit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.base import ColorizeRequest, Plan, Repair, RequestUnsupported, StagePlan
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.oklab import srgb_to_oklab
from engines.testing.contract import PROCESSOR, drawn_page, flat_reference, ignore_step
from tests.engines.flux2.bare import bare_pipeline, padded

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.colorize.flux2.info import KleinVariant

SHAPE = (200, 150)


def so_far() -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (*SHAPE, 3), np.uint8)


def request(mask: NDArray[np.bool_], *references: NDArray[np.uint8], plan: Plan | None = None) -> ColorizeRequest:
    page = drawn_page(*SHAPE)
    return ColorizeRequest(
        page=page,
        protect=np.zeros(page.shape, bool),
        references=references,
        plan=plan or Plan(seed=3, prompt="a coat"),
        repair=Repair(picture=so_far(), mask=mask),
    )


def part() -> NDArray[np.bool_]:
    mask = np.zeros(SHAPE, bool)
    mask[50:110, 37:91] = True
    return mask


def test_only_what_is_under_the_mask_changes(engine: Flux2KleinEngine) -> None:
    oklab = engine.colorize(request(part()), ignore_step).oklab
    before = srgb_to_oklab(so_far())
    assert oklab.shape == before.shape
    assert (oklab[~part()] == before[~part()]).all()
    assert (oklab[part()] != before[part()]).any(axis=-1).mean() > 0.95


def test_part_is_that_of_the_bare_call(engine: Flux2KleinEngine, toy_folder: Path) -> None:
    import torch
    from diffusers import Flux2KleinInpaintPipeline
    from PIL import Image

    pipeline = Flux2KleinInpaintPipeline(**bare_pipeline(toy_folder).components, is_distilled=True)
    pipeline.set_progress_bar_config(disable=True)
    mask = np.pad(part(), [(0, 8), (0, 10)]).astype(np.uint8) * 255
    expected = pipeline(
        prompt="a coat", image=Image.fromarray(padded(so_far())), mask_image=Image.fromarray(mask), strength=1.0,
        num_inference_steps=4, guidance_scale=1.0, generator=torch.Generator().manual_seed(3),
    ).images[0]  # fmt: skip
    oklab = engine.colorize(request(part()), ignore_step).oklab
    theirs = srgb_to_oklab(np.ascontiguousarray(np.asarray(expected)[: SHAPE[0], : SHAPE[1]]))
    assert (oklab[part()] == theirs[part()]).all()


def test_references_and_strength_matter(engine: Flux2KleinEngine) -> None:
    gentle = Plan(seed=3, stages=(StagePlan(prompt="a coat", denoise_01=0.5),))
    results = [
        engine.colorize(one, ignore_step).oklab.tobytes()
        for one in (
            request(part()),
            request(part(), flat_reference(1.0)),
            request(part(), flat_reference(1.0), flat_reference(4.0, 100)),
            request(part(), plan=gentle),
        )
    ]
    assert len(set(results)) == len(results)


@pytest.mark.parametrize("denoise_01", [1.0, 0.5, 0.01])
def test_steps_that_are_left_are_counted_to_the_end(engine: Flux2KleinEngine, denoise_01: float) -> None:
    seen: list[tuple[int, int]] = []
    plan = Plan(stages=(StagePlan(denoise_01=denoise_01),))
    engine.colorize(request(part(), plan=plan), lambda step, steps, _=None: seen.append((step, steps)))
    assert [step for step, _ in seen] == list(range(1, seen[-1][1] + 1))
    assert seen[-1][1] == max(1, round(4 * denoise_01))


def test_cancel_passes_through(engine: Flux2KleinEngine) -> None:
    def stop(step: int, steps: int, preview: object = None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.colorize(request(part()), stop)
    assert engine.colorize(request(part()), ignore_step).oklab.shape == (*SHAPE, 3)


def test_an_empty_mask_changes_nothing(engine: Flux2KleinEngine) -> None:
    oklab = engine.colorize(request(np.zeros(SHAPE, bool)), ignore_step).oklab
    assert (oklab == srgb_to_oklab(so_far())).all()


def test_cached_references_cannot_repair(toy_folder: Path, toy: KleinVariant) -> None:
    engine = Flux2KleinEngine(replace(toy, cached=True), toy_folder)
    engine.load(PROCESSOR)
    assert not engine.info.supports.inpaint
    with pytest.raises(RequestUnsupported):
        engine.colorize(request(part()), ignore_step)
