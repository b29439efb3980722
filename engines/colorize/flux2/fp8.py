"""Files whose matrices have 8 bits: plain casts, and those with a scale for all, for each row or for each block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engines.base import ModelInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

_SCALES: Final = (".weight_scale", ".scale_weight", ".weight_scale_inv")
# Side of the blocks of Qwen's own 8-bit files.
_BLOCK: Final = 128
_ASIDE: Final = (".input_scale", ".scale_input", ".comfy_quant", ".weight_scale_2")


def has_fp8(dtypes: frozenset[str]) -> bool:
    """Say whether a file has 8-bit floating point, by the names of its types."""
    return any(name.startswith("F8_") for name in dtypes)


def restored(tensors: Mapping[str, Any], dtype: torch.dtype, name: str) -> dict[str, Any]:
    """Return all tensors in `dtype`, matrices with scales multiplied by them; `name` is the file's, for errors.

    Raises:
        ModelInvalid: the scales have another form.
    """
    return {key: _restored(tensors, key, value, dtype, name) for key, value in _weights(tensors).items()}


def kept(tensors: Mapping[str, Any], dtype: torch.dtype, name: str) -> dict[str, Any] | None:
    """Return the tensors as `BFLQuantizationConfig` reads them, 8 bits kept and a scale for each row.

    None where no matrix has a scale: then restoring and casting again later loses nothing.

    Raises:
        ModelInvalid: as `restored`.
    """
    import torch

    out: dict[str, Any] = {}
    for key, value in _weights(tensors).items():
        scale = _scale(tensors, key)
        if scale is None or value.dtype != torch.float8_e4m3fn or _is_by_blocks(scale, value):
            out[key] = _restored(tensors, key, value, dtype, name)
            continue
        out[key] = value
        rows = _by_rows(scale, value, name)
        out[f"{key.removesuffix('.weight')}.weight_scale"] = rows.expand(value.shape[0], 1)[:, 0].contiguous()
    return out if any(key.endswith(".weight_scale") for key in out) else None


def _weights(tensors: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tensors.items() if not key.endswith((*_SCALES, *_ASIDE, "scaled_fp8"))}


def _restored(tensors: Mapping[str, Any], key: str, value: Any, dtype: torch.dtype, name: str) -> Any:
    scale = _scale(tensors, key)
    if scale is None:
        return value.to(dtype) if value.is_floating_point() else value
    if _is_by_blocks(scale, value):
        return (value.float() * _spread(scale, value)).to(dtype)
    return (value.float() * _by_rows(scale, value, name)).to(dtype)


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
        raise ModelInvalid(f"{name} has scales of shape {tuple(scale.shape)}", "Get it as bf16, fp8 or GGUF.")
    return scale.float().reshape(-1, 1)
