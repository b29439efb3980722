"""Every layout in which klein lies on disks gives the same picture as the bare pipeline of the whole repository."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.base import ModelInvalid, Plan
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.testing.contract import PROCESSOR, drawn_page, flat_reference, ignore_step, request_of
from tests.engines.toys import klein

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.base import MemoryPolicy
    from engines.colorize.flux2.info import KleinVariant

EXACT = 1e-5
"""Mean OKLab distance that another alignment of the same numbers in memory makes, at most: a level here and there."""
# About three times what was measured on this toy: largest OKLab distance of a pixel, and mean over all.
TOLERANCES = {
    "BF16": (0.01, 3e-5),
    "Q8_0": (0.01, 5e-5),
    "Q5_1": (0.01, 3e-4),
    "Q4_0": (0.012, 6e-4),
    "fp8": (0.015, 3e-4),
    # On a processor short of memory the text encoder lies in bfloat16, too.
    "fp8, lean": (0.015, 1.2e-3),
}


@pytest.fixture(scope="module")
def expected(toy_folder: Path, toy: KleinVariant) -> NDArray[np.float32]:
    return picture(toy_folder, toy)


@pytest.fixture
def singles(toy_folder: Path, tmp_path: Path) -> Path:
    return klein.build_single_files(toy_folder, tmp_path / "singles")


def picture(folder: Path, variant: KleinVariant, policy: MemoryPolicy = "full") -> NDArray[np.float32]:
    engine = Flux2KleinEngine(variant, folder)
    engine.load(replace(PROCESSOR, policy=policy))
    request = request_of(drawn_page(112, 96), flat_reference(2.0, 64), plan=Plan(seed=11, prompt="a cat"))
    oklab = engine.colorize(request, ignore_step).oklab
    engine.unload()
    return oklab


def distances(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> tuple[float, float]:
    apart = np.linalg.norm(ours - theirs, axis=-1)
    return float(apart.max()), float(apart.mean())


def assert_near(ours: NDArray[np.float32], theirs: NDArray[np.float32], kind: str) -> None:
    most, mean = distances(ours, theirs)
    assert most <= TOLERANCES[kind][0], (most, mean)
    assert mean <= TOLERANCES[kind][1], (most, mean)


def test_single_files_of_black_forest_labs(singles: Path, toy: KleinVariant, expected: NDArray[np.float32]) -> None:
    assert distances(picture(singles, toy), expected)[1] <= EXACT


@pytest.mark.parametrize("prefix", ["model.diffusion_model.", "diffusion_model."])
def test_single_files_with_comfyuis_prefix_in_comfyuis_folders(
    toy_folder: Path, toy: KleinVariant, tmp_path: Path, expected: NDArray[np.float32], prefix: str
) -> None:
    klein.build_single_files(toy_folder, tmp_path, prefix=prefix)
    for name, place in (
        ("klein.safetensors", "diffusion_models"),
        ("flux2-vae.safetensors", "vae"),
        ("qwen_3.safetensors", "text_encoders"),
    ):
        (tmp_path / place).mkdir()
        (tmp_path / name).rename(tmp_path / place / name)
    assert distances(picture(tmp_path, toy), expected)[1] <= EXACT


def test_single_files_under_diffusers_names(
    toy_folder: Path, toy: KleinVariant, tmp_path: Path, expected: NDArray[np.float32]
) -> None:
    for part in ("transformer", "vae", "text_encoder"):
        source = next((toy_folder / part).glob("*.safetensors"))
        shutil.copy(source, tmp_path / f"{part}.safetensors")
    shutil.copytree(toy_folder / "tokenizer", tmp_path / "tokenizer")
    assert distances(picture(tmp_path, toy), expected)[1] <= EXACT


def test_sharded_folders(toy_folder: Path, toy: KleinVariant, tmp_path: Path, expected: NDArray[np.float32]) -> None:
    from safetensors.torch import save_file

    folder = tmp_path / "sharded"
    shutil.copytree(toy_folder, folder)
    tensors = klein.weights_of(folder, "transformer")
    (folder / "transformer" / "diffusion_pytorch_model.safetensors").unlink()
    names = sorted(tensors)
    where = {}
    for number, chosen in enumerate((names[::2], names[1::2]), 1):
        shard = f"diffusion_pytorch_model-{number:05d}-of-00002.safetensors"
        save_file({name: tensors[name] for name in chosen}, folder / "transformer" / shard)
        where |= dict.fromkeys(chosen, shard)
    index = folder / "transformer" / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": where}))
    # The weights lie elsewhere in memory, and kernels round by alignment: a few pixels by a level of 256.
    assert distances(picture(folder, toy), expected)[1] <= EXACT


@pytest.mark.parametrize("kind", ["BF16", "Q8_0", "Q5_1", "Q4_0"])
def test_gguf_transformer_beside_a_whole_repository_takes_its_place(
    toy_folder: Path, toy: KleinVariant, tmp_path: Path, expected: NDArray[np.float32], kind: str
) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(toy_folder, folder)
    bfl = klein.to_bfl(klein.weights_of(toy_folder, "transformer"))
    klein.write_gguf(folder / f"klein-{kind}.gguf", bfl, "flux", kind)
    ours = picture(folder, toy)
    assert ours.tobytes() != expected.tobytes()
    assert_near(ours, expected, kind)


def test_gguf_text_encoder(singles: Path, toy: KleinVariant, expected: NDArray[np.float32]) -> None:
    from safetensors.torch import load_file

    encoder = klein.to_gguf_encoder(load_file(singles / "qwen_3.safetensors"))
    (singles / "qwen_3.safetensors").unlink()
    klein.write_gguf(singles / "qwen3-Q8_0.gguf", encoder, "qwen3")
    assert_near(picture(singles, toy), expected, "Q8_0")


def fp8(tensors: dict[str, Any], scale: str, ending: str) -> dict[str, Any]:
    """Return tensors whose matrices have 8 bits: cast as they are, or scaled as a whole or row by row."""
    import torch

    out: dict[str, Any] = {}
    for name, value in tensors.items():
        if value.ndim != 2 or not name.endswith(".weight") or name.startswith(("img_in", "txt_in", "final", "time")):
            out[name] = value
            continue
        rows = value.abs().amax(1 if scale == "rows" else (0, 1), keepdim=True).clamp(min=1e-8) / 448
        if scale == "none":
            out[name] = value.to(torch.float8_e4m3fn)
            continue
        out[name] = (value / rows).to(torch.float8_e4m3fn)
        out[name.removesuffix(".weight") + ending] = rows.flatten() if scale == "rows" else rows.reshape(())
    return out


@pytest.mark.parametrize("policy", ["full", "layerwise_fp8"])
@pytest.mark.parametrize(("scale", "ending"), [("none", ""), ("rows", ".weight_scale"), ("whole", ".scale_weight")])
def test_fp8_files(
    toy_folder: Path,
    toy: KleinVariant,
    tmp_path: Path,
    expected: NDArray[np.float32],
    scale: str,
    ending: str,
    policy: MemoryPolicy,
) -> None:
    from safetensors.torch import load_file, save_file

    bfl = fp8(klein.to_bfl(klein.weights_of(toy_folder, "transformer")), scale, ending)
    klein.build_single_files(toy_folder, tmp_path, transformer=bfl)
    encoder = tmp_path / "qwen_3.safetensors"
    save_file(fp8(load_file(encoder), scale, ending), encoder)
    ours = picture(tmp_path, toy, policy)
    assert ours.tobytes() != expected.tobytes()
    assert_near(ours, expected, "fp8" if policy == "full" else "fp8, lean")


def test_scaled_fp8_stays_small_under_the_lean_policy(toy_folder: Path, toy: KleinVariant, tmp_path: Path) -> None:
    import torch

    bfl = fp8(klein.to_bfl(klein.weights_of(toy_folder, "transformer")), "whole", ".weight_scale")
    engine = Flux2KleinEngine(toy, klein.build_single_files(toy_folder, tmp_path, transformer=bfl))
    engine.load(replace(PROCESSOR, policy="layerwise_fp8"))
    weight = engine._pipeline.transformer.transformer_blocks[0].attn.to_q.weight
    assert weight.dtype == torch.float8_e4m3fn


def test_four_bit_files_that_are_not_gguf_are_refused(toy_folder: Path, toy: KleinVariant, tmp_path: Path) -> None:
    import torch

    bfl = klein.to_bfl(klein.weights_of(toy_folder, "transformer"))
    name = "double_blocks.0.img_attn.proj.weight"
    bfl[name] = torch.zeros(bfl[name].shape[0], bfl[name].shape[1] // 2, dtype=torch.uint8)
    engine = Flux2KleinEngine(toy, klein.build_single_files(toy_folder, tmp_path, transformer=bfl))
    assert "4 bits" in engine.viability().reason
    with pytest.raises(ModelInvalid, match=r"klein\.safetensors.*4 bits"):
        engine.load(PROCESSOR)


def test_scales_by_blocks_are_refused_rather_than_misread(toy_folder: Path, toy: KleinVariant, tmp_path: Path) -> None:
    import torch

    bfl = fp8(klein.to_bfl(klein.weights_of(toy_folder, "transformer")), "rows", ".weight_scale")
    name = "double_blocks.0.img_attn.proj.weight_scale"
    bfl[name] = torch.ones(bfl[name].shape[0], 2)
    engine = Flux2KleinEngine(toy, klein.build_single_files(toy_folder, tmp_path, transformer=bfl))
    with pytest.raises(ModelInvalid, match=r"klein\.safetensors has scales"):
        engine.load(PROCESSOR)


@pytest.mark.parametrize(
    ("file", "lost"),
    [
        ("klein.safetensors", "double_blocks.0.img_mlp.2.weight"),
        ("klein.safetensors", "single_blocks.1.norm.key_norm.scale"),
        ("flux2-vae.safetensors", "decoder.up.1.block.0.conv1.bias"),
        ("qwen_3.safetensors", "model.layers.3.mlp.up_proj.weight"),
    ],
)
def test_a_file_that_lacks_a_tensor_is_refused_by_name(singles: Path, toy: KleinVariant, file: str, lost: str) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(singles / file)
    del tensors[lost]
    save_file(tensors, singles / file)
    with pytest.raises(ModelInvalid, match=file):
        Flux2KleinEngine(toy, singles).load(PROCESSOR)


@pytest.mark.parametrize("part", ["transformer", "vae", "text_encoder"])
def test_a_folder_that_lacks_a_tensor_is_refused_by_name(
    toy_folder: Path, toy: KleinVariant, tmp_path: Path, part: str
) -> None:
    from safetensors.torch import save_file

    folder = tmp_path / "klein"
    shutil.copytree(toy_folder, folder)
    tensors = klein.weights_of(folder, part)
    lost = next(name for name in sorted(tensors) if "2" in name and name.endswith("weight"))
    del tensors[lost]
    file = next((folder / part).glob("*.safetensors"))
    save_file(tensors, file, metadata={"format": "pt"})
    with pytest.raises(ModelInvalid, match=file.name):
        Flux2KleinEngine(toy, folder).load(PROCESSOR)


def test_a_tensor_of_another_shape_is_refused_by_file(singles: Path, toy: KleinVariant) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(singles / "klein.safetensors")
    tensors["single_blocks.0.linear2.weight"] = tensors["single_blocks.0.linear2.weight"][:, :-32].contiguous()
    save_file(tensors, singles / "klein.safetensors")
    with pytest.raises(ModelInvalid, match=r"klein\.safetensors"):
        Flux2KleinEngine(toy, singles).load(PROCESSOR)


def test_scales_of_blocks_are_spread_over_them() -> None:
    """Qwen's own 8-bit files: a scale for each block of 128 x 128, the last ones cut off by the matrix's edge."""
    import torch

    from engines.colorize.diffusion import fp8 as eight

    exact = torch.randn(300, 260, generator=torch.Generator().manual_seed(0))
    scale = torch.tensor([[1.0, 2.0, 4.0], [0.5, 1.0, 2.0], [8.0, 0.25, 1.0]])
    wide = scale.repeat_interleave(128, 0).repeat_interleave(128, 1)[:300, :260]
    tensors = {"a.weight": (exact / wide).to(torch.float8_e4m3fn), "a.weight_scale_inv": scale}
    found = eight.restored(tensors, torch.float32, "qwen")
    assert list(found) == ["a.weight"]
    assert (found["a.weight"] - exact).abs().max() < 0.3
    assert torch.equal(found["a.weight"], tensors["a.weight"].float() * wide)
    assert eight.kept(tensors, torch.float32, "qwen") is None


@pytest.mark.parametrize(("kind", "words"), [("int8", "8-bit integers"), ("uint8", "4 bits")])
def test_what_is_not_read_is_refused_by_its_right_name(singles: Path, toy: KleinVariant, kind: str, words: str) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    path = singles / "klein.safetensors"
    tensors = load_file(path)
    name = "single_blocks.0.linear2.weight"
    save_file({**tensors, name: tensors[name].to(getattr(torch, kind))}, path)
    with pytest.raises(ModelInvalid, match=words):
        Flux2KleinEngine(toy, singles).load(PROCESSOR)
