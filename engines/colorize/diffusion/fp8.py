"""Matrices of few bits: 8 as plain casts or with a scale for all, for each row or block; NVFP4's and NF4's 4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engines.base import ModelInvalid
from engines.colorize.diffusion import nf4, nvfp4
from models.packed import NF4, NVFP4

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

_SCALES: Final = (".weight_scale", ".scale_weight", ".weight_scale_inv")
# Side of the blocks of Qwen's own 8-bit files.
_BLOCK: Final = 128
# MXFP8: 8 bits with a power of two for every 32 numbers in a row.
_MX_BLOCK, _MX_BIAS = 32, 127
_ASIDE: Final = (".input_scale", ".scale_input", ".comfy_quant", ".weight_scale_2")
_INSTEAD: Final = "Get it as bf16, fp8, NVFP4 or GGUF."


def has_few_bits(dtypes: frozenset[str]) -> bool:
    """Say whether a file has matrices of 8 or 4 bits, by the names of its types."""
    return bool({NF4, NVFP4} & dtypes) or any(name.startswith("F8_") for name in dtypes)


def restored(tensors: Mapping[str, Any], dtype: torch.dtype, name: str, *, of_comfyui: bool = False) -> dict[str, Any]:
    """Return all tensors in `dtype`, matrices with scales multiplied by them.

    name: the file's, for errors. of_comfyui: it says in its header that it is of ComfyUI.

    Raises:
        ModelInvalid: the scales have another form.
    """
    return {key: _restored(tensors, key, value, dtype, name, of_comfyui) for key, value in _weights(tensors).items()}


def kept(
    tensors: Mapping[str, Any], dtype: torch.dtype, name: str, *, of_comfyui: bool = False
) -> dict[str, Any] | None:
    """Return the tensors as `BFLQuantizationConfig` reads them: NVFP4 as it is, 8 bits with a scale for each row.

    None where no matrix has a scale: then restoring and casting again later loses nothing.

    Raises:
        ModelInvalid: as `restored`.
    """
    import torch

    out: dict[str, Any] = {}
    for key, value in _weights(tensors).items():
        scale, stem = _scale(tensors, key), key.removesuffix(".weight")
        four = nvfp4.packed(tensors, key, name, of_comfyui=of_comfyui)
        # Without what the activations were measured at, a card's own arithmetic of 4 bits has nothing to go by.
        if four is not None and (measured := tensors.get(stem + nvfp4.INPUT_SCALE)) is not None:
            out |= {key: four.codes, stem + nvfp4.SCALE: four.scales, stem + nvfp4.SCALE_OF_ALL: four.scale}
            out[stem + nvfp4.INPUT_SCALE] = measured.float().reshape(())
            continue
        plain = scale is not None and value.dtype == torch.float8_e4m3fn and scale.is_floating_point()
        if not plain or scale.dtype.itemsize < 2 or _is_by_blocks(scale, value):
            out[key] = _restored(tensors, key, value, dtype, name, of_comfyui)
            continue
        out[key] = value
        rows = _by_rows(scale, value, name)
        out[stem + nvfp4.SCALE] = rows.expand(value.shape[0], 1)[:, 0].contiguous()
    return out if any(key.endswith(".weight_scale") for key in out) else None


def _weights(tensors: Mapping[str, Any]) -> dict[str, Any]:
    no_weights = (*_SCALES, *_ASIDE, "scaled_fp8")
    return {key: value for key, value in tensors.items() if not key.endswith(no_weights) and not nf4.is_aside(key)}


def _restored(tensors: Mapping[str, Any], key: str, value: Any, dtype: torch.dtype, name: str, of_comfyui: bool) -> Any:
    scale = _scale(tensors, key)
    if scale is None:
        if (exact := nf4.numbers(tensors, key, dtype, name)) is not None:
            return exact
        return value.to(dtype) if value.is_floating_point() else value
    four = nvfp4.packed(tensors, key, name, of_comfyui=of_comfyui)
    if four is not None:
        return nvfp4.numbers(four, dtype)
    if _is_powers_of_two(scale):
        return (value.float() * _spread_powers(scale, value, name)).to(dtype)
    if _is_by_blocks(scale, value):
        return (value.float() * _spread(scale, value)).to(dtype)
    return (value.float() * _by_rows(scale, value, name)).to(dtype)


def _is_powers_of_two(scale: Any) -> bool:
    import torch

    return scale.dtype in (torch.uint8, torch.float8_e8m0fnu)


def _spread_powers(scale: Any, value: Any, name: str) -> Any:
    """Return a scale for each number of a matrix of MXFP8, whose exponents lie in rows or in tiles."""
    import torch

    rows, columns = value.shape[0], -(-value.shape[1] // _MX_BLOCK)
    sides = nvfp4.tiled(rows, columns)
    if scale.numel() not in (rows * columns, sides[0] * sides[1]):
        raise ModelInvalid(f"{name} has scales of shape {tuple(scale.shape)}", _INSTEAD)
    # ComfyUI is the one that writes them, always in tiles.
    in_rows = scale.numel() == rows * columns and (rows, columns) != sides
    powers = scale.reshape(rows, columns) if in_rows else nvfp4.in_rows(scale, rows, columns)
    exponents = powers.view(torch.uint8).float() - _MX_BIAS
    return torch.exp2(exponents).repeat_interleave(_MX_BLOCK, 1)[:, : value.shape[1]]


def _is_by_blocks(scale: Any, value: Any) -> bool:
    blocks = tuple(-(-side // _BLOCK) for side in value.shape)
    return scale.numel() > 1 and tuple(scale.shape) == blocks


def _spread(scale: Any, value: Any) -> Any:
    """Return a scale for each number of a matrix from those of its blocks."""
    wide = scale.float().repeat_interleave(_BLOCK, 0).repeat_interleave(_BLOCK, 1)
    return wide[: value.shape[0], : value.shape[1]]


def _scale(tensors: Mapping[str, Any], key: str) -> Any:
    if not key.endswith(".weight"):
        return None
    return next((tensors[found] for end in _SCALES if (found := key.removesuffix(".weight") + end) in tensors), None)


def _by_rows(scale: Any, value: Any, name: str) -> Any:
    """Return a scale as `(1 or rows, 1)` float32."""
    if scale.numel() not in (1, value.shape[0]):
        raise ModelInvalid(f"{name} has scales of shape {tuple(scale.shape)}", _INSTEAD)
    return scale.float().reshape(-1, 1)
