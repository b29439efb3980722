"""The layers of a FLUX.2 transformer that a LoRA can change: both sets of names, and their widths by the model's width.

Black Forest Labs' names stand in single files, in ComfyUI and in most LoRAs, with dots or (kohya) underscores;
diffusers' in its own. Attention's query, key and value are one matrix in the first and three in the second.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

JOINT, IN_CHANNELS, TIME = -1, -2, -3
"""Widths that are no multiple of the model's: the text's, the latents' and the clock's."""

# What follows a block's number, with underscores: names in diffusers, width in and out as multiples of the model's.
_DOUBLE: Final[dict[str, tuple[tuple[str, ...], int, int]]] = {
    "img_attn_qkv": (("attn.to_q", "attn.to_k", "attn.to_v"), 1, 3),
    "txt_attn_qkv": (("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"), 1, 3),
    "img_attn_proj": (("attn.to_out.0",), 1, 1),
    "txt_attn_proj": (("attn.to_add_out",), 1, 1),
    "img_mlp_0": (("ff.linear_in",), 1, 6),
    "img_mlp_2": (("ff.linear_out",), 3, 1),
    "txt_mlp_0": (("ff_context.linear_in",), 1, 6),
    "txt_mlp_2": (("ff_context.linear_out",), 3, 1),
}
_SINGLE: Final[dict[str, tuple[tuple[str, ...], int, int]]] = {
    "linear1": (("attn.to_qkv_mlp_proj",), 1, 9),
    "linear2": (("attn.to_out",), 4, 1),
}
_OUTER: Final[dict[str, tuple[str, int, int]]] = {
    "img_in": ("x_embedder", IN_CHANNELS, 1),
    "txt_in": ("context_embedder", JOINT, 1),
    "time_in_in_layer": ("time_guidance_embed.timestep_embedder.linear_1", TIME, 1),
    "time_in_out_layer": ("time_guidance_embed.timestep_embedder.linear_2", 1, 1),
    "double_stream_modulation_img_lin": ("double_stream_modulation_img.linear", 1, 6),
    "double_stream_modulation_txt_lin": ("double_stream_modulation_txt.linear", 1, 6),
    "single_stream_modulation_lin": ("single_stream_modulation.linear", 1, 3),
    "final_layer_linear": ("proj_out", 1, IN_CHANNELS),
    "final_layer_adaLN_modulation_1": ("norm_out.linear", 1, 2),
}
_BLOCK: Final = re.compile(
    r"^(double_blocks|single_blocks|single_transformer_blocks|transformer_blocks|sformer_blocks)_(\d+)_(.+)$"
)
_FROM_DIFFUSERS: Final = {name.replace(".", "_"): name for name, _, _ in _OUTER.values()}


@dataclass(frozen=True, slots=True)
class Flux2Layer:
    """A layer of the transformer.

    names: in diffusers, one or the three of a fused matrix. into, out: multiples of the model's width, or `JOINT`,
    `IN_CHANNELS`, `TIME`. block: `double`, `single` or empty, with its number. swapped: the two halves of what comes
    out lie the other way round in diffusers.
    """

    names: tuple[str, ...]
    into: int
    out: int
    block: str = ""
    number: int = 0
    swapped: bool = False


def flux2_layer(place: str) -> Flux2Layer | None:
    """Return the layer of this name in either set, dotted or with underscores; None for none of FLUX.2's."""
    flat = place.replace(".", "_")
    if flat in _OUTER:
        name, into, out = _OUTER[flat]
        return Flux2Layer((name,), into, out, swapped=flat.startswith("final_layer_adaLN"))
    if flat in _FROM_DIFFUSERS:
        name = _FROM_DIFFUSERS[flat]
        into, out = next(sides for known, *sides in _OUTER.values() if known == name)
        return Flux2Layer((name,), into, out)
    match = _BLOCK.match(flat)
    return _block_layer(match.group(1), int(match.group(2)), match.group(3)) if match else None


def _block_layer(kind: str, number: int, rest: str) -> Flux2Layer | None:
    is_double = kind in ("double_blocks", "transformer_blocks", "sformer_blocks")
    table = _DOUBLE if is_double else _SINGLE
    block, start = ("double", "transformer_blocks") if is_double else ("single", "single_transformer_blocks")
    if kind in ("double_blocks", "single_blocks"):
        if rest not in table:
            return None
        names, into, out = table[rest]
        return Flux2Layer(tuple(f"{start}.{number}.{name}" for name in names), into, out, block, number)
    for names, into, out in table.values():
        for name in names:
            if name.replace(".", "_") == rest:
                return Flux2Layer((f"{start}.{number}.{name}",), into, out // len(names), block, number)
    return None
