"""From the names in single files to the names in diffusers and transformers; tensors pass through unread.

The transformer's names are diffusers' own business (`Flux2Transformer2DModel.from_single_file`). It has none for the
autoencoder, and reads a GGUF language model through a hub's configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engines.colorize.flux2.anatomy import ENCODER_LAYERS_KEPT

if TYPE_CHECKING:
    from collections.abc import Mapping

Tensors = dict[str, Any]

_VAE_WORDS: Final = (
    ("encoder.quant_conv", "quant_conv"),
    ("decoder.post_quant_conv", "post_quant_conv"),
    (".norm_out.", ".conv_norm_out."),
    ("mid.block_1", "mid_block.resnets.0"),
    ("mid.block_2", "mid_block.resnets.1"),
    ("mid.attn_1.norm.", "mid_block.attentions.0.group_norm."),
    ("mid.attn_1.q.", "mid_block.attentions.0.to_q."),
    ("mid.attn_1.k.", "mid_block.attentions.0.to_k."),
    ("mid.attn_1.v.", "mid_block.attentions.0.to_v."),
    ("mid.attn_1.proj_out.", "mid_block.attentions.0.to_out.0."),
    (".block.", ".resnets."),
    ("nin_shortcut", "conv_shortcut"),
    (".downsample.", ".downsamplers.0."),
    (".upsample.", ".upsamplers.0."),
)
_GGUF_ENCODER: Final = {
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def vae_to_diffusers(tensors: Mapping[str, Any], levels: int) -> Tensors:
    """Return an autoencoder's tensors under diffusers' names; its attention's 1x1 convolutions become matrices."""
    named = {}
    for name, value in tensors.items():
        parts = name.split(".")
        if parts[:2] == ["encoder", "down"]:
            parts[1] = "down_blocks"
        elif parts[:2] == ["decoder", "up"]:
            parts[1:3] = "up_blocks", str(levels - 1 - int(parts[2]))
        new = ".".join(parts)
        for theirs, ours in _VAE_WORDS:
            new = new.replace(theirs, ours)
        is_matrix = ".attentions." in new and value.ndim == 4
        named[new] = value[:, :, 0, 0] if is_matrix else value
    return named


def encoder_without_head(tensors: Mapping[str, Any]) -> Tensors:
    """Return the tensors of `Qwen3Model`: the layers that are read, no language head."""
    kept = {}
    for name, value in tensors.items():
        inner = name.removeprefix("model.")
        if inner == name or not _is_kept(inner.split(".")):
            continue
        kept[inner] = value
    return kept


def gguf_encoder_to_huggingface(name: str) -> str | None:
    """Return the name in `Qwen3Model` of a tensor of llama.cpp's Qwen3, None for what is not read."""
    parts = name.split(".")
    if parts[0] == "token_embd":
        return "embed_tokens.weight"
    if parts[0] == "output_norm":
        return "norm.weight"
    if parts[0] != "blk" or len(parts) != 4 or parts[2] not in _GGUF_ENCODER:
        return None
    new = ["layers", parts[1], _GGUF_ENCODER[parts[2]], parts[3]]
    return ".".join(new) if _is_kept(new) else None


def _is_kept(parts: list[str]) -> bool:
    return parts[0] != "layers" or int(parts[1]) < ENCODER_LAYERS_KEPT
