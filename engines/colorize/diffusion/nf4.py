"""Matrices of BitsAndBytes: two numbers of 4 bits a byte, the first one in the high half, row after row without end.

A code stands for one of 16 numbers (`quant_map`: NF4's or FP4's), times its block's scale (`absmax`, for 64 numbers as
a rule). Scales may be packed themselves: 8 bits each, their numbers (`nested_quant_map`) times those of blocks of
256 (`nested_absmax`), all moved by one offset. Sizes and the offset stand in a text beside the matrix. As written by
`bitsandbytes.functional.QuantState.as_dict`; the library itself is not needed to read it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engines.base import ModelInvalid
from models.headers import PACKED_FACTS
from models.packed import BESIDE_NF4

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch


def is_aside(name: str) -> bool:
    """Say whether a tensor is no weight, but what unpacks one."""
    return name.endswith(BESIDE_NF4) or PACKED_FACTS in name


def numbers(tensors: Mapping[str, Any], key: str, dtype: torch.dtype, name: str) -> Any:
    """Return the numbers of a matrix, None where the tensor is not BitsAndBytes'.

    name: the file's, for errors.

    Raises:
        ModelInvalid: what unpacks it is missing or of another size.
    """
    facts = next(
        (tensors[found] for form in ("nf4", "fp4") if (found := f"{key}{PACKED_FACTS}{form}") in tensors), None
    )
    if facts is None:
        return None
    try:
        said = json.loads(bytes(facts.tolist()))
        shape, block = [int(side) for side in said["shape"]], int(said["blocksize"])
        scales = _scales(tensors, key, said)
        codes = tensors[key].flatten()
        values = tensors[f"{key}.quant_map"].float()[_halves(codes)]
        return (values.reshape(-1, block) * scales[:, None]).reshape(shape).to(dtype)
    except (ValueError, KeyError, TypeError, IndexError, RuntimeError) as exc:
        raise ModelInvalid(f"{name}: {key} cannot be unpacked: {exc}", "Get it as bf16, fp8, NVFP4 or GGUF.") from exc


def _scales(tensors: Mapping[str, Any], key: str, said: dict[str, Any]) -> Any:
    scales = tensors[f"{key}.absmax"]
    if "nested_offset" not in said:
        return scales.float()
    outer = tensors[f"{key}.nested_absmax"].float().repeat_interleave(int(said["nested_blocksize"]))
    inner = tensors[f"{key}.nested_quant_map"].float()[scales.long()]
    return inner * outer[: inner.numel()] + float(said["nested_offset"])


def _halves(codes: Any) -> Any:
    import torch

    return torch.stack((codes >> 4, codes & 0x0F), dim=-1).flatten().long()
