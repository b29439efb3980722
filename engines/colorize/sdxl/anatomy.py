"""The measures of SDXL's parts from the shapes in their files, as configurations of diffusers and transformers.

Single files have none beside them, and the libraries would ask a hub. What shapes do not tell is SDXL's own: heads are
64 wide (narrower in a model that is narrower than that), norms have 32 groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engines.colorize.diffusion.tensor_shapes import count_blocks, sides_of
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.headers import TensorHeader

    Tensors = Mapping[str, TensorHeader]
    Config = dict[str, Any]

UNET: Final = "model.diffusion_model."
VAE: Final = "first_stage_model."
FIRST: Final = "conditioner.embedders.0.transformer."
SECOND: Final = "conditioner.embedders.1.model."
_HEAD, _HEAD_OF_TOYS, _GROUPS = 64, 8, 32
# Vision towers of CLIP have 16 heads whatever their width; OpenAI's has an activation of its own.
_VISION_HEADS: Final = {1024: 16, 1280: 16, 1664: 16}
_QUICK: Final = {768: "quick_gelu", 1024: "quick_gelu"}
_TIME_IDS: Final = 6
_EDGE_BLOCKS: Final = {False: ("DownBlock2D", "UpBlock2D"), True: ("CrossAttnDownBlock2D", "CrossAttnUpBlock2D")}


def unet_config(tensors: Tensors, pooled: int) -> Config:
    """Return the configuration of the network in a single file, names without their prefix.

    pooled: the width of what the second text encoder says of the whole.

    Raises:
        WeightsInvalid: it is no SDXL that draws on noise.
    """
    if "label_emb.0.0.weight" not in tensors:
        raise WeightsInvalid("this is no SDXL (Stable Diffusion 1 or 2?)")
    into = sides_of(tensors, "input_blocks.0.0.weight", 4)[1]
    if into != 4:
        raise WeightsInvalid(f"this is a checkpoint for inpainting or editing ({into} channels); plain SDXL has 4")
    channels, layers, depths, attends = _levels(tensors)
    embedding = sides_of(tensors, "label_emb.0.0.weight", 2)[1]
    cross = next((one.shape[-1] for name, one in tensors.items() if name.endswith(".attn2.to_k.weight")), 0)
    linear = next((len(one.shape) == 2 for name, one in tensors.items() if name.endswith(".1.proj_in.weight")), True)
    if (embedding - pooled) % _TIME_IDS or embedding <= pooled:
        raise WeightsInvalid(f"a text of width {pooled} does not fit into an embedding of {embedding}")
    return {
        "block_out_channels": channels,
        "layers_per_block": layers,
        "transformer_layers_per_block": [max(1, depth) for depth in depths],
        "down_block_types": [_EDGE_BLOCKS[one][0] for one in attends],
        "up_block_types": [_EDGE_BLOCKS[one][1] for one in reversed(attends)],
        "attention_head_dim": [_heads(one) for one in channels],
        "use_linear_projection": linear,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": (embedding - pooled) // _TIME_IDS,
        "projection_class_embeddings_input_dim": embedding,
        "cross_attention_dim": cross,
        "norm_num_groups": min(_GROUPS, *channels),
        "sample_size": 128,
    }


def vae_config(tensors: Tensors) -> Config:
    """Return the configuration of the autoencoder in a single file, names without their prefix.

    Raises:
        WeightsInvalid: a tensor is missing.
    """
    levels = count_blocks(tensors, "encoder.down.")
    channels = [sides_of(tensors, f"encoder.down.{level}.block.0.conv2.weight", 4)[0] for level in range(levels)]
    return {
        "block_out_channels": channels,
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
        "layers_per_block": count_blocks(tensors, "encoder.down.0.block."),
        "latent_channels": sides_of(tensors, "decoder.conv_in.weight", 4)[1],
        "norm_num_groups": min(_GROUPS, *channels),
        "scaling_factor": 0.13025,
        "sample_size": 1024,
    }


def first_config(tensors: Tensors) -> Config:
    """Return the configuration of the first text encoder, in transformers' names; raises `WeightsInvalid`."""
    words, hidden = sides_of(tensors, "text_model.embeddings.token_embedding.weight", 2)
    inner = sides_of(tensors, "text_model.encoder.layers.0.mlp.fc1.weight", 2)[0]
    layers = count_blocks(tensors, "text_model.encoder.layers.")
    positions = sides_of(tensors, "text_model.embeddings.position_embedding.weight", 2)[0]
    return _clip(words, hidden, inner, layers, positions) | {"hidden_act": "quick_gelu", "projection_dim": hidden}


def second_config(tensors: Tensors) -> Config:
    """Return the configuration of the second text encoder, in OpenCLIP's names; raises `WeightsInvalid`."""
    words, hidden = sides_of(tensors, "token_embedding.weight", 2)
    inner = sides_of(tensors, "transformer.resblocks.0.mlp.c_fc.weight", 2)[0]
    layers = count_blocks(tensors, "transformer.resblocks.")
    positions = sides_of(tensors, "positional_embedding", 2)[0]
    projected = sides_of(tensors, "text_projection", 2)[1]
    return _clip(words, hidden, inner, layers, positions) | {"hidden_act": "gelu", "projection_dim": projected}


def control_config(tensors: Tensors) -> Config:
    """Return the configuration of a ControlNet Union in diffusers' names.

    Raises:
        WeightsInvalid: it is another control.
    """
    if "task_embedding" not in tensors:
        raise WeightsInvalid("this is no ControlNet Union")
    types, trans = sides_of(tensors, "task_embedding", 2)
    levels = count_blocks(tensors, "down_blocks.")
    names = [f"down_blocks.{level}" for level in range(levels)]
    channels = [sides_of(tensors, f"{name}.resnets.0.conv2.weight", 4)[0] for name in names]
    attends = [any(one.startswith(f"{name}.attentions.") for one in tensors) for name in names]
    depths = [max(1, count_blocks(tensors, f"{name}.attentions.0.transformer_blocks.")) for name in names]
    embedding, control = (
        sides_of(tensors, f"{name}.linear_1.weight", 2)[1] for name in ("add_embedding", "control_add_embedding")
    )
    cross = next((one.shape[-1] for name, one in tensors.items() if name.endswith(".attn2.to_k.weight")), 0)
    steps = range(1, count_blocks(tensors, "controlnet_cond_embedding.blocks."), 2)
    hint = ["conv_in", *(f"blocks.{step}" for step in steps)]
    linear = next((len(one.shape) == 2 for name, one in tensors.items() if name.endswith(".proj_in.weight")), True)
    return {
        "in_channels": sides_of(tensors, "conv_in.weight", 4)[1],
        "down_block_types": [_EDGE_BLOCKS[one][0] for one in attends],
        "block_out_channels": channels,
        "layers_per_block": count_blocks(tensors, "down_blocks.0.resnets."),
        "transformer_layers_per_block": depths,
        "attention_head_dim": [_heads(one) for one in channels],
        "norm_num_groups": min(_GROUPS, *channels),
        "cross_attention_dim": cross,
        "use_linear_projection": linear,
        "addition_embed_type": "text_time",
        # A control counts each kind of its in as wide a vector as the network each of its six sizes.
        "addition_time_embed_dim": control // types,
        "projection_class_embeddings_input_dim": embedding,
        "conditioning_embedding_out_channels": [
            sides_of(tensors, f"controlnet_cond_embedding.{name}.weight", 4)[0] for name in hint
        ],
        "num_control_type": types,
        "num_trans_channel": trans,
        "num_trans_head": 8 if trans % _HEAD == 0 else 2,
        "num_trans_layer": count_blocks(tensors, "transformer_layes."),
        "num_proj_channel": sides_of(tensors, "spatial_ch_projs.weight", 2)[0],
    }


def vision_config(tensors: Tensors) -> Config:
    """Return the configuration of CLIP's image tower in transformers' names; raises `WeightsInvalid`."""
    hidden, _, patch, _ = sides_of(tensors, "vision_model.embeddings.patch_embedding.weight", 4)
    places = sides_of(tensors, "vision_model.embeddings.position_embedding.weight", 2)[0] - 1
    return {
        "hidden_size": hidden,
        "intermediate_size": sides_of(tensors, "vision_model.encoder.layers.0.mlp.fc1.weight", 2)[0],
        "num_hidden_layers": count_blocks(tensors, "vision_model.encoder.layers."),
        "num_attention_heads": _VISION_HEADS.get(hidden, _heads(hidden)),
        "patch_size": patch,
        "image_size": round(places**0.5) * patch,
        "projection_dim": sides_of(tensors, "visual_projection.weight", 2)[0],
        "hidden_act": _QUICK.get(hidden, "gelu"),
    }


def _levels(tensors: Tensors) -> tuple[list[int], int, list[int], list[bool]]:
    """Return channels, layers in each, transformer blocks and whether there are any, from the blocks' order."""
    channels, depths, attends, layers, here = [], [], [], 0, 0
    for number in range(1, count_blocks(tensors, "input_blocks.")):
        start = f"input_blocks.{number}"
        if f"{start}.0.op.weight" in tensors:
            layers, here = max(layers, here), 0
            continue
        out = sides_of(tensors, f"{start}.0.out_layers.3.weight", 4)[0]
        depth = count_blocks(tensors, f"{start}.1.transformer_blocks.")
        if not here:
            channels.append(out)
            depths.append(depth)
            attends.append(depth > 0)
        here += 1
    if not channels:
        raise WeightsInvalid("input_blocks are missing")
    return channels, max(layers, here), depths, attends


def _clip(words: int, hidden: int, inner: int, layers: int, positions: int) -> Config:
    return {
        "vocab_size": words, "hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": layers,
        "num_attention_heads": _heads(hidden), "max_position_embeddings": positions,
        "bos_token_id": words - 2, "eos_token_id": words - 1, "pad_token_id": words - 1,
    }  # fmt: skip


def _heads(width: int) -> int:
    return width // (_HEAD if width % _HEAD == 0 else _HEAD_OF_TOYS) or 1
