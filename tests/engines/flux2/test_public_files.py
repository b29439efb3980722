"""Forty files in the layouts of public ones, right, wrong, cut and mislabelled: each loads or is refused, with words.

What a file that loads gives is said by the tests of its layout; here it is said which of the two happens to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from engines.base import EngineError, LoraUse
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.testing.contract import PROCESSOR
from tests.engines.flux2.test_lora import RANK, in_layout
from tests.engines.flux2.test_weights import fp8
from tests.engines.toys import few_bits, klein

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engines.colorize.flux2.info import KleinVariant

    Tensors = dict[str, Any]

WIDTH = klein.HIDDEN


@dataclass(frozen=True)
class Toy:
    """The toy's parts under the names of single files."""

    transformer: Tensors
    encoder: Tensors
    vae: Tensors


@pytest.fixture(scope="module")
def toys(toy_folder: Path) -> Toy:
    return Toy(
        klein.to_bfl(klein.weights_of(toy_folder, "transformer")),
        klein.weights_of(toy_folder, "text_encoder"),
        klein.to_ldm_vae(klein.weights_of(toy_folder, "vae")),
    )


def under(prefix: str, tensors: Tensors) -> Tensors:
    return {f"{prefix}{name}": value for name, value in tensors.items()}


def without(tensors: Tensors, *parts: str) -> Tensors:
    return {name: value for name, value in tensors.items() if not any(part in name for part in parts)}


def cast(tensors: Tensors, kind: str) -> Tensors:
    import torch

    return {name: value.to(getattr(torch, kind)) for name, value in tensors.items()}


def ones(**shapes: tuple[int, ...]) -> Tensors:
    import torch

    return {name: torch.ones(shape) for name, shape in shapes.items()}


LOADS = ""
LAYER = "single_blocks.0.linear2.weight"
SCALE = ".weight_scale"
TEXT = {"lora_te1_x.lora_down.weight": (RANK, 8), "lora_te1_x.lora_up.weight": (8, RANK)}
DIFF = {"diffusion_model.img_in.diff": (WIDTH, 128)}
TRANSFORMERS: dict[str, tuple[Callable[[Toy], Tensors], str]] = {
    "flux-2-klein-4b": (lambda toy: cast(toy.transformer, "bfloat16"), LOADS),
    "flux-2-klein-4b-fp16": (lambda toy: cast(toy.transformer, "float16"), LOADS),
    "comfyui prefix": (lambda toy: under("model.diffusion_model.", toy.transformer), LOADS),
    "old prefix": (lambda toy: under("diffusion_model.", toy.transformer), LOADS),
    "flux-2-klein-4b-fp8": (lambda toy: fp8(toy.transformer, "whole", ".weight_scale"), LOADS),
    "fp8 by rows": (lambda toy: fp8(toy.transformer, "rows", ".weight_scale"), LOADS),
    "fp8_e4m3fn cast": (lambda toy: fp8(toy.transformer, "none", ""), LOADS),
    "fp8_scaled": (lambda toy: fp8(toy.transformer, "whole", ".scale_weight"), LOADS),
    "flux-2-klein-4b-nvfp4": (lambda toy: few_bits.nvfp4(toy.transformer, comfyui=True), LOADS),
    "nvfp4-mixed": (lambda toy: few_bits.nvfp4(toy.transformer, comfyui=True, measured=False), LOADS),
    "nvfp4 by ModelOpt": (lambda toy: few_bits.nvfp4(toy.transformer, comfyui=False), LOADS),
    "mxfp8": (lambda toy: few_bits.mxfp8(toy.transformer), LOADS),
    "int8": (lambda toy: {**toy.transformer, LAYER: toy.transformer[LAYER].char()}, "8-bit integers"),
    "bnb-nf4": (lambda toy: few_bits.nf4(toy.transformer)[0], LOADS),
    "bnb-fp4": (lambda toy: few_bits.nf4(toy.transformer, nested=False, form="fp4")[0], LOADS),
    "bnb-nf4 without its facts": (
        lambda toy: {**toy.transformer, **ones(**{f"{LAYER}.quant_state.bitsandbytes__nf4": (4,)})}, "BitsAndBytes"
    ),
    "bnb-nf4 without its scales": (lambda toy: without(few_bits.nf4(toy.transformer)[0], ".absmax"), "absmax"),
    "svdq-int4": (
        lambda toy: {**toy.transformer, **ones(**{"a.qweight": (4, 4), "a.wscales": (4, 4)})}, "SVDQuant"
    ),
    "flux1-dev": (
        lambda toy: without(toy.transformer, "_modulation") | ones(**{"vector_in.in_layer.weight": (32, 32)}),
        "no FLUX.2 transformer",
    ),
    "flux2-dev": (
        lambda toy: {**toy.transformer, **ones(**{"guidance_in.in_layer.weight": (32, 256)})}, "FLUX.2 dev, not klein"
    ),
    "cut of a block": (lambda toy: without(toy.transformer, "single_blocks.1.linear1"), "klein.safetensors"),
    "another matrix": (
        lambda toy: {**toy.transformer, LAYER: toy.transformer[LAYER][:, :96].contiguous()}, "klein.safetensors"
    ),
    "scales of another": (
        lambda toy: fp8(toy.transformer, "rows", SCALE) | ones(**{f"{LAYER}_scale": (7,)}), "scales of"
    ),
    "a LoRA": (lambda _: in_layout("ai-toolkit"), "transformer of .* is not in"),
}  # fmt: skip
ENCODERS: dict[str, tuple[Callable[[Toy], Tensors], str]] = {
    "qwen_3_4b": (lambda toy: cast(toy.encoder, "bfloat16"), LOADS),
    "qwen_3_4b with head": (
        lambda toy: {**toy.encoder, "lm_head.weight": toy.encoder["model.embed_tokens.weight"].clone()},
        LOADS,
    ),
    "qwen_3_8b_fp8mixed": (lambda toy: fp8(toy.encoder, "whole", ".weight_scale"), LOADS),
    "qwen_3_8b_fp4mixed": (lambda toy: few_bits.nvfp4(toy.encoder, comfyui=True, measured=False), LOADS),
    "qwen_3_4b_fp4_flux2": (lambda toy: few_bits.nvfp4(toy.encoder, comfyui=True), LOADS),
    "qwen_3_4b_bnb_4bit": (lambda toy: few_bits.nf4(toy.encoder)[0], LOADS),
    "qwen 2": (lambda toy: without(toy.encoder, "q_norm"), "no Qwen3"),
    "too short": (lambda toy: without(toy.encoder, "layers.28", "layers.29", "layers.27"), "27 layers"),
    "int8": (lambda toy: {**toy.encoder, UP: toy.encoder[UP].char()}, "8-bit integers"),
    "cut": (lambda toy: without(toy.encoder, "layers.5.mlp.gate"), "lacks layers.5.mlp.gate_proj.weight"),
}
UP = "model.layers.0.mlp.up_proj.weight"
VAES: dict[str, tuple[Callable[[Toy], Tensors], str]] = {
    "flux2-vae": (lambda toy: cast(toy.vae, "bfloat16"), LOADS),
    "ae of FLUX.1": (lambda toy: without(toy.vae, "bn."), "FLUX.1's lacks the batch norm"),
    "cut": (lambda toy: without(toy.vae, "decoder.mid.block_1.conv1"), "flux2-vae.safetensors lacks"),
}
WORN = ("ai-toolkit", "kohya", "diffusers")
LORAS: dict[str, tuple[Callable[[], Tensors], str]] = {
    **{name: (lambda name=name: in_layout(name), LOADS) for name in WORN},
    "of FLUX.1": (lambda: flux1(), "LoRA for FLUX.1"),
    "of klein 9B": (lambda: in_layout("ai-toolkit", width=2 * WIDTH), "another size"),
    "with a text encoder": (lambda: in_layout("kohya") | ones(**TEXT), "text encoder"),
    ".diff": (lambda: in_layout("ai-toolkit") | ones(**DIFF), "whole differences"),
    "weights": (lambda: ones(**{"double_blocks.0.img_attn.qkv.weight": (96, 32)}), "no LoRA"),
}  # fmt: skip


def flux1() -> Tensors:
    names = [f"transformer.transformer_blocks.{block}.norm1.linear" for block in range(19)]
    return ones(**{f"{name}.lora_A.weight": (RANK, WIDTH) for name in names}) | ones(
        **{f"{name}.lora_B.weight": (6 * WIDTH, RANK) for name in names}
    )


def test_there_are_forty() -> None:
    assert len(TRANSFORMERS) + len(ENCODERS) + len(VAES) + len(LORAS) >= 40


def tried(folder: Path, toy: KleinVariant) -> str:
    """Return what an engine says to a folder; empty where it loads."""
    engine = Flux2KleinEngine(toy, folder)
    try:
        engine.load(PROCESSOR)
    except EngineError as exc:
        return f"{exc.message} {exc.hint}" if exc.hint and engine._pipeline is None else "it says not what to do"
    engine.unload()
    return LOADS


def require(said: str, words: str) -> None:
    import re

    assert (said == LOADS) is (words == LOADS), said
    assert re.search(words, said), said


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_a_transformer(toys: Toy, toy_folder: Path, toy: KleinVariant, tmp_path: Path, name: str) -> None:
    make, words = TRANSFORMERS[name]
    require(tried(klein.build_single_files(toy_folder, tmp_path, transformer=make(toys)), toy), words)


@pytest.mark.parametrize(("part", "name"), [(part, name) for part, table in (("qwen_3", ENCODERS), ("flux2-vae", VAES))
                                            for name in table])  # fmt: skip
def test_another_part(toys: Toy, toy_folder: Path, toy: KleinVariant, tmp_path: Path, part: str, name: str) -> None:
    from safetensors.torch import save_file

    make, words = (ENCODERS if part == "qwen_3" else VAES)[name]
    folder = klein.build_single_files(toy_folder, tmp_path)
    save_file({key: value.contiguous() for key, value in make(toys).items()}, folder / f"{part}.safetensors")
    require(tried(folder, toy), words)


@pytest.mark.parametrize("name", LORAS)
def test_a_lora_is_worn_whole_or_not_at_all(engine: Flux2KleinEngine, tmp_path: Path, name: str) -> None:
    from safetensors.torch import save_file

    make, words = LORAS[name]
    save_file(make(), tmp_path / "lora.safetensors")
    said = LOADS
    try:
        engine._loras.apply(
            engine._pipeline, (LoraUse(name="lora", path=str(tmp_path / "lora.safetensors"), sha256=name),)
        )
    except EngineError as exc:
        said = exc.message
    worn = [one for one, _ in engine._pipeline.transformer.named_parameters() if "lora_" in one]
    engine._loras.detach(engine._pipeline)
    require(said, words)
    assert bool(worn) is (words == LOADS)
