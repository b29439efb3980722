"""SDXL keeps the contract, and its passes are the bare calls that the plan asks for, with the real classes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from engines.base import (
    ColorizeRequest,
    ModelInvalid,
    ModelMissing,
    Plan,
    Region,
    Repair,
    RequestUnsupported,
    StagePlan,
)
from engines.colorize.diffusion.pad import cut_out, fit, laid_out
from engines.colorize.sdxl.engine import SdxlEngine
from engines.colorize.sdxl.files import find_sdxl
from engines.colorize.sdxl.lines import line_art
from engines.colorize.sdxl.weights import load_pipeline
from engines.oklab import srgb_to_oklab
from engines.testing.contract import PROCESSOR, EngineContract, drawn_page, flat_reference, ignore_step, request_of
from engines.torch_runtime import prepare_torch

if TYPE_CHECKING:
    from pathlib import Path

# diffusers' scheduler hands a tensor to numpy the old way.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

FIRST = StagePlan(prompt="red door", negative_prompt="grey", guidance=8.0, denoise_01=0.8, steps=5,
                  structure_strength=0.7, structure_end_01=0.8, style_weight=0.6)  # fmt: skip
SECOND = StagePlan(prompt="clean lines", negative_prompt="noise", guidance=7.2, denoise_01=0.5, steps=4,
                   structure_strength=0.7, structure_end_01=0.8, style_weight=0.3)  # fmt: skip
PLAN = Plan(seed=3, stages=(FIRST, SECOND))


class TestSdxlEngine(EngineContract):
    trained = False

    @pytest.fixture
    def engine(self, toy_folder: Path) -> SdxlEngine:
        return SdxlEngine(toy_folder)

    def test_the_passes_are_the_bare_calls_bit_for_bit(self, loaded: SdxlEngine, toy_folder: Path) -> None:
        page, references = drawn_page(130, 100), [flat_reference(1.0, 90), flat_reference(3.0)]
        ours = loaded.colorize(request_of(page, *references, plan=PLAN), ignore_step).oklab
        theirs = bare(toy_folder, page, references)
        assert ours.tobytes() == srgb_to_oklab(np.ascontiguousarray(theirs)).tobytes()

    @pytest.mark.parametrize(
        "changes",
        [
            {"guidance": 9.9}, {"denoise_01": 1.0}, {"structure_strength": 0.1}, {"structure_end_01": 0.2},
            {"style_weight": 0.0}, {"style_end_01": 0.2}, {"negative_prompt": "red"},
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("number", [0, 1])
    def test_every_knob_of_both_passes_reaches_the_picture(
        self, loaded: SdxlEngine, changes: dict[str, Any], number: int
    ) -> None:
        from dataclasses import replace

        stages = [FIRST, SECOND]
        before = self.colour(loaded, Plan(seed=3, stages=tuple(stages)))
        stages[number] = replace(stages[number], **changes)
        assert self.colour(loaded, Plan(seed=3, stages=tuple(stages))) != before

    def test_one_page_does_not_change_the_next(self, loaded: SdxlEngine) -> None:
        first = self.colour(loaded, PLAN)
        mask = np.zeros((96, 64), np.bool_)
        mask[:40] = True
        regions = (Region(mask=mask, references=(1,)),)
        loaded.colorize(request(regions=regions), ignore_step)
        loaded.colorize(request_of(drawn_page(80, 120), plan=PLAN), ignore_step)
        assert self.colour(loaded, PLAN) == first

    def test_a_region_takes_its_own_reference(self, loaded: SdxlEngine) -> None:
        above, below = np.zeros((96, 64), np.bool_), np.zeros((96, 64), np.bool_)
        above[:48], below[48:] = True, True
        results = {
            loaded.colorize(request(regions=regions), ignore_step).oklab.tobytes()
            for regions in (
                (),
                (Region(mask=above, references=(0,)), Region(mask=below, references=(1,))),
                (Region(mask=above, references=(1,)), Region(mask=below, references=(0,))),
            )
        }
        assert len(results) == 3

    @pytest.mark.usefixtures("no_network")
    def test_colouring_reaches_for_no_network(self, engine: SdxlEngine) -> None:
        engine.load(PROCESSOR)
        engine.colorize(request_of(drawn_page(64, 64), plan=Plan(steps=2)), ignore_step)

    def test_a_region_of_nobody_is_refused(self, loaded: SdxlEngine) -> None:
        with pytest.raises(RequestUnsupported):
            loaded.colorize(request(regions=(Region(mask=drawn_page(96, 64) > 9, references=(7,)),)), ignore_step)

    def test_a_repair_is_the_bare_call_under_the_mask_and_the_picture_around_it(
        self, loaded: SdxlEngine, toy_folder: Path
    ) -> None:
        page = drawn_page(96, 64)
        before = np.full((96, 64, 3), (180, 60, 60), np.uint8)
        mask = np.zeros(page.shape, np.bool_)
        mask[16:48, 16:48] = True
        ours = loaded.colorize(request(repair=Repair(picture=before, mask=mask)), ignore_step).oklab
        theirs = np.where(mask[..., None], bare_repair(toy_folder, page, before, mask), before)
        assert ours.tobytes() == srgb_to_oklab(np.ascontiguousarray(theirs)).tobytes()
        assert np.abs(ours[mask] - srgb_to_oklab(before)[mask]).max() > 0.02

    @staticmethod
    def colour(engine: SdxlEngine, plan: Plan) -> bytes:
        return engine.colorize(request(plan=plan), ignore_step).oklab.tobytes()


def request(**changes: Any) -> ColorizeRequest:
    page = drawn_page(96, 64)
    facts = {
        "page": page,
        "protect": np.zeros(page.shape, np.bool_),
        "references": (flat_reference(0.5, 64), flat_reference(3.5, 64)),
        "plan": PLAN,
    }
    return ColorizeRequest(**facts | changes)


def bare(folder: Path, page: np.ndarray, references: list[np.ndarray]) -> np.ndarray:
    """Call diffusers as its documents say, twice."""
    prepare_torch()
    import torch

    pipeline = load_pipeline(find_sdxl(folder), torch.float32)
    where = fit(fit_size(page))
    picture = laid_out(page, where)
    lines = Image.fromarray(line_art(picture))
    for seed, stage in ((3, FIRST), (4, SECOND)):
        pipeline.set_ip_adapter_scale([stage.style_weight])
        made = pipeline(
            prompt=stage.prompt, negative_prompt=stage.negative_prompt, image=Image.fromarray(picture),
            control_image=[lines], control_mode=[3], height=where.canvas.height, width=where.canvas.width,
            strength=stage.denoise_01, num_inference_steps=stage.steps, guidance_scale=stage.guidance,
            controlnet_conditioning_scale=stage.structure_strength, control_guidance_end=stage.structure_end_01,
            ip_adapter_image=[[Image.fromarray(one) for one in references]],
            generator=torch.Generator().manual_seed(seed), output_type="np",
        ).images[0]  # fmt: skip
        picture = (made * 255).round().astype(np.uint8)
    return cut_out(picture, where)


def bare_repair(folder: Path, page: np.ndarray, before: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Call diffusers' inpainting as its documents say."""
    prepare_torch()
    import torch
    from diffusers import StableDiffusionXLControlNetUnionInpaintPipeline

    parts = load_pipeline(find_sdxl(folder), torch.float32).components
    pipeline = StableDiffusionXLControlNetUnionInpaintPipeline(**parts, add_watermarker=False)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.set_ip_adapter_scale([FIRST.style_weight])
    references = [Image.fromarray(flat_reference(hue, 64)) for hue in (0.5, 3.5)]
    made = pipeline(
        prompt=FIRST.prompt, negative_prompt=FIRST.negative_prompt, image=Image.fromarray(before),
        mask_image=Image.fromarray(mask.astype(np.uint8) * 255),
        control_image=[Image.fromarray(line_art(np.dstack([page] * 3)))], control_mode=[3], height=96, width=64,
        strength=FIRST.denoise_01, num_inference_steps=FIRST.steps, guidance_scale=FIRST.guidance,
        controlnet_conditioning_scale=FIRST.structure_strength, control_guidance_end=FIRST.structure_end_01,
        ip_adapter_image=[references], generator=torch.Generator().manual_seed(3), output_type="np",
    ).images[0]  # fmt: skip
    return (made * 255).round().astype(np.uint8)


def fit_size(page: np.ndarray) -> Any:
    from engines.geometry import Size

    return Size(*page.shape)


@pytest.fixture
def copy(toy_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(toy_folder, tmp_path / "copy")


@pytest.mark.parametrize(
    "part", ["unet", "vae", "text_encoder_2", "controlnet", "ip_adapter", "ip_adapter/image_encoder"]
)
def test_a_missing_part_is_named(copy: Path, part: str) -> None:
    for path in (copy / part).glob("*.safetensors"):
        path.unlink()
    with pytest.raises(ModelMissing, match=part.split("/")[-1]):
        find_sdxl(copy)
    assert not SdxlEngine(copy).viability().ok


def test_a_part_that_is_cut_off_is_named(copy: Path) -> None:
    path = next((copy / "unet").glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelInvalid, match="cut off"):
        SdxlEngine(copy).load(PROCESSOR)


def test_a_pickle_is_refused_unopened(copy: Path) -> None:
    path = next((copy / "unet").glob("*.safetensors"))
    path.rename(path.with_suffix(".bin"))
    with pytest.raises(ModelInvalid, match="pickle"):
        find_sdxl(copy)


def test_a_checkpoint_of_another_family_is_told(copy: Path) -> None:
    from tests.engines.toys.sdxl import make_unet

    other = make_unet(
        addition_embed_type=None, addition_time_embed_dim=None, projection_class_embeddings_input_dim=None
    )
    other.save_pretrained(copy / "unet")
    with pytest.raises(ModelInvalid, match="no SDXL"):
        find_sdxl(copy)


def test_a_control_of_another_width_is_told(copy: Path) -> None:
    from tests.engines.toys.sdxl import make_unet

    make_unet(cross_attention_dim=32).save_pretrained(copy / "unet")
    with pytest.raises(ModelInvalid, match="not for this checkpoint"):
        find_sdxl(copy)


def test_a_single_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "animagine.safetensors").write_bytes(b"x")
    with pytest.raises(ModelInvalid, match=r"animagine\.safetensors: this is neither"):
        find_sdxl(tmp_path)
    (tmp_path / "animagine.safetensors").rename(tmp_path / "animagine.ckpt")
    with pytest.raises(ModelInvalid, match="pickle"):
        find_sdxl(tmp_path)


def test_a_folder_that_is_not_there_says_how_to_pull(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        find_sdxl(tmp_path / "none")
    assert "models pull sdxl" in caught.value.hint
