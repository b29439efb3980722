"""What lies in a model's folder is judged by headers, before anything is loaded; every error names the file."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.flux2 import anatomy
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.colorize.flux2.files import find_klein
from models.headers import TensorHeader
from models.store import WeightsInvalid
from tests.engines.toys import klein

if TYPE_CHECKING:
    from pathlib import Path

    from engines.colorize.flux2.info import KleinVariant


@pytest.fixture
def folder(toy_folder: Path, tmp_path: Path) -> Path:
    """Return a copy of the toy that a test may spoil."""
    shutil.copytree(toy_folder, tmp_path / "klein")
    return tmp_path / "klein"


@pytest.fixture
def singles(toy_folder: Path, tmp_path: Path) -> Path:
    return klein.build_single_files(toy_folder, tmp_path / "singles")


@pytest.fixture(scope="session")
def wider(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a toy of twice the width: to the first what 9B is to 4B."""
    return klein.build_folder(tmp_path_factory.mktemp("wider"), hidden=64)


def refusal(folder: Path, variant: KleinVariant) -> str:
    """Return what is said of a folder's files, the same by `viability` and by `load`."""
    with pytest.raises((ModelInvalid, ModelMissing)) as caught:
        find_klein(folder, variant)
    viability = Flux2KleinEngine(variant, folder).viability()
    assert not viability.ok
    assert viability.reason == caught.value.message
    assert viability.fix == caught.value.hint != ""
    return caught.value.message


@pytest.mark.parametrize("part", ["transformer", "vae", "text_encoder"])
def test_missing_part_is_named(folder: Path, toy: KleinVariant, part: str) -> None:
    shutil.rmtree(folder / part)
    assert {"transformer": "transformer", "vae": "autoencoder", "text_encoder": "text encoder"}[part] in refusal(
        folder, toy
    )


@pytest.mark.parametrize("part", ["transformer", "vae", "text_encoder"])
def test_part_without_its_weights_is_named(folder: Path, toy: KleinVariant, part: str) -> None:
    next((folder / part).glob("*.safetensors")).unlink()
    assert f"{part}/" in refusal(folder, toy)


def test_missing_tokenizer_is_named(singles: Path, toy: KleinVariant) -> None:
    shutil.rmtree(singles / "tokenizer")
    assert "tokenizer/" in refusal(singles, toy)


def test_missing_shard_is_named(folder: Path, toy: KleinVariant) -> None:
    index = folder / "transformer" / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "part-1.safetensors"}}))
    assert "transformer/part-1.safetensors" in refusal(folder, toy)


@pytest.mark.parametrize("content", ["{", "[]", '{"weight_map": {"a": "../../../etc/passwd"}}'])
def test_damaged_index_is_refused(folder: Path, toy: KleinVariant, content: str) -> None:
    index = folder / "transformer" / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(content)
    assert index.name in refusal(folder, toy)


@pytest.mark.parametrize("file", ["klein.safetensors", "flux2-vae.safetensors", "qwen_3.safetensors"])
@pytest.mark.parametrize("keep", [0, 4, 200, -1])
def test_truncated_file_is_named(singles: Path, toy: KleinVariant, file: str, keep: int) -> None:
    path = singles / file
    path.write_bytes(path.read_bytes()[:keep])
    assert file in refusal(singles, toy)


@pytest.mark.parametrize("keep", [4, 30, 2000, -40])
def test_truncated_gguf_is_named(toy_folder: Path, folder: Path, toy: KleinVariant, keep: int) -> None:
    bfl = klein.to_bfl(klein.weights_of(toy_folder, "transformer"))
    path = klein.write_gguf(folder / "klein-Q8_0.gguf", bfl, "flux")
    path.write_bytes(path.read_bytes()[:keep])
    assert path.name in refusal(folder, toy)


@pytest.mark.parametrize("ending", [".bin", ".pt", ".pth", ".ckpt", ".pkl"])
@pytest.mark.parametrize("place", ["transformer", "."])
def test_pickle_is_refused_unopened(folder: Path, toy: KleinVariant, ending: str, place: str) -> None:
    next((folder / "transformer").glob("*.safetensors")).unlink()
    if place == ".":
        shutil.rmtree(folder / "transformer")
    evil = folder / place / f"model{ending}"
    evil.write_bytes(b"cos\nsystem\n(S'touch evil'\ntR.")
    assert "pickle" in (said := refusal(folder, toy))
    assert evil.name in said


def test_two_transformers_are_one_too_many(singles: Path, toy: KleinVariant) -> None:
    shutil.copy(singles / "klein.safetensors", singles / "klein-other.safetensors")
    said = refusal(singles, toy)
    assert "klein-other.safetensors" in said
    assert "klein.safetensors" in said


def test_transformer_of_the_other_size_is_told_apart(wider: Path, toy: KleinVariant) -> None:
    said = refusal(wider, toy)
    assert "width 64" in said
    assert "32" in said


def test_text_encoder_of_the_other_size_is_told_apart(folder: Path, wider: Path, toy: KleinVariant) -> None:
    shutil.rmtree(folder / "text_encoder")
    shutil.copytree(wider / "text_encoder", folder / "text_encoder")
    said = refusal(folder, toy)
    assert "model.safetensors gives text of width 192" in said
    assert "reads 96" in said


def test_flux1_and_dev_and_other_models_are_told_apart(singles: Path, toy: KleinVariant) -> None:
    from safetensors.torch import load_file, save_file

    path = singles / "klein.safetensors"
    tensors = load_file(path)
    flux1 = {name: value for name, value in tensors.items() if "modulation" not in name}
    save_file(flux1, path)
    assert "no FLUX.2 transformer" in refusal(singles, toy)
    save_file({**tensors, "guidance_in.in_layer.weight": tensors["time_in.in_layer.weight"].clone()}, path)
    assert "FLUX.2 dev" in refusal(singles, toy)


def test_autoencoder_of_flux1_is_told_apart(singles: Path, toy: KleinVariant) -> None:
    from safetensors.torch import load_file, save_file

    path = singles / "flux2-vae.safetensors"
    save_file({name: value for name, value in load_file(path).items() if not name.startswith("bn.")}, path)
    assert "no FLUX.2 autoencoder" in refusal(singles, toy)


def test_text_encoder_that_is_no_qwen3_is_told_apart(singles: Path, toy: KleinVariant) -> None:
    from safetensors.torch import load_file, save_file

    path = singles / "qwen_3.safetensors"
    save_file({name: value for name, value in load_file(path).items() if "q_norm" not in name}, path)
    assert "no Qwen3" in refusal(singles, toy)


def test_text_encoder_with_too_few_layers_is_told_apart(singles: Path, toy: KleinVariant) -> None:
    from safetensors.torch import load_file, save_file

    path = singles / "qwen_3.safetensors"
    short = {name: value for name, value in load_file(path).items() if not name.startswith("model.layers.2")}
    save_file(short, path)
    assert "layers" in refusal(singles, toy)


def test_adapter_beside_the_weights_is_no_part(singles: Path, toy: KleinVariant) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"transformer.x.lora_A.weight": torch.zeros(4, 32)}, singles / "style.safetensors")
    assert [path.name for path in find_klein(singles, toy).transformer.paths] == ["klein.safetensors"]


REAL: dict[str, dict[str, Any]] = {
    "4B": {"hidden": 3072, "joint": 7680, "double": 5, "single": 20},
    "9B": {"hidden": 4096, "joint": 12288, "double": 8, "single": 24},
}


@pytest.mark.parametrize("size", REAL)
@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
def test_real_sizes_give_the_real_configurations(size: str, prefix: str) -> None:
    facts = REAL[size]
    hidden = facts["hidden"]
    shapes = {
        "img_in.weight": (hidden, 128),
        "txt_in.weight": (hidden, facts["joint"]),
        "time_in.in_layer.weight": (hidden, 256),
        "single_stream_modulation.lin.weight": (3 * hidden, hidden),
    }
    for block in range(facts["double"]):
        shapes[f"double_blocks.{block}.img_mlp.0.weight"] = (6 * hidden, hidden)
        shapes[f"double_blocks.{block}.img_attn.norm.query_norm.scale"] = (128,)
    for block in range(facts["single"]):
        shapes[f"single_blocks.{block}.linear2.weight"] = (hidden, 4 * hidden)
    tensors = {prefix + name: TensorHeader("BF16", shape) for name, shape in shapes.items()}
    assert anatomy.prefix_of(tensors, "transformer") == prefix
    measured = anatomy.measure_transformer(tensors)
    assert measured.name == f"FLUX.2 {size}"
    assert measured.config() == {
        "in_channels": 128, "num_layers": facts["double"], "num_single_layers": facts["single"],
        "attention_head_dim": 128, "num_attention_heads": hidden // 128, "joint_attention_dim": facts["joint"],
        "timestep_guidance_channels": 256, "mlp_ratio": 3.0, "axes_dims_rope": [32, 32, 32, 32], "rope_theta": 2000,
        "guidance_embeds": False,
    }  # fmt: skip


@pytest.mark.parametrize("shape", [(32,), (0, 32), (30, 16), (2, 3, 4)])
def test_shapes_that_make_no_model_are_refused(toy_folder: Path, shape: tuple[int, ...]) -> None:
    from models.headers import read_header

    header = read_header(next((toy_folder / "transformer").glob("*.safetensors")))
    tensors = {**header.tensors, "x_embedder.weight": TensorHeader("F32", shape)}
    with pytest.raises(WeightsInvalid):
        anatomy.measure_transformer(tensors)


def test_another_variant_of_the_same_size_takes_the_same_files(toy_folder: Path, toy: KleinVariant) -> None:
    assert find_klein(toy_folder, replace(toy, cached=True)) == find_klein(toy_folder, toy)
