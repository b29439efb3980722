"""Files of 4 and of 8 bits by blocks: each gives the picture of the numbers that it holds, as the library counts."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.base import LoraUse, ModelInvalid, Plan
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.colorize.flux2.files import find_klein
from engines.testing.contract import PROCESSOR, drawn_page, flat_reference, ignore_step, request_of
from tests.engines.toys import few_bits, klein

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.base import MemoryPolicy
    from engines.colorize.flux2.info import KleinVariant

NEAR = 1e-5
"""Mean OKLab distance that another alignment of the same numbers in memory makes, at most."""


def picture(
    folder: Path, variant: KleinVariant, policy: MemoryPolicy = "full", loras: tuple[LoraUse, ...] = ()
) -> NDArray[np.float32]:
    engine = Flux2KleinEngine(variant, folder)
    engine.load(replace(PROCESSOR, policy=policy))
    request = request_of(
        drawn_page(64, 64), flat_reference(2.0, 48), plan=Plan(seed=5, prompt="a", steps=2, loras=loras)
    )
    oklab = engine.colorize(request, ignore_step).oklab
    engine.unload()
    return oklab


def apart(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    return float(np.linalg.norm(ours - theirs, axis=-1).mean())


def read_back(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Return tensors as 4 bits hold them."""
    from diffusers.quantizers.bfl.utils import dequantize_nvfp4, quantize_nvfp4

    return few_bits.matrices(tensors, lambda stem, value: {f"{stem}.weight": dequantize_nvfp4(*quantize_nvfp4(value))})


@pytest.fixture(scope="module")
def bfl(toy_folder: Path) -> dict[str, Any]:
    return klein.to_bfl(klein.weights_of(toy_folder, "transformer"))


@pytest.fixture(scope="module")
def four(toy_folder: Path, toy: KleinVariant, bfl: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the picture of the numbers that 4 bits hold."""
    folder = klein.build_single_files(toy_folder, tmp_path_factory.mktemp("four"), transformer=read_back(bfl))
    return picture(folder, toy)


@pytest.mark.parametrize(
    ("how", "metadata"),
    [
        ({"comfyui": False}, None),
        ({"comfyui": True}, None),
        ({"comfyui": True, "marked": False, "measured": False}, {"_quantization_metadata": "{}"}),
    ],
    ids=["modelopt", "comfyui", "comfyui-by-header"],
)
def test_nvfp4_gives_the_picture_of_its_numbers(
    toy_folder: Path, toy: KleinVariant, bfl: dict[str, Any], four: Any, tmp_path: Path, how: Any, metadata: Any
) -> None:
    from safetensors.torch import save_file

    folder = klein.build_single_files(toy_folder, tmp_path)
    save_file(few_bits.nvfp4(bfl, **how), folder / "klein.safetensors", metadata)
    assert apart(picture(folder, toy), four) <= NEAR


def test_nvfp4_stays_in_4_bits_where_memory_is_short_and_takes_loras(
    toy_folder: Path, toy: KleinVariant, bfl: dict[str, Any], four: Any, tmp_path: Path
) -> None:
    import torch

    folder = klein.build_single_files(toy_folder, tmp_path, transformer=few_bits.nvfp4(bfl, comfyui=True))
    engine = Flux2KleinEngine(toy, folder)
    engine.load(replace(PROCESSOR, policy="layerwise_fp8"))
    weight = engine._pipeline.transformer.transformer_blocks[0].attn.to_q.weight
    assert (weight.dtype, tuple(weight.shape)) == (torch.uint8, (32, 16))
    assert apart(picture(folder, toy, "layerwise_fp8"), four) < 2e-3
    lora = lora_file(tmp_path / "lora.safetensors")
    exact = klein.build_single_files(toy_folder, tmp_path / "exact", transformer=read_back(bfl))
    changed = picture(exact, toy, loras=(lora,))
    assert apart(changed, four) > 3e-3
    assert apart(picture(folder, toy, "layerwise_fp8", (lora,)), changed) < 2e-3


def lora_file(path: Path) -> LoraUse:
    import torch
    from safetensors.torch import save_file

    place = "transformer.single_transformer_blocks.0.attn.to_out"
    draw = torch.Generator().manual_seed(0)
    save_file({f"{place}.lora_A.weight": torch.randn(4, 128, generator=draw),
               f"{place}.lora_B.weight": torch.randn(32, 4, generator=draw)}, path)  # fmt: skip
    return LoraUse(name="lora", path=str(path), sha256="0")


@pytest.mark.parametrize("comfyui", [True, False])
def test_a_text_encoder_of_4_bits_is_read(toy_folder: Path, toy: KleinVariant, tmp_path: Path, comfyui: bool) -> None:
    from safetensors.torch import load_file, save_file

    folder = klein.build_single_files(toy_folder, tmp_path / "packed")
    exact = load_file(folder / "qwen_3.safetensors")
    save_file(few_bits.nvfp4(exact, comfyui=comfyui, measured=False), folder / "qwen_3.safetensors")
    plain = klein.build_single_files(toy_folder, tmp_path / "plain")
    save_file(read_back(exact), plain / "qwen_3.safetensors")
    assert apart(picture(folder, toy), picture(plain, toy)) <= NEAR


def test_mxfp8_is_read_in_its_tiles(toy_folder: Path, toy: KleinVariant, bfl: dict[str, Any], tmp_path: Path) -> None:
    exact = picture(klein.build_single_files(toy_folder, tmp_path / "exact"), toy)
    folder = klein.build_single_files(toy_folder, tmp_path / "mx", transformer=few_bits.mxfp8(bfl))
    ours = picture(folder, toy)
    assert 0 < apart(ours, exact) < 5e-4
    # Where memory is short its numbers are cast once more, as those of any file without scales of their own.
    assert apart(picture(folder, toy, "layerwise_fp8"), exact) < 2e-3


@pytest.mark.parametrize(("nested", "form"), [(True, "nf4"), (False, "nf4"), (True, "fp4")])
def test_bitsandbytes_gives_the_picture_of_its_numbers(
    toy_folder: Path, toy: KleinVariant, bfl: dict[str, Any], tmp_path: Path, nested: bool, form: str
) -> None:
    packed, held = few_bits.nf4(bfl, nested=nested, form=form)
    plain = klein.build_single_files(toy_folder, tmp_path / "plain", transformer=held)
    folder = klein.build_single_files(toy_folder, tmp_path / "packed", transformer=packed)
    found, want = find_klein(folder, toy), find_klein(plain, toy)
    assert found.transformer_is == want.transformer_is
    assert "NF4" in found.transformer.dtypes
    assert found.needs("a") == want.needs("a")
    assert apart(picture(folder, toy), picture(plain, toy)) <= NEAR


def test_a_repository_that_bitsandbytes_packed_is_read_without_the_library(
    toy_folder: Path, toy: KleinVariant, tmp_path: Path
) -> None:
    """Transformer and text encoder under the names of diffusers and transformers, as `…-bnb-4bit` has them."""
    from safetensors.torch import save_file

    for name in ("packed", "plain"):
        shutil.copytree(toy_folder, tmp_path / name)
    for part in ("transformer", "text_encoder"):
        packed, held = few_bits.nf4(klein.weights_of(toy_folder, part))
        for name, tensors in (("packed", packed), ("plain", held)):
            (path,) = (tmp_path / name / part).glob("*.safetensors")
            save_file({key: value.contiguous() for key, value in tensors.items()}, path, {"format": "pt"})
    ours = picture(tmp_path / "packed", toy)
    assert apart(ours, picture(tmp_path / "plain", toy)) <= NEAR
    assert apart(ours, picture(toy_folder, toy)) > NEAR


LIBRARY = "ddddcccccffffeeeee9998111666667777444445555555222222222223333333"
FP4 = [
    0.0, 0.0052083334885537624, 0.6666666865348816, 1.0, 0.3333333432674408, 0.5, 0.1666666716337204, 0.25,
    0.0, -0.0052083334885537624, -0.6666666865348816, -1.0, -0.3333333432674408, -0.5, -0.1666666716337204, -0.25,
]  # fmt: skip
LIBRARY_AT = [0, 1, 7, 20, 21, 22, 40, 41, 62, 63]
LIBRARY_GIVES = [-1.0, -1.0, -0.6666666865348816, -0.010416666977107525, 0.0, 0.010416666977107525, 1.0, 1.0, 2.0,
                 2.0]  # fmt: skip


def test_what_the_library_itself_packed_is_read_to_the_bit() -> None:
    """Made by bitsandbytes 0.50.2: `quantize_4bit(torch.linspace(-1, 2, 64).reshape(4, 16), quant_type="fp4")`."""
    import torch

    from engines.colorize.diffusion import nf4

    codes = torch.tensor(list(bytes.fromhex(LIBRARY)), dtype=torch.uint8)[:, None]
    facts = b'{"quant_type": "fp4", "blocksize": 64, "dtype": "float32", "shape": [4, 16]}'
    tensors = {
        "a.weight": codes, "a.weight.absmax": torch.tensor([2.0]), "a.weight.quant_map": torch.tensor(FP4),
        "a.weight.quant_state.bitsandbytes__fp4": torch.tensor(list(facts), dtype=torch.uint8),
    }  # fmt: skip
    found = nf4.numbers(tensors, "a.weight", torch.float32, "file")
    assert tuple(found.shape) == (4, 16)
    exact = torch.linspace(-1, 2, 64).reshape(4, 16)
    assert (found - exact).abs().max() < 0.34
    assert torch.equal(found.flatten()[LIBRARY_AT], torch.tensor(LIBRARY_GIVES))
    assert nf4.numbers({"a.weight": codes}, "a.weight", torch.float32, "file") is None
    for lost in ("absmax", "quant_map"):
        less = {name: value for name, value in tensors.items() if not name.endswith(lost)}
        with pytest.raises(ModelInvalid, match=r"file: a\.weight cannot be unpacked"):
            nf4.numbers(less, "a.weight", torch.float32, "file")
    with pytest.raises(ModelInvalid, match="cannot be unpacked"):
        nf4.numbers({**tensors, "a.weight": codes[:5]}, "a.weight", torch.float32, "file")


def test_scales_that_have_to_be_filled_up_are_tiles_and_others_go_by_the_files_word() -> None:
    import torch
    from diffusers.quantizers.bfl.utils import dequantize_nvfp4, quantize_nvfp4

    from engines.colorize.diffusion import nvfp4

    for rows, columns in ((128, 64), (256, 128), (32, 32), (200, 96)):
        exact = torch.randn(rows, columns, generator=torch.Generator().manual_seed(rows))
        want = dequantize_nvfp4(*quantize_nvfp4(exact))
        theirs = few_bits.nvfp4({"a.weight": exact}, comfyui=True)
        for tensors, word in ((few_bits.nvfp4({"a.weight": exact}, comfyui=False), False), (theirs, False)):
            found = nvfp4.packed(tensors, "a.weight", "file", of_comfyui=word)
            assert found is not None
            assert torch.equal(nvfp4.numbers(found, torch.float32), want)
        found = nvfp4.packed({k: v for k, v in theirs.items() if "quant" not in k}, "a.weight", "f", of_comfyui=True)
        assert found is not None
        assert torch.equal(nvfp4.numbers(found, torch.float32), want)
    with pytest.raises(ModelInvalid, match="scales of shape"):
        nvfp4.packed({**theirs, "a.weight_scale": theirs["a.weight_scale"][:3]}, "a.weight", "file")


def test_memory_counts_numbers_and_not_their_bytes(
    toy_folder: Path, toy: KleinVariant, bfl: dict[str, Any], tmp_path: Path
) -> None:
    exact = find_klein(klein.build_single_files(toy_folder, tmp_path / "exact"), toy)
    folder = klein.build_single_files(toy_folder, tmp_path / "four", transformer=few_bits.nvfp4(bfl, comfyui=True))
    packed = find_klein(folder, toy)
    assert packed.transformer_is == exact.transformer_is
    assert "NVFP4" in packed.transformer.dtypes


@pytest.mark.parametrize("kind", few_bits.K_BLOCKS)
def test_k_quants_give_the_picture_of_their_numbers(
    toy: KleinVariant, wide_folder: Path, tmp_path: Path, kind: str
) -> None:
    """As in public files some matrices, whose rows do not end with a block, have another type."""
    import gguf
    import torch

    bfl = klein.to_bfl(klein.weights_of(wide_folder, "transformer"))
    inside = {name: few_bits.k_quantised(kind, 64, 256, seed) for seed, name in enumerate(WIDE)}
    number = gguf.GGMLQuantizationType[kind]
    exact = dict(bfl) | {name: torch.from_numpy(gguf.quants.dequantize(raw, number)) for name, raw in inside.items()}
    folder = tmp_path / "packed"
    shutil.copytree(wide_folder, folder)
    klein.write_gguf(
        folder / f"klein-{kind}.gguf", bfl, "flux", "F32", packed={name: (raw, number) for name, raw in inside.items()}
    )
    plain = klein.build_single_files(wide_folder, tmp_path / "plain", transformer=exact)
    variant = replace(toy, hidden=64)
    assert apart(picture(folder, variant), picture(plain, variant)) <= NEAR
    assert kind in find_klein(folder, variant).transformer.dtypes


WIDE = ("single_blocks.0.linear2.weight", "single_blocks.1.linear2.weight")


@pytest.fixture(scope="module")
def wide_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a toy of which some rows have 256 numbers, a block of K-quants."""
    return klein.build_folder(tmp_path_factory.mktemp("wide"), hidden=64, intermediate=256)


@pytest.mark.parametrize("kind", ["Q4_K", "Q6_K"])
def test_a_text_encoder_of_k_quants_is_read(toy: KleinVariant, wide_folder: Path, tmp_path: Path, kind: str) -> None:
    import gguf
    import torch
    from safetensors.torch import load_file, save_file

    variant, number = replace(toy, hidden=64), gguf.GGMLQuantizationType[kind]
    folder = klein.build_single_files(wide_folder, tmp_path / "packed")
    encoder = load_file(folder / "qwen_3.safetensors")
    names = [f"model.layers.{layer}.mlp.down_proj.weight" for layer in range(klein.ENCODER_LAYERS)]
    inside = {name: few_bits.k_quantised(kind, 64, 256, seed) for seed, name in enumerate(names)}
    plain = klein.build_single_files(wide_folder, tmp_path / "plain")
    exact = {name: torch.from_numpy(gguf.quants.dequantize(raw, number)) for name, raw in inside.items()}
    save_file(encoder | exact, plain / "qwen_3.safetensors")
    (folder / "qwen_3.safetensors").unlink()
    packed = {named: (raw, number) for name, raw in inside.items() for named in klein.to_gguf_encoder({name: raw})}
    klein.write_gguf(folder / f"Qwen3-{kind}.gguf", klein.to_gguf_encoder(encoder), "qwen3", "F32", packed=packed)
    assert apart(picture(folder, variant), picture(plain, variant)) <= NEAR


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"single_blocks.0.linear2.weight.quant_state.bitsandbytes__nf4": "uint8"}, "BitsAndBytes"),
        ({"single_blocks.0.linear2.qweight": "uint8", "single_blocks.0.linear2.wscales": "float32"}, "SVDQuant"),
        ({"single_blocks.0.linear2.qweight": "int32", "single_blocks.0.linear2.qzeros": "int32"}, "GPTQ or AWQ"),
        ({"single_blocks.0.linear2.weight": "int8"}, "INT8"),
    ],
)
def test_other_forms_are_refused_by_their_names(
    toy_folder: Path, toy: KleinVariant, bfl: dict[str, Any], tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    import torch

    odd = {name: torch.zeros(4, 4, dtype=getattr(torch, kind)) for name, kind in changes.items()}
    engine = Flux2KleinEngine(toy, klein.build_single_files(toy_folder, tmp_path, transformer={**bfl, **odd}))
    with pytest.raises(ModelInvalid, match=rf"klein\.safetensors.*{words}") as caught:
        engine.load(PROCESSOR)
    assert "NVFP4, NF4 or GGUF" in caught.value.hint


def test_blocks_that_are_not_read_are_named(
    toy_folder: Path, toy: KleinVariant, bfl: dict[str, Any], tmp_path: Path
) -> None:
    import gguf

    folder = tmp_path / "mixed"
    shutil.copytree(toy_folder, folder)
    raw = np.zeros((32, 144 // 256 * 98 or 98), np.uint8)
    kind = gguf.GGMLQuantizationType.IQ3_XXS
    klein.write_gguf(
        folder / "klein-IQ3.gguf", bfl, "flux", "F32", packed={"single_blocks.0.linear2.weight": (raw, kind)}
    )
    with pytest.raises(ModelInvalid, match=r"klein-IQ3\.gguf has blocks.*IQ3_XXS") as caught:
        find_klein(folder, toy)
    assert "K-quants" in caught.value.hint


def test_a_checkpoint_that_holds_all_parts_is_read_part_by_part(
    toy_folder: Path, toy: KleinVariant, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    parts = klein.build_single_files(toy_folder, tmp_path / "parts")
    whole = tmp_path / "whole"
    whole.mkdir()
    shutil.copytree(parts / "tokenizer", whole / "tokenizer")
    inside = {"klein": "model.diffusion_model.", "flux2-vae": "vae.", "qwen_3": "text_encoders.qwen3_4b.transformer."}
    tensors = {f"{start}{name}": value for file, start in inside.items()
               for name, value in load_file(parts / f"{file}.safetensors").items()}  # fmt: skip
    save_file(tensors, whole / "flux2-klein-aio.safetensors")
    assert find_klein(whole, toy).transformer.memory_mib == find_klein(parts, toy).transformer.memory_mib
    assert apart(picture(whole, toy), picture(parts, toy)) <= NEAR
    shutil.copy(parts / "flux2-vae.safetensors", whole)
    assert find_klein(whole, toy).vae.paths[0].name == "flux2-vae.safetensors"
