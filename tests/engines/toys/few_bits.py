"""Tensors in few bits, as public files have them: NVFP4 of ModelOpt and of ComfyUI, NF4, MXFP8, GGUF's K-quants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EXACT = ("img_in", "txt_in", "time_in", "final_layer", "model.embed_tokens")


def matrices(tensors: Mapping[str, Any], change: Callable[[str, Any], dict[str, Any]]) -> dict[str, Any]:
    """Return tensors with the matrices that makers of such files change, changed."""
    out: dict[str, Any] = {}
    for name, value in tensors.items():
        keep = value.ndim != 2 or not name.endswith(".weight") or name.startswith(EXACT)
        out |= {name: value} if keep else change(name.removesuffix(".weight"), value)
    return out


def nvfp4(tensors: Mapping[str, Any], *, comfyui: bool, marked: bool = True, measured: bool = True) -> dict[str, Any]:
    """Return tensors in 4 bits. marked: each matrix says so. measured: with the scale of its activations."""
    import torch
    from diffusers.quantizers.bfl.utils import quantize_nvfp4

    def change(stem: str, value: Any) -> dict[str, Any]:
        codes, scales, scale = quantize_nvfp4(value)
        out = {f"{stem}.weight_scale_2": scale}
        if measured:
            out[f"{stem}.input_scale"] = torch.tensor(0.01)
        if comfyui:
            codes, scales = (codes >> 4) | (codes << 4), in_tiles(scales)
            if marked:
                out[f"{stem}.comfy_quant"] = mark("nvfp4")
        return out | {f"{stem}.weight": codes, f"{stem}.weight_scale": scales}

    return matrices(tensors, change)


def by_rows(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Return tensors in 8 bits with a scale for each row."""
    from diffusers.quantizers.bfl.utils import quantize_fp8r

    def change(stem: str, value: Any) -> dict[str, Any]:
        small, scale = quantize_fp8r(value)
        return {f"{stem}.weight": small, f"{stem}.weight_scale": scale}

    return matrices(tensors, change)


def mxfp8(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Return tensors in 8 bits with a power of two for every 32, as ComfyUI writes them."""
    import torch

    def change(stem: str, value: Any) -> dict[str, Any]:
        parted = value.float().reshape(value.shape[0], -1, 32)
        exponents = torch.ceil(torch.log2(parted.abs().amax(-1).clamp(min=1e-30) / 448)).clamp(-127, 127)
        small = (parted / torch.exp2(exponents)[..., None]).reshape(value.shape).to(torch.float8_e4m3fn)
        scales = in_tiles((exponents + 127).to(torch.uint8)).view(torch.float8_e8m0fnu)
        return {f"{stem}.weight": small, f"{stem}.weight_scale": scales, f"{stem}.comfy_quant": mark("mxfp8")}

    return matrices(tensors, change)


# The 16 quantiles of a normal distribution that QLoRA's paper gives (https://arxiv.org/abs/2305.14314, appendix E).
NF4 = (
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
)  # fmt: skip
_BLOCK, _NESTED = 64, 256


def nf4(tensors: Mapping[str, Any], *, nested: bool = True, form: str = "nf4") -> tuple[dict[str, Any], dict[str, Any]]:
    """Return tensors in BitsAndBytes' 4 bits, and the numbers that they hold. nested: the scales are packed, too."""
    import torch

    packed: dict[str, Any] = {}
    held: dict[str, Any] = {}
    table = torch.tensor(NF4)
    for name, value in tensors.items():
        if value.ndim != 2 or not name.endswith(".weight") or value.numel() % _BLOCK:
            packed[name] = held[name] = value
            continue
        blocks = value.float().reshape(-1, _BLOCK)
        scales = blocks.abs().amax(1).clamp(min=1e-8)
        facts: dict[str, Any] = {"quant_type": form, "blocksize": _BLOCK, "dtype": "bfloat16", "shape": [*value.shape]}
        beside: dict[str, Any] = {"quant_map": table, "absmax": scales}
        if nested:
            offset = float(scales.mean())
            steps = torch.linspace(-1, 1, 256)
            outer = torch.stack([one.abs().amax() for one in (scales - offset).split(_NESTED)]).clamp(min=1e-8)
            spread = outer.repeat_interleave(_NESTED)[: len(scales)]
            codes = ((scales - offset) / spread)[:, None].sub(steps).abs().argmin(1)
            scales = steps[codes] * spread + offset
            beside |= {"absmax": codes.to(torch.uint8), "nested_absmax": outer, "nested_quant_map": steps}
            facts |= {"nested_blocksize": _NESTED, "nested_dtype": "float32", "nested_offset": offset}
        codes = (blocks / scales[:, None])[..., None].sub(table).abs().argmin(-1)
        held[name] = (table[codes] * scales[:, None]).reshape(value.shape)
        pairs = codes.flatten().to(torch.uint8)
        beside[f"quant_state.bitsandbytes__{form}"] = torch.tensor(list(json.dumps(facts).encode()), dtype=torch.uint8)
        packed[name] = ((pairs[::2] << 4) | pairs[1::2])[:, None]
        packed |= {f"{name}.{end}": one.clone() for end, one in beside.items()}
    return packed, held


def mark(form: str) -> Any:
    """Return ComfyUI's word for how a matrix is quantised, JSON in bytes."""
    import torch

    return torch.tensor(list(json.dumps({"format": form}).encode()), dtype=torch.uint8)


def in_tiles(scales: Any) -> Any:
    """Return scales `(rows, columns)` as cuBLAS reads them, tiles of 128 by 4, filled up; place by place."""
    import torch

    height, width = (-(-side // tile) * tile for side, tile in zip(scales.shape, (128, 4), strict=True))
    flat = torch.zeros(height * width, dtype=torch.uint8)
    bytes_of = scales.view(torch.uint8)
    for row in range(scales.shape[0]):
        for column in range(scales.shape[1]):
            tile = (row // 128) * (width // 4) + column // 4
            flat[tile * 512 + row % 32 * 16 + row % 128 // 32 * 4 + column % 4] = bytes_of[row, column]
    return flat.reshape(height, width).view(scales.dtype)


# Bytes of a block of 256 numbers, and where its half-precision scales stand.
K_BLOCKS = {
    "Q2_K": (84, (80, 82)),
    "Q3_K": (110, (108,)),
    "Q4_K": (144, (0, 2)),
    "Q5_K": (176, (0, 2)),
    "Q6_K": (210, (208,)),
}


def k_quantised(kind: str, rows: int, columns: int, seed: int = 0) -> Any:
    """Return a matrix of K-quants as GGUF has it, `(rows, bytes)` uint8: any numbers, small ones."""
    size, scales = K_BLOCKS[kind]
    blocks = np.random.default_rng(seed).integers(0, 256, (rows * columns // 256, size), np.uint8)
    if kind == "Q6_K":
        blocks[:, 192:208] &= 0x0F
    for place in scales:
        blocks[:, place : place + 2] = np.frombuffer(np.float16(2e-4).tobytes(), np.uint8)
    return blocks.reshape(rows, -1)
