"""Weights whose numbers lie packed in bytes: what their matrices measure, and which form they have.

NVFP4: two numbers a byte, a scale for every 16 of them and one for all. BitsAndBytes' NF4 and FP4: two numbers a byte,
a table of the 16 that they can be, a scale for every 64, and beside each matrix what it was before. Nunchaku, GPTQ and
AWQ have forms of their own; INT8 has a byte a number and scales.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from models.headers import PACKED_FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.headers import TensorHeader

    Tensors = Mapping[str, TensorHeader]

NVFP4: Final = "NVFP4"
"""The type that `unpacked` gives a matrix of two numbers a byte; no file names it so."""
NF4: Final = "NF4"
"""The same for BitsAndBytes' 4 bits."""
BESIDE_NF4: Final = (".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map")
"""What stands behind the name of a matrix of BitsAndBytes for what unpacks it."""
_WEIGHT: Final = ".weight"
_FOUR_BITS: Final = ("nf4", "fp4")
# GGUF's blocks that diffusers turns back into numbers.
_GGUF_READ: Final = frozenset(
    ("F32", "F16", "BF16", "F64", "I8", "I16", "I32", "I64", "Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0", "Q6_K", "Q5_K",
     "Q4_K", "Q3_K", "Q2_K", "IQ4_NL", "IQ4_XS")
)  # fmt: skip


def unpacked(tensors: Tensors, metadata: Mapping[str, str]) -> Tensors:
    """Return the headers with matrices of 4 bits at the widths that they have as numbers.

    metadata: the file's, with what BitsAndBytes says of its matrices. What unpacks those is left out.
    """
    out = dict(tensors)
    for name, one in tensors.items():
        if is_nvfp4(tensors, name):
            out[name] = replace(one, dtype=NVFP4, shape=(one.shape[0], 2 * one.shape[1]))
    for facts in [name for name in tensors if PACKED_FACTS in name]:
        name, form = facts.split(PACKED_FACTS)
        shape = _shape_before(metadata.get(facts, ""))
        if form in _FOUR_BITS and name in out and shape is not None:
            out[name] = replace(out[name], dtype=NF4, shape=shape)
            for end in BESIDE_NF4:
                out.pop(name + end, None)
            del out[facts]
    return out


def _shape_before(facts: str) -> tuple[int, ...] | None:
    try:
        shape = tuple(int(side) for side in json.loads(facts)["shape"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return shape if all(side > 0 for side in shape) else None


def is_nvfp4(tensors: Tensors, name: str) -> bool:
    """Say whether a tensor is a matrix of NVFP4, by its type and by the two scales beside it."""
    one, stem = tensors[name], name.removesuffix(_WEIGHT)
    if one.dtype != "U8" or len(one.shape) != 2 or stem == name:
        return False
    scale = tensors.get(f"{stem}.weight_scale")
    return scale is not None and scale.dtype.startswith("F8_") and f"{stem}.weight_scale_2" in tensors


def unread_form(tensors: Tensors) -> str:
    """Return the form of numbers that nobody here reads, in words; empty where all are read.

    tensors: as `unpacked` gives them.
    """
    if any(PACKED_FACTS in name for name in tensors):
        return "BitsAndBytes, without what it says of its matrices"
    if any(name.endswith((".qweight", ".qzeros")) for name in tensors):
        nunchaku = any(name.endswith((".wscales", ".smooth_factor")) for name in tensors)
        return "SVDQuant (Nunchaku)" if nunchaku else "GPTQ or AWQ"
    kinds = {one.dtype for name, one in tensors.items() if name.endswith(_WEIGHT)}
    if "I8" in kinds:
        return "8-bit integers (INT8)"
    return "4 bits of a form that is not known" if "U8" in kinds else ""


def unread_block(tensors: Tensors) -> str:
    """Return the first kind of GGUF's blocks that diffusers does not read; empty where it reads all."""
    return next((one.dtype for one in tensors.values() if one.dtype not in _GGUF_READ), "")
