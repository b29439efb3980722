"""Qwen-Image-Edit keeps the contract, and its pictures are those of the bare calls, with the real classes as a toy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from engines import registry
from engines.base import LoraUse, ModelInvalid, Plan, Region, Repair, StagePlan
from engines.colorize.qwen.engine import QwenEditEngine
from engines.colorize.qwen.info import CARD, INFO, LIGHTNING_CARD, PACKED_CARD, PARTS_CARD
from engines.oklab import srgb_to_oklab
from engines.testing.contract import PROCESSOR, EngineContract, drawn_page, flat_reference, ignore_step, request_of
from models.catalog import load_catalog
from models.digests import file_digest
from tests.engines.toys import qwen

if TYPE_CHECKING:
    from pathlib import Path

    from engines.base import ColorizeRequest

PAGE = drawn_page(96, 64)
RED, BLUE = flat_reference(0.5, 64), flat_reference(3.5, 64)


class TestQwenEditEngine(EngineContract):
    trained = False

    @pytest.fixture
    def engine(self, toy_folder: Path) -> QwenEditEngine:
        return QwenEditEngine(toy_folder)

    @pytest.fixture
    def loaded(self, kept: QwenEditEngine) -> QwenEditEngine:  # type: ignore[override]
        kept.load(PROCESSOR)
        return kept

    def test_the_picture_is_that_of_the_bare_call_at_the_pages_own_size(
        self, loaded: QwenEditEngine, toy_folder: Path
    ) -> None:
        stage = StagePlan(prompt="A red door.", negative_prompt="grey", guidance=3.0, steps=2)
        ours = loaded.colorize(request_of(PAGE, RED, plan=Plan(seed=5, stages=(stage,))), ignore_step).oklab
        seen: list[tuple[int, ...]] = []
        pipeline = bare(toy_folder)
        encode = pipeline.vae.encode
        pipeline.vae.encode = lambda pixels, **more: (seen.append(tuple(pixels.shape)), encode(pixels, **more))[1]
        import torch
        from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as module

        module.VAE_IMAGE_SIZE, before = 96 * 64, module.VAE_IMAGE_SIZE
        theirs = pipeline(
            image=[Image.fromarray(np.dstack([PAGE] * 3)), Image.fromarray(RED)],
            prompt="A red door. Keep the drawing of Picture 1 as it is; take its colours from Picture 2.",
            negative_prompt="grey", true_cfg_scale=3.0, height=96, width=64, num_inference_steps=2,
            generator=torch.Generator().manual_seed(5), output_type="np",
        ).images[0]  # fmt: skip
        module.VAE_IMAGE_SIZE = before
        assert ours.tobytes() == srgb_to_oklab((theirs * 255).round().astype(np.uint8)).tobytes()
        assert seen[0][-2:] == (96, 64)
        assert before == 1024 * 1024, "what the engine sets for its calls is set back"

    @pytest.mark.parametrize("denoise_01", [1.0, 0.5])
    def test_a_repair_is_diffusers_own_inpainting_under_the_mask_and_the_picture_around_it(
        self, loaded: QwenEditEngine, toy_folder: Path, denoise_01: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        picture, mask = np.full((96, 64, 3), (180, 60, 60), np.uint8), np.zeros((96, 64), np.bool_)
        mask[16:48, 16:48] = True
        stage = StagePlan(prompt="A door.", guidance=1.0, denoise_01=denoise_01, steps=4)
        asked = replace(request_of(PAGE, plan=Plan(seed=3, stages=(stage,))), repair=Repair(picture=picture, mask=mask))
        ours = loaded.colorize(asked, ignore_step).oklab
        theirs = bare_repair(toy_folder, picture, mask, denoise_01, monkeypatch)
        assert ours[~mask].tobytes() == srgb_to_oklab(picture)[~mask].tobytes()
        assert np.abs(ours[mask] - srgb_to_oklab(theirs)[mask]).max() < 0.01
        assert np.abs(ours[mask] - srgb_to_oklab(picture)[mask]).max() > 0.02

    def test_a_figure_with_a_reference_of_its_own_is_made_anew_in_its_crop(self, loaded: QwenEditEngine) -> None:
        mask = np.zeros((96, 64), np.bool_)
        mask[10:80, 8:56] = True
        whole, own = (
            loaded.colorize(
                replace(request_of(PAGE, RED, BLUE, plan=Plan(steps=2)), regions=regions), ignore_step
            ).oklab
            for regions in ((), (Region(mask=mask, references=(1,)),))
        )  # fmt: skip
        assert own[~mask].tobytes() == whole[~mask].tobytes()
        assert own[mask].tobytes() != whole[mask].tobytes()

    def test_references_are_encoded_once_for_all_pages(self, loaded: QwenEditEngine) -> None:
        loaded.colorize(request_of(PAGE, BLUE, plan=Plan(steps=2)), ignore_step)
        before = loaded._latents.encoded
        loaded.colorize(request_of(255 - PAGE, BLUE, plan=Plan(steps=2)), ignore_step)
        assert loaded._latents.encoded == before + 1

    @pytest.mark.usefixtures("no_network")
    def test_colouring_reaches_for_no_network(self, engine: QwenEditEngine) -> None:
        engine.load(PROCESSOR)
        engine.colorize(request_of(PAGE, plan=Plan(steps=2)), ignore_step)


def test_where_memory_is_short_network_and_text_encoder_lie_in_eight_bits(toy_folder: Path) -> None:
    engine = QwenEditEngine(toy_folder)
    engine.load(replace(PROCESSOR, policy="layerwise_fp8"))
    kinds = {
        part: {parameter.dtype.itemsize for parameter in getattr(engine._pipeline, part).parameters()}
        for part in ("transformer", "text_encoder")
    }
    assert kinds["transformer"] >= {1, 4}
    assert 1 in kinds["text_encoder"]
    assert np.isfinite(engine.colorize(request_of(PAGE, RED, plan=Plan(steps=2)), ignore_step).oklab).all()


class TestLightning:
    def test_pages_take_its_steps_without_guidance_on_its_schedule(self, fast: QwenEditEngine) -> None:
        counted = steps_of(fast, request_of(PAGE))
        assert counted == 4, "a reader's own number goes first"
        assert steps_of(fast, request_of(PAGE, plan=Plan())) == 8
        schedule = fast._pipeline.scheduler
        assert schedule.config.shift_terminal is None
        assert schedule.config.base_shift == schedule.config.max_shift
        assert fast._asked(request_of(PAGE)).guidance == 1.0

    def test_it_can_be_ruled_out_and_is_part_of_the_record_where_it_acts(self, fast: QwenEditEngine) -> None:
        without = Plan(seed=2, steps=2, engine_options={"lightning": False})
        quick = fast.colorize(request_of(PAGE, plan=Plan(seed=2, steps=2)), ignore_step)
        slow = fast.colorize(request_of(PAGE, plan=without), ignore_step)
        name = "lightning/Edit-Lightning-8steps-V1.0-bf16.safetensors"
        assert set(quick.weights) - set(slow.weights) == {name}
        assert dict(slow.weights) == dict(fast.digests_for(without.engine_options))
        assert quick.oklab.tobytes() != slow.oklab.tobytes()
        again = fast.colorize(request_of(PAGE, plan=Plan(seed=2, steps=2)), ignore_step)
        assert again.oklab.tobytes() == quick.oklab.tobytes()

    def test_a_lora_of_the_readers_is_applied_beside_it_and_taken_off_to_the_last_bit(
        self, fast: QwenEditEngine, toy_folder: Path, tmp_path: Path
    ) -> None:
        path = qwen.build_lightning(toy_folder, tmp_path / "style.safetensors", scale=0.5)
        plan = Plan(seed=2, steps=2, loras=(LoraUse(name="style", path=str(path), sha256=file_digest(path)),))
        plain = fast.colorize(request_of(PAGE, plan=replace(plan, loras=())), ignore_step).oklab
        styled = fast.colorize(request_of(PAGE, plan=plan), ignore_step)
        assert styled.weights["lora/style"] == file_digest(path)
        assert styled.oklab.tobytes() != plain.tobytes()
        assert fast.colorize(request_of(PAGE, plan=replace(plan, loras=())), ignore_step).oklab.tobytes() == (
            plain.tobytes()
        )

    @pytest.mark.parametrize("fault", ["a layer of another model", "another width"])
    def test_a_lora_of_another_model_is_refused_whole(self, fast: QwenEditEngine, tmp_path: Path, fault: str) -> None:
        import torch
        from safetensors.torch import save_file

        place = (
            "double_blocks.0.img_attn.proj" if fault == "a layer of another model" else "transformer_blocks.0.attn.to_q"
        )
        down, up = torch.zeros(4, 32), torch.zeros(32, 4)
        save_file({f"{place}.lora_A.weight": down, f"{place}.lora_B.weight": up}, tmp_path / "x.safetensors")
        lora = LoraUse(name="x", path=str(tmp_path / "x.safetensors"), sha256="0" * 64)
        with pytest.raises(ModelInvalid, match="no layer of it" if "layer" in fault else "another size"):
            fast.colorize(request_of(PAGE, plan=Plan(steps=2, loras=(lora,))), ignore_step)


def test_the_engine_is_registered_with_cards_that_say_what_it_takes() -> None:
    assert registry.get(INFO.id).info is INFO
    cards = load_catalog()
    for name in (CARD, PARTS_CARD, PACKED_CARD, LIGHTNING_CARD):
        assert cards[name].engine == INFO.id
        assert cards[name].licence == INFO.licence
        assert cards[name].is_part is (name != CARD)
    # Counted from the architecture: 20.43 G, 8.29 G and 0.13 G numbers of two bytes.
    assert cards[CARD].memory_mib == 55_000


def steps_of(engine: QwenEditEngine, request: ColorizeRequest) -> int:
    seen: list[int] = []
    engine.colorize(request, lambda step, steps, _=None: seen.append(step))
    return max(seen)


def bare(folder: Path) -> Any:
    """Return diffusers' own pipeline of a folder, on the processor, exact."""
    import torch
    from diffusers import QwenImageEditPlusPipeline

    pipeline = QwenImageEditPlusPipeline.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def bare_repair(
    folder: Path, picture: np.ndarray, mask: np.ndarray, strength: float, monkeypatch: pytest.MonkeyPatch
) -> np.ndarray:
    """Call diffusers' inpainting of this model as its documents say, at the picture's size and with our words.

    Its pipeline always takes a megapixel, draws a sample of what it encodes, and says another sentence of the picture.
    """
    import torch
    from diffusers import QwenImageEditInpaintPipeline
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_inpaint as module

    plus = bare(folder)
    pipeline = QwenImageEditInpaintPipeline(**plus.components)
    pipeline.set_progress_bar_config(disable=True)
    monkeypatch.setattr(module, "calculate_dimensions", lambda *_: (64, 96, None))
    monkeypatch.setattr(module, "retrieve_latents", lambda output, **_: output.latent_dist.mode())
    shown = plus.image_processor.resize(Image.fromarray(picture), 480, 320)
    embeds, _ = plus.encode_prompt("A door. Keep the drawing of Picture 1 as it is.", image=[shown])
    made = pipeline(
        image=Image.fromarray(picture), mask_image=Image.fromarray(mask.astype(np.uint8) * 255), prompt_embeds=embeds,
        strength=strength, num_inference_steps=4, true_cfg_scale=1.0, generator=torch.Generator().manual_seed(3),
        output_type="np",
    ).images[0]  # fmt: skip
    return np.asarray((made * 255).round(), np.uint8)
