"""klein 4B at its full size with random weights, in diffusers' layout: 14 GB, made on the card where there is one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from engines.torch_runtime import prepare_torch
from tests.engines.toys.klein import make_tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engines.info import DeviceKind

_ENCODER_LAYERS = 28
"""Those that are read: the file has no more, so that less is written."""


def build_full(folder: Path, kind: DeviceKind, *, scale: int = 1) -> Path:
    """Write it. scale: widths and blocks are divided by it, to try this function where there is little memory."""
    prepare_torch()
    from diffusers import (
        AutoencoderKLFlux2,
        FlowMatchEulerDiscreteScheduler,
        Flux2KleinPipeline,
        Flux2Transformer2DModel,
    )
    from transformers import Qwen3Config, Qwen3ForCausalLM

    wide = 2560 // scale
    with _in_short(kind):
        transformer = Flux2Transformer2DModel(
            num_layers=max(1, 5 // scale), num_single_layers=max(1, 20 // scale), num_attention_heads=24 // scale,
            joint_attention_dim=3 * wide, guidance_embeds=False,
        )  # fmt: skip
        encoder = Qwen3ForCausalLM(
            Qwen3Config(
                vocab_size=151_936 // scale, hidden_size=wide, intermediate_size=9728 // scale,
                num_hidden_layers=_ENCODER_LAYERS, num_attention_heads=32 // scale, num_key_value_heads=8 // scale,
                head_dim=128, max_position_embeddings=40960, rope_theta=1_000_000, tie_word_embeddings=True,
            )
        )  # fmt: skip
        vae = AutoencoderKLFlux2()
    scheduler = FlowMatchEulerDiscreteScheduler(
        use_dynamic_shifting=True, shift=3.0, time_shift_type="exponential", base_shift=0.5, max_shift=1.15,
        base_image_seq_len=256, max_image_seq_len=4096,
    )  # fmt: skip
    pipeline = Flux2KleinPipeline(
        scheduler=scheduler, vae=vae, text_encoder=encoder, tokenizer=make_tokenizer(), transformer=transformer,
        is_distilled=True,
    )  # fmt: skip
    # One file a part: what single files are made of.
    pipeline.save_pretrained(folder, max_shard_size="40GB")
    return folder


@contextmanager
def _in_short(kind: DeviceKind) -> Iterator[None]:
    """Make what is made meanwhile in bfloat16, on the card where there is one."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device("cuda" if kind == "cuda" else "cpu"):
            yield
    finally:
        torch.set_default_dtype(before)
