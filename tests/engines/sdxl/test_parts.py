"""SDXL's adapters, encoders, LoRAs and long prompts: what fits is used whole, what does not is told before a page."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.base import LoraUse, ModelInvalid, ModelMissing, Plan, Region, StagePlan
from engines.colorize.diffusion.places import places_of
from engines.colorize.sdxl.engine import SdxlEngine
from engines.colorize.sdxl.files import find_sdxl
from engines.colorize.sdxl.pose import COLOURS, draw
from engines.colorize.sdxl.prompts import pieces
from engines.testing.contract import PROCESSOR, drawn_page, flat_reference, ignore_step, request_of
from models.store import models_folder
from tests.engines.toys import sdxl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
RANK = 4


@pytest.fixture
def copy(toy_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(toy_folder, tmp_path / "copy")


@pytest.fixture(scope="module")
def engine(toy_folder: Path) -> Iterator[SdxlEngine]:
    engine = SdxlEngine(toy_folder)
    engine.load(PROCESSOR)
    yield engine
    engine.unload()


def colour(engine: SdxlEngine, *loras: LoraUse, first: dict[str, Any] | None = None, **second: Any) -> bytes:
    stages = (
        StagePlan(prompt="a cat", denoise_01=0.9, guidance=5, steps=2, **first or {}),
        StagePlan(prompt="lines", denoise_01=0.6, guidance=5, steps=2, **second),
    )
    plan = Plan(seed=2, stages=stages, loras=loras)
    request = request_of(drawn_page(64, 64), flat_reference(1.0, 48), plan=plan)
    return engine.colorize(request, ignore_step).oklab.tobytes()


def adapter_file(folder: Path) -> Path:
    return next((folder / "ip_adapter").glob("*.safetensors"))


def test_an_adapter_of_another_encoder_is_told_by_its_width_before_the_first_page(copy: Path) -> None:
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    facts = {"hidden_size": 64, "intermediate_size": 37, "num_hidden_layers": 3, "num_attention_heads": 4,
             "image_size": 56, "patch_size": 14}  # fmt: skip
    other = CLIPVisionModelWithProjection(CLIPVisionConfig(projection_dim=48, **facts))
    shutil.move(copy / "ip_adapter" / "image_encoder", copy / "ip_adapter" / "models" / "image_encoder")
    other.save_pretrained(copy / "ip_adapter" / "image_encoder")
    found = find_sdxl(copy)
    assert found.encoder == copy / "ip_adapter" / "models" / "image_encoder"
    shutil.rmtree(copy / "ip_adapter" / "models")
    with pytest.raises(
        ModelInvalid, match=r"reads an image encoder of width 32; that in image_encoder gives 48 and 64"
    ):
        find_sdxl(copy)
    assert not SdxlEngine(copy).viability().ok


def test_two_adapters_have_a_pass_each_and_three_are_too_many(copy: Path, engine: SdxlEngine) -> None:
    from safetensors.torch import load_file, save_file

    path = adapter_file(copy)
    changed = {name: -value if "to_v_ip" in name else value for name, value in load_file(path).items()}
    save_file(changed, path.with_name("second.safetensors"))
    assert [one.name for one in find_sdxl(copy).adapters] == [path.name, "second.safetensors"]
    both = SdxlEngine(copy)
    both.load(PROCESSOR)
    one_pass = colour(engine, first={"style_weight": 0.8}, style_weight=0.0)
    assert colour(both, first={"style_weight": 0.8}, style_weight=0.0) == one_pass
    assert colour(both, first={"style_weight": 0.0}, style_weight=0.8) != colour(
        engine, first={"style_weight": 0.0}, style_weight=0.8
    )
    shutil.copy(path, path.with_name("third.safetensors"))
    with pytest.raises(ModelInvalid, match=r"more than two IP-Adapters.*third\.safetensors"):
        find_sdxl(copy)


def test_parts_that_were_pulled_by_their_own_cards_are_found_and_missing_ones_name_theirs(
    toy_folder: Path, own_home: Path
) -> None:
    drop_folder = models_folder()
    shutil.copytree(toy_folder, drop_folder / "sdxl", ignore=shutil.ignore_patterns("controlnet", "ip_adapter"))
    places = places_of("sdxl")
    with pytest.raises(ModelMissing) as caught:
        find_sdxl(places)
    assert "models pull sdxl-controlnet-union" in caught.value.hint
    shutil.copytree(toy_folder / "controlnet", drop_folder / "sdxl-controlnet-union")
    with pytest.raises(ModelMissing) as caught:
        find_sdxl(places)
    assert "models pull sdxl-ip-adapter" in caught.value.hint
    encoder = toy_folder / "ip_adapter" / "image_encoder"
    shutil.copytree(encoder, drop_folder / "sdxl-ip-adapter" / "models" / "image_encoder")
    (drop_folder / "sdxl-ip-adapter" / "sdxl_models").mkdir()
    shutil.copy(adapter_file(toy_folder), drop_folder / "sdxl-ip-adapter" / "sdxl_models")
    assert SdxlEngine().viability().ok
    assert find_sdxl(places).control == drop_folder / "sdxl-controlnet-union"


def test_a_dropped_repository_is_a_checkpoint(toy_folder: Path, own_home: Path) -> None:
    shutil.copytree(toy_folder, models_folder() / "my checkpoint", ignore=shutil.ignore_patterns("controlnet"))
    shutil.copytree(toy_folder / "controlnet", models_folder() / "sdxl" / "controlnet")
    shutil.copytree(toy_folder / "ip_adapter", models_folder() / "sdxl" / "ip_adapter")
    assert find_sdxl(places_of("sdxl")).folder == models_folder() / "my checkpoint"


@pytest.fixture
def posed(copy: Path) -> Path:
    """Return a toy with a ViTPose that is sure of what it finds."""
    import torch
    from transformers import VitPoseBackboneConfig, VitPoseConfig, VitPoseForPoseEstimation, VitPoseImageProcessor

    torch.manual_seed(3)
    backbone = VitPoseBackboneConfig(
        image_size=[64, 48], patch_size=[16, 16], hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        out_indices=[1],
    )  # fmt: skip
    network = VitPoseForPoseEstimation(VitPoseConfig(backbone_config=backbone, num_labels=17, use_simple_decoder=True))
    torch.nn.init.constant_(network.head.conv.bias, 1.0)
    network.save_pretrained(copy / "pose")
    VitPoseImageProcessor(size={"height": 64, "width": 48}).save_pretrained(copy / "pose")
    return copy


def test_the_directors_pose_strength_and_end_reach_the_picture(posed: Path) -> None:
    figure = np.zeros((64, 64), np.bool_)
    figure[8:60, 12:52] = True
    engine = SdxlEngine(posed)
    engine.load(PROCESSOR)

    def posing(regions: tuple[Region, ...], **pose: float) -> bytes:
        first = StagePlan(prompt="a cat", denoise_01=0.9, guidance=5, steps=4, **pose)
        plan = Plan(seed=2, stages=(first, StagePlan(prompt="lines", denoise_01=0.5, guidance=5, steps=2)))
        request = request_of(drawn_page(64, 64), plan=plan)
        return engine.colorize(replace(request, regions=regions), ignore_step).oklab.tobytes()

    seen = (Region(mask=figure),)
    free = posing(seen, pose_strength=0.0)
    assert len({free, posing(seen, pose_strength=0.9), posing(seen, pose_strength=0.9, pose_end_01=0.4)}) == 3
    assert posing((), pose_strength=0.9) == free


def test_a_skeleton_has_its_joints_where_they_were_found_and_a_neck_between_the_shoulders() -> None:
    points = np.array([[50, 20], [53, 17], [47, 17], [57, 18], [43, 18], [65, 40], [35, 40], [72, 60], [28, 60],
                       [75, 80], [25, 80], [60, 85], [40, 85], [61, 110], [39, 110], [62, 135], [38, 135]])  # fmt: skip
    canvas = np.zeros((150, 100, 3), np.uint8)
    assert draw(canvas, points.astype(np.float32), np.ones(17, np.float32))
    for (x, y), joint in {(50, 20): 0, (50, 40): 1, (35, 40): 2, (65, 40): 5, (40, 85): 8, (62, 135): 13}.items():
        assert tuple(canvas[y, x]) == COLOURS[joint]
    assert not draw(np.zeros_like(canvas), points.astype(np.float32), np.zeros(17, np.float32))


LAYER = "down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"
TEXT = "text_model_encoder_layers_0_mlp_fc1"


def lora(path: Path, layers: dict[str, tuple[int, int]], layout: str = "kohya", seed: int = 0) -> LoraUse:
    import torch
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(seed)
    tensors: dict[str, Any] = {}
    for name, (into, out) in layers.items():
        down, up = (torch.randn(*shape, generator=generator) for shape in ((RANK, into), (out, RANK)))
        if layout == "kohya":
            tensors |= {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up,
                        f"{name}.alpha": torch.tensor(float(RANK))}  # fmt: skip
        else:
            tensors |= {f"{name}.lora_A.weight": down, f"{name}.lora_B.weight": up}
    save_file(tensors, path)
    return LoraUse(name=path.name, path=str(path), sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def test_loras_of_kohya_and_diffusers_act_alike_and_come_off_to_the_last_bit(
    engine: SdxlEngine, tmp_path: Path
) -> None:
    without = colour(engine)
    kohya = lora(tmp_path / "kohya.safetensors", {f"lora_unet_{LAYER}": (sdxl.CROSS, 32)})
    dotted = "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k"
    diffusers = lora(tmp_path / "diffusers.safetensors", {dotted: (sdxl.CROSS, 32)}, "diffusers")
    assert colour(engine, kohya) == colour(engine, diffusers) != without
    both = lora(tmp_path / "both.safetensors", {f"lora_unet_{LAYER}": (sdxl.CROSS, 32), f"lora_te1_{TEXT}": (32, 37)})
    assert colour(engine, both) not in (without, colour(engine, kohya))
    assert colour(engine) == without


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ({f"lora_unet_{LAYER}": (sdxl.CROSS, 32), f"lora_unet_{LAYER.replace('blocks_1_a', 'blocks_9_a')}": (64, 32)},
         "odd"),
        ({f"lora_unet_{LAYER}": (48, 32)}, "odd"),
        ({"transformer.single_transformer_blocks.0.attn.to_out": (128, 32)}, "odd"),
    ],
)  # fmt: skip
def test_a_lora_that_does_not_fit_whole_is_refused_and_nothing_of_it_stays(
    engine: SdxlEngine, tmp_path: Path, layers: dict[str, tuple[int, int]], words: str
) -> None:
    without = colour(engine)
    layout = "kohya" if "lora_unet" in next(iter(layers)) else "diffusers"
    with pytest.raises(ModelInvalid, match=words):
        colour(engine, lora(tmp_path / "odd.safetensors", layers, layout))
    assert colour(engine) == without


def test_a_prompt_is_read_to_its_end_however_long_it_is(engine: SdxlEngine) -> None:
    """Each letter is a token of the toy: the last tags are far beyond what CLIP reads at a time."""
    long = ", ".join(["flat colours"] * 12)
    results = {colour_of(engine, prompt) for prompt in (long, f"{long}, red hair", f"{long}, blue hair")}
    assert len(results) == 3


def colour_of(engine: SdxlEngine, prompt: str) -> bytes:
    stage = StagePlan(prompt=prompt, negative_prompt="grey", denoise_01=0.9, guidance=6, steps=2)
    request = request_of(drawn_page(64, 64), plan=Plan(seed=2, stages=(stage, stage)))
    return engine.colorize(request, ignore_step).oklab.tobytes()


def test_pieces_end_between_tags_and_nothing_is_lost() -> None:
    def fits(text: str) -> bool:
        return len(text) <= 12

    assert pieces("red, blue, green, a very long tag indeed, x", fits) == [
        "red, blue", "green", "a very long", "tag indeed", "x"
    ]  # fmt: skip
    assert pieces("", fits) == [""]
