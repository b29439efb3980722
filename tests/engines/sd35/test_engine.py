"""Stable Diffusion 3.5 keeps the contract, and its pictures are those of the bare calls (real classes, toy weights)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from engines import registry
from engines.base import LoraUse, ModelInvalid, Plan, Repair, StagePlan
from engines.colorize.sd35.engine import Sd35Engine
from engines.colorize.sd35.generate import canny_picture
from engines.colorize.sd35.info import ADAPTER_CARD, CARD, CONTROL_CARD, ENCODER_CARD, INFO, T5_CARD
from engines.oklab import srgb_to_oklab
from engines.testing.contract import PROCESSOR, EngineContract, drawn_page, flat_reference, ignore_step, request_of
from models.catalog import load_catalog
from models.digests import file_digest

if TYPE_CHECKING:
    from pathlib import Path

PAGE = drawn_page(96, 64)
RED, BLUE = flat_reference(0.5, 64), flat_reference(3.5, 64)
STAGE = StagePlan(
    prompt="A red door.", negative_prompt="grey", guidance=3.0, steps=3, structure_strength=0.7, structure_end_01=0.8,
    style_weight=0.6,
)  # fmt: skip


class TestSd35Engine(EngineContract):
    trained = False

    @pytest.fixture
    def engine(self, toy_folder: Path) -> Sd35Engine:
        return Sd35Engine(toy_folder)

    @pytest.fixture
    def loaded(self, kept: Sd35Engine) -> Sd35Engine:  # type: ignore[override]
        kept.load(PROCESSOR)
        return kept

    def test_the_picture_is_that_of_the_bare_call(self, loaded: Sd35Engine, toy_folder: Path) -> None:
        ours = loaded.colorize(request_of(PAGE, RED, plan=Plan(seed=5, stages=(STAGE,))), ignore_step).oklab
        theirs = bare_call(toy_folder, RED)
        assert ours.tobytes() == srgb_to_oklab(theirs).tobytes()

    def test_every_knob_reaches_the_picture(self, loaded: Sd35Engine) -> None:
        changes: list[dict[str, Any]] = [
            {}, {"guidance": 1.0}, {"structure_strength": 0.1}, {"structure_end_01": 0.2}, {"style_weight": 0.0},
            {"style_end_01": 0.3}, {"negative_prompt": "red"},
        ]  # fmt: skip
        stages = [replace(STAGE, **change) for change in changes]
        made = {
            loaded.colorize(request_of(PAGE, BLUE, plan=Plan(seed=3, stages=(stage,))), ignore_step).oklab.tobytes()
            for stage in stages
        }
        assert len(made) == len(changes)

    @pytest.mark.parametrize("denoise_01", [1.0, 0.5])
    def test_a_repair_is_made_as_a_plain_loop_makes_it_and_the_picture_stays_around_it(
        self, loaded: Sd35Engine, denoise_01: float
    ) -> None:
        picture, mask = np.full((96, 64, 3), (180, 60, 60), np.uint8), np.zeros((96, 64), np.bool_)
        mask[16:48, 16:48] = True
        stage = replace(STAGE, denoise_01=denoise_01, steps=4, guidance=1.0)
        asked = replace(request_of(PAGE, plan=Plan(seed=3, stages=(stage,))), repair=Repair(picture=picture, mask=mask))
        ours = loaded.colorize(asked, ignore_step).oklab
        theirs = plain_repair(loaded._pipeline, picture, mask, stage)
        assert ours[~mask].tobytes() == srgb_to_oklab(picture)[~mask].tobytes()
        assert np.abs(ours[mask] - srgb_to_oklab(theirs)[mask]).max() < 0.01  # a level of 255
        assert np.abs(ours[mask] - srgb_to_oklab(picture)[mask]).max() > 0.02

    def test_a_lora_is_applied_whole_and_taken_off_to_the_last_bit(self, loaded: Sd35Engine, tmp_path: Path) -> None:
        import torch
        from safetensors.torch import save_file

        place = "transformer.transformer_blocks.0.attn.to_q"
        tensors = {f"{place}.lora_A.weight": torch.ones(2, 64), f"{place}.lora_B.weight": torch.ones(64, 2)}
        save_file(tensors, tmp_path / "style.safetensors")
        path = tmp_path / "style.safetensors"
        plan = Plan(seed=2, steps=2, loras=(LoraUse(name="style", path=str(path), sha256=file_digest(path)),))
        plain = loaded.colorize(request_of(PAGE, plan=replace(plan, loras=())), ignore_step).oklab
        styled = loaded.colorize(request_of(PAGE, plan=plan), ignore_step)
        assert styled.weights["lora/style"] == file_digest(path)
        assert styled.oklab.tobytes() != plain.tobytes()
        again = loaded.colorize(request_of(PAGE, plan=replace(plan, loras=())), ignore_step).oklab
        assert again.tobytes() == plain.tobytes()
        save_file({name.replace("to_q", "to_x"): one for name, one in tensors.items()}, path)
        with pytest.raises(ModelInvalid, match="no layer of it"):
            loaded.colorize(request_of(PAGE, plan=plan), ignore_step)

    @pytest.mark.usefixtures("no_network")
    def test_colouring_reaches_for_no_network(self, engine: Sd35Engine) -> None:
        engine.load(PROCESSOR)
        engine.colorize(request_of(PAGE, RED, plan=Plan(steps=2)), ignore_step)


def test_lines_have_the_values_that_a_control_was_taught_on() -> None:
    page = np.full((64, 64, 3), 255, np.uint8)
    page[30:33] = 0
    for official, ground, line in ((True, 0.5, 128.0), (False, -1.0, 1.0)):
        shown = canny_picture(page, official)
        assert tuple(shown.shape) == (1, 3, 64, 64)
        assert (float(shown.min()), float(shown.max())) == (ground, line)
        assert float(shown[0, 0, 5, 5]) == ground


def test_the_engine_is_registered_with_cards_that_say_what_it_takes() -> None:
    assert registry.get(INFO.id).info is INFO
    cards = load_catalog()
    for name in (CARD, CONTROL_CARD, ADAPTER_CARD, ENCODER_CARD, T5_CARD):
        assert cards[name].engine == INFO.id
        assert cards[name].is_part is (name != CARD)
    assert cards[CARD].licence == INFO.licence


def bare_call(folder: Path, reference: np.ndarray) -> np.ndarray:
    """Call diffusers as its documents and the control's card say."""
    import torch
    from diffusers import SD3ControlNetModel, StableDiffusion3ControlNetPipeline
    from transformers import SiglipImageProcessor, SiglipVisionModel

    pipeline = StableDiffusion3ControlNetPipeline.from_pretrained(
        folder, controlnet=SD3ControlNetModel.from_pretrained(folder / "controlnet"),
        image_encoder=SiglipVisionModel.from_pretrained(folder / "image_encoder"),
        feature_extractor=SiglipImageProcessor(size={"height": 56, "width": 56}), local_files_only=True,
    )  # fmt: skip
    pipeline.set_progress_bar_config(disable=True)
    pipeline.load_ip_adapter(
        str(folder / "ip_adapter"), weight_name="ip-adapter.safetensors", subfolder="", image_encoder_folder=None
    )
    pipeline.set_ip_adapter_scale(STAGE.style_weight)
    torch.manual_seed(5)
    made = pipeline(
        prompt=STAGE.prompt, negative_prompt=STAGE.negative_prompt, guidance_scale=3.0, height=96, width=64,
        num_inference_steps=3, control_image=canny_picture(np.dstack([PAGE] * 3), official=True),
        controlnet_conditioning_scale=0.7, control_guidance_end=0.8, ip_adapter_image=Image.fromarray(reference),
        generator=torch.Generator().manual_seed(5), output_type="np",
    ).images[0]  # fmt: skip
    return np.asarray((made * 255).round(), np.uint8)


def plain_repair(pipeline: Any, picture: np.ndarray, mask: np.ndarray, stage: StagePlan) -> np.ndarray:
    """Repair with the model's parts alone: Euler's steps, and the picture put back around the mask after each."""
    import torch

    vae, steps = pipeline.vae, 4
    with torch.no_grad():
        embeds, _, pooled, _ = pipeline.encode_prompt(stage.prompt, None, None, do_classifier_free_guidance=False)
        pixels = torch.from_numpy(picture).permute(2, 0, 1)[None] / 127.5 - 1
        known = (vae.encode(pixels).latent_dist.mode() - 0.0609) * 1.5305
        torch.manual_seed(3)
        lines = vae.encode(canny_picture(np.dstack([PAGE] * 3), official=True)).latent_dist.sample()
        lines = (lines - 0.0609) * 1.5305
        noise = torch.randn(known.shape, generator=torch.Generator().manual_seed(3))
        anew = torch.nn.functional.max_pool2d(torch.from_numpy(mask)[None, None].float(), 8)
        taken = max(1, int(steps * stage.denoise_01))
        raw = [1 - index / steps for index in range(steps)][steps - taken :]
        levels = [3 * one / (1 + 2 * one) for one in raw] + [0.0]
        latents = (1 - levels[0]) * known + levels[0] * noise
        pipeline.set_ip_adapter_scale(0.0)
        for index, (level, after) in enumerate(pairwise(levels)):
            time = torch.tensor([1000 * level])
            held = 0.0 if (index + 1) / taken > stage.structure_end_01 else stage.structure_strength
            control = pipeline.controlnet(
                latents, lines, held, encoder_hidden_states=None, pooled_projections=pooled, timestep=time
            )[0]
            flow = pipeline.transformer(
                latents, embeds, pooled, time, block_controlnet_hidden_states=control, return_dict=False
            )[0]
            latents = latents + (after - level) * flow
            latents = anew * latents + (1 - anew) * ((1 - after) * known + after * noise)
        made = vae.decode(latents / 1.5305 + 0.0609).sample
    shown = ((made[0].permute(1, 2, 0) / 2 + 0.5).clamp(0, 1) * 255).round()
    return np.asarray(shown.numpy(), np.uint8)
