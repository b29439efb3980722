"""Checkpoints, controls, adapters and encoders of one file: the picture of the folder, or the right words."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.diffusion.places import places_of
from engines.colorize.sdxl.engine import SdxlEngine
from engines.colorize.sdxl.files import find_sdxl
from engines.testing.contract import PROCESSOR, drawn_page, flat_reference, ignore_step, request_of
from models.store import models_folder
from tests.engines.sdxl.test_engine import PLAN
from tests.engines.toys import klein, sdxl_single

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


# What another alignment of the same numbers in memory makes: a level of 256 here and there.
NEAR = 2e-5


def made(engine: SdxlEngine) -> tuple[dict[str, Any], NDArray[np.float32]]:
    """Return the weights of all parts, and a picture."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)  # two add up in another order where memory is aligned otherwise
    engine.load(PROCESSOR)
    parts = {name: part for name, part in engine._pipeline.components.items() if hasattr(part, "state_dict")}
    weights = {f"{name}.{key}": value for name, part in parts.items() for key, value in part.state_dict().items()}
    request = request_of(drawn_page(64, 64), flat_reference(1.0, 48), plan=PLAN)
    oklab = engine.colorize(request, ignore_step).oklab
    engine.unload()
    torch.set_num_threads(before)
    return weights, oklab


def assert_same(engine: SdxlEngine, expected: Any) -> None:
    """Hold that an engine has the weights of another, bit for bit, and gives its picture."""
    import torch

    weights, oklab = made(engine)
    assert weights.keys() == expected[0].keys()
    assert [name for name, value in weights.items() if not torch.equal(value, expected[0][name])] == []
    assert np.linalg.norm(oklab - expected[1], axis=-1).mean() <= NEAR


@pytest.fixture(scope="module")
def expected(toy_folder: Path) -> Any:
    return made(SdxlEngine(toy_folder))


def rewrite(path: Path, change: Any) -> None:
    from safetensors.torch import load_file, save_file

    save_file(change(load_file(path)), path)


def without(*starts: str) -> Any:
    return lambda tensors: {name: value for name, value in tensors.items() if not name.startswith(starts)}


def test_one_file_gives_the_picture_of_the_folder(toy_folder: Path, tmp_path: Path, expected: Any) -> None:
    folder = sdxl_single.build_single(toy_folder, tmp_path / "single")
    found = find_sdxl(folder)
    assert found.parts_mib == find_sdxl(toy_folder).parts_mib
    assert found.weights[0].name == "animagine-xl.safetensors"
    assert_same(SdxlEngine(folder), expected)


def test_dropped_files_form_the_engine_and_what_is_missing_is_said(
    toy_folder: Path, own_home: Path, expected: Any
) -> None:
    """As they come from their pages: nothing beside them, and all in one folder."""
    drop, engine = models_folder(), SdxlEngine()
    drop.mkdir(parents=True)
    whole = sdxl_single.build_single(toy_folder, own_home / "whole")
    shutil.copy(whole / "animagine-xl.safetensors", drop)
    assert "ControlNet Union is not in" in engine.viability().reason
    shutil.copy(next((toy_folder / "controlnet").glob("*.safetensors")), drop / "union.safetensors")
    assert "IP-Adapter (ip_adapter) is not in" in engine.viability().reason
    shutil.copy(next((toy_folder / "ip_adapter").glob("*.safetensors")), drop)
    assert "image encoder is not in" in engine.viability().reason
    shutil.copy(next((toy_folder / "ip_adapter" / "image_encoder").glob("*.safetensors")), drop / "vit.safetensors")
    missing = engine.viability()
    assert "CLIP's words" in missing.reason
    assert "models pull sdxl-tokenizer" in missing.fix
    shutil.copytree(toy_folder / "tokenizer", drop / "sdxl-tokenizer" / "tokenizer")
    shutil.copytree(toy_folder / "tokenizer_2", drop / "sdxl-tokenizer" / "tokenizer_2")
    assert engine.viability().ok
    assert_same(engine, expected)
    shutil.copy(drop / "animagine-xl.safetensors", drop / "pony.safetensors")
    assert "animagine-xl.safetensors and pony.safetensors" in engine.viability().reason


def test_words_of_another_model_are_no_words_of_clip(toy_folder: Path, own_home: Path) -> None:
    drop = models_folder()
    folder = sdxl_single.build_single(toy_folder, drop / "sdxl")
    shutil.rmtree(folder / "tokenizer")
    klein.make_tokenizer().save_pretrained(drop / "tokenizer")
    (drop / "tokenizer" / "vocab.json").write_text('{"a": 0}')
    (drop / "tokenizer" / "merges.txt").write_text("")
    with pytest.raises(ModelMissing, match="CLIP's words"):
        find_sdxl(places_of("sdxl"))


def test_the_second_tokenizer_fills_up_with_its_own_word(toy_folder: Path, tmp_path: Path) -> None:
    folder = sdxl_single.build_single(toy_folder, tmp_path / "single")
    shutil.rmtree(folder / "tokenizer_2")
    engine = SdxlEngine(folder)
    engine.load(PROCESSOR)
    assert (engine._pipeline.tokenizer.pad_token, engine._pipeline.tokenizer_2.pad_token) == ("<|endoftext|>", "!")


@pytest.mark.parametrize(
    ("keys", "facts"),
    [
        ((), ("epsilon", False, "leading")),
        (("v_pred",), ("v_prediction", False, "leading")),
        (("v_pred", "ztsnr"), ("v_prediction", True, "trailing")),
    ],
)
def test_what_a_checkpoint_predicts_is_what_it_says(
    toy_folder: Path, tmp_path: Path, keys: tuple[str, ...], facts: tuple[Any, ...]
) -> None:
    import torch

    marks = {key: torch.zeros(0) for key in keys}
    engine = SdxlEngine(sdxl_single.build_single(toy_folder, tmp_path / "single", extra=marks))
    engine.load(PROCESSOR)
    told = engine._pipeline.scheduler.config
    assert (told.prediction_type, told.rescale_betas_zero_snr, told.timestep_spacing) == facts


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("first_stage_model."), "the autoencoder is not in it"),
        (without("conditioner.embedders.1."), "the second text encoder is not in it"),
        (without("model.diffusion_model.label_emb."), "no SDXL"),
        (without("model.diffusion_model."), "no checkpoint of Stable Diffusion"),
        (without("model.diffusion_model.output_blocks.3.1."), "lacks up_blocks.1.attentions.0"),
        (without("conditioner.embedders.0.transformer.text_model.encoder.layers.1."), "lacks"),
        (lambda tensors: tensors | {"model.diffusion_model.lost.weight": tensors[FIRST_CONV].clone()}, None),
        (
            lambda tensors: tensors | {FIRST_CONV: tensors[FIRST_CONV].repeat(1, 3, 1, 1)[:, :9].contiguous()},
            "for inpainting",
        ),
        (lambda tensors: tensors | {QUERY: tensors[QUERY][:-2].contiguous()}, "does not fit its own measures"),
    ],
)
def test_a_checkpoint_that_is_not_whole_is_refused(toy_folder: Path, tmp_path: Path, change: Any, words: Any) -> None:
    folder = sdxl_single.build_single(toy_folder, tmp_path / "single")
    rewrite(folder / "animagine-xl.safetensors", change)
    engine = SdxlEngine(folder)
    if words is None:  # a tensor that no layer of the network is called after is left aside by diffusers' own names
        engine.load(PROCESSOR)
        return
    with pytest.raises(ModelInvalid, match=rf"animagine-xl\.safetensors.*{words}"):
        engine.load(PROCESSOR)


FIRST_CONV = "model.diffusion_model.input_blocks.0.0.weight"
QUERY = "model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn1.to_q.weight"


def test_a_pickled_checkpoint_is_refused_unopened(toy_folder: Path, tmp_path: Path) -> None:
    folder = sdxl_single.build_single(toy_folder, tmp_path / "single")
    (folder / "animagine-xl.safetensors").rename(folder / "animagine-xl.ckpt")
    with pytest.raises(ModelInvalid, match=r"animagine-xl\.ckpt is a pickle"):
        find_sdxl(folder)


def test_a_control_of_one_file_lies_in_its_folder_too(toy_folder: Path, tmp_path: Path, expected: Any) -> None:
    folder = shutil.copytree(toy_folder, tmp_path / "copy")
    (folder / "controlnet" / "config.json").unlink()
    assert find_sdxl(folder).control.suffix == ".safetensors"
    assert_same(SdxlEngine(folder), expected)


def test_real_sizes_give_the_real_configurations() -> None:
    """The public measures of SDXL 1.0, of ControlNet Union ProMax and of ViT-H."""
    from engines.colorize.sdxl import anatomy

    unet = anatomy.unet_config(headers(real_unet()), 1280)
    assert unet["block_out_channels"] == [320, 640, 1280]
    assert unet["attention_head_dim"] == [5, 10, 20]
    assert unet["transformer_layers_per_block"] == [1, 2, 10]
    assert unet["down_block_types"] == ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"]
    assert unet["up_block_types"] == ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"]
    assert (unet["layers_per_block"], unet["cross_attention_dim"], unet["norm_num_groups"]) == (2, 2048, 32)
    assert (unet["addition_time_embed_dim"], unet["projection_class_embeddings_input_dim"]) == (256, 2816)
    vision = anatomy.vision_config(headers({
        "vision_model.embeddings.patch_embedding.weight": (1280, 3, 14, 14),
        "vision_model.embeddings.position_embedding.weight": (257, 1280),
        "vision_model.encoder.layers.0.mlp.fc1.weight": (5120, 1280), "visual_projection.weight": (1024, 1280),
    }))  # fmt: skip
    assert (vision["num_attention_heads"], vision["image_size"], vision["hidden_act"]) == (16, 224, "gelu")


def headers(shapes: Mapping[str, tuple[int, ...]]) -> Any:
    from models.headers import TensorHeader

    return {name: TensorHeader("F16", shape) for name, shape in shapes.items()}


def real_unet() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "label_emb.0.0.weight": (1280, 2816), "input_blocks.0.0.weight": (320, 4, 3, 3),
        "input_blocks.3.0.op.weight": (320, 320, 3, 3), "input_blocks.6.0.op.weight": (640, 640, 3, 3),
    }  # fmt: skip
    for number, (width, depth) in {
        1: (320, 0),
        2: (320, 0),
        4: (640, 2),
        5: (640, 2),
        7: (1280, 10),
        8: (1280, 10),
    }.items():
        shapes[f"input_blocks.{number}.0.out_layers.3.weight"] = (width, width, 3, 3)
        for block in range(depth):
            shapes[f"input_blocks.{number}.1.transformer_blocks.{block}.attn2.to_k.weight"] = (width, 2048)
        if depth:
            shapes[f"input_blocks.{number}.1.proj_in.weight"] = (width, width)
    return shapes
