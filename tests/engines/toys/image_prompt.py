"""CLIP's image tower and a projector with random weights of a toy's size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.torch_runtime import prepare_torch

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, PROJECTED, SIDE, TOKENS = 32, 24, 28, 4


def build_encoder(folder: Path, *, seed: int = 5) -> Path:
    """Write a tower in the layout of openai/clip-vit-large-patch14."""
    prepare_torch()
    import torch
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(seed)
    config = CLIPVisionConfig(
        hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=SIDE,
        patch_size=14, projection_dim=PROJECTED,
    )  # fmt: skip
    CLIPVisionModelWithProjection(config).save_pretrained(folder)
    return folder


def write_projector(
    path: Path, hidden: int, *, reads: int = PROJECTED, prefix: str = "image_proj.", seed: int = 6
) -> Path:
    """Write a projector: `Linear(reads, 4 * hidden)` and `LayerNorm(hidden)`."""
    prepare_torch()
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(seed)
    line, norm = torch.nn.Linear(reads, TOKENS * hidden), torch.nn.LayerNorm(hidden)
    torch.nn.init.normal_(norm.weight, 3.0, 1.0)
    torch.nn.init.normal_(norm.bias, 0.0, 1.0)
    parts = {"proj.weight": line.weight, "proj.bias": line.bias, "norm.weight": norm.weight, "norm.bias": norm.bias}
    save_file({prefix + name: value.detach().contiguous() for name, value in parts.items()}, path)
    return path
