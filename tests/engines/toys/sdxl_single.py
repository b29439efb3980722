"""An SDXL toy as one file, under the names that checkpoints of Stability AI and its kin have."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from tests.engines.toys.klein import to_ldm_vae, weights_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LAYERS = 2
_RESNET = (
    ("norm1.", "in_layers.0."), ("conv1.", "in_layers.2."), ("time_emb_proj.", "emb_layers.1."),
    ("norm2.", "out_layers.0."), ("conv2.", "out_layers.3."), ("conv_shortcut.", "skip_connection."),
)  # fmt: skip
_OUTER = (
    ("time_embedding.linear_1.", "time_embed.0."), ("time_embedding.linear_2.", "time_embed.2."),
    ("add_embedding.linear_1.", "label_emb.0.0."), ("add_embedding.linear_2.", "label_emb.0.2."),
    ("conv_in.", "input_blocks.0.0."), ("conv_norm_out.", "out.0."), ("conv_out.", "out.2."),
)  # fmt: skip
_OPEN_CLIP = (
    ("text_model.encoder.layers.", "transformer.resblocks."),
    ("text_model.embeddings.token_embedding.", "token_embedding."),
    ("text_model.embeddings.position_embedding.weight", "positional_embedding"),
    ("text_model.final_layer_norm.", "ln_final."), (".layer_norm1.", ".ln_1."), (".layer_norm2.", ".ln_2."),
    (".self_attn.", ".attn."), (".mlp.fc1.", ".mlp.c_fc."), (".mlp.fc2.", ".mlp.c_proj."),
)  # fmt: skip


def build_single(source: Path, folder: Path, *, extra: Mapping[str, Any] | None = None) -> Path:
    """Write a toy's checkpoint as one file, with the tokenizer's words and all other parts beside it."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer", "tokenizer_2", "controlnet", "ip_adapter"):
        shutil.copytree(source / name, folder / name)
    save_file({**tensors_of(source), **(extra or {})}, folder / "animagine-xl.safetensors")
    return folder


def tensors_of(source: Path) -> dict[str, Any]:
    """Return a checkpoint's tensors of a toy in diffusers' layout."""
    out = {f"model.diffusion_model.{unet_name(name)}": value for name, value in weights_of(source, "unet").items()}
    out |= {_vae_name(name): value for name, value in to_ldm_vae(weights_of(source, "vae")).items()}
    first = weights_of(source, "text_encoder")
    start = "conditioner.embedders.0.transformer."
    out |= {f"{start}text_model.{name.removeprefix('text_model.')}": value for name, value in first.items()}
    second = to_open_clip(weights_of(source, "text_encoder_2"))
    out |= {f"conditioner.embedders.1.model.{name}": value for name, value in second.items()}
    return {name: value.contiguous() for name, value in out.items()}


def unet_name(name: str) -> str:
    """Return what a tensor of diffusers' network is called in a checkpoint."""
    for ours, theirs in _OUTER:
        if name.startswith(ours):
            return theirs + name[len(ours) :]
    parts = name.split(".")
    if parts[0] == "mid_block":
        place = {"resnets": 2 * int(parts[2]), "attentions": 1}[parts[1]]
        return f"middle_block.{place}.{_inner(parts[1], parts[3:])}"
    block, kind, layer = int(parts[1]), parts[2], int(parts[3])
    if parts[0] == "down_blocks":
        if kind == "downsamplers":
            return f"input_blocks.{(block + 1) * (LAYERS + 1)}.0.op.{parts[-1]}"
        place = 1 + block * (LAYERS + 1) + layer
        return f"input_blocks.{place}.{int(kind == 'attentions')}.{_inner(kind, parts[4:])}"
    if kind == "upsamplers":
        return f"output_blocks.{(block + 1) * (LAYERS + 1) - 1}.2.conv.{parts[-1]}"
    place = block * (LAYERS + 1) + layer
    return f"output_blocks.{place}.{int(kind == 'attentions')}.{_inner(kind, parts[4:])}"


def _inner(kind: str, rest: list[str]) -> str:
    name = ".".join(rest)
    for ours, theirs in _RESNET if kind == "resnets" else ():
        if name.startswith(ours):
            return theirs + name[len(ours) :]
    return name


def _vae_name(name: str) -> str:
    for inner in ("encoder.quant_conv", "decoder.post_quant_conv"):
        name = name.replace(inner, inner.split(".")[1])
    return f"first_stage_model.{name}"


def to_open_clip(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Return a text encoder's tensors under OpenCLIP's names, query, key and value in one."""
    import torch

    out: dict[str, Any] = {}
    for name, value in tensors.items():
        if name == "text_projection.weight":
            out["text_projection"] = value.T
            continue
        new = name
        for ours, theirs in _OPEN_CLIP:
            new = new.replace(ours, theirs)
        if ".q_proj." in name:
            parts = [tensors[name.replace(".q_proj.", f".{part}_proj.")] for part in "qkv"]
            stem, kind = new.split(".q_proj.")
            out[f"{stem}.in_proj_{kind}"] = torch.cat(parts)
        elif ".k_proj." not in name and ".v_proj." not in name:
            out[new] = value
    return out
