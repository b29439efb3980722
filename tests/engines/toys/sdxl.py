"""SDXL, ControlNet Union and an IP-Adapter with random weights of a toy's size, in the layouts of the real ones.

The classes are the real ones; only the numbers in their configurations are small.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engines.torch_runtime import prepare_torch

if TYPE_CHECKING:
    from pathlib import Path

CROSS = 64
CHANNELS = (16, 32, 32)


def build_folder(folder: Path, *, seed: int = 0) -> Path:
    """Write a toy with all its parts."""
    prepare_torch()
    import torch
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline

    torch.manual_seed(seed)
    unet = make_unet()
    first, second = _text_encoders()
    tokenizer = make_tokenizer(folder / "words")
    pipeline = StableDiffusionXLPipeline(
        vae=_vae(), text_encoder=first, text_encoder_2=second, tokenizer=tokenizer, tokenizer_2=tokenizer, unet=unet,
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="leading",
            steps_offset=1,
        ),
        add_watermarker=False,
    )  # fmt: skip
    pipeline.save_pretrained(folder)
    _control().save_pretrained(folder / "controlnet")
    _adapter(folder / "ip_adapter", unet)
    return folder


def make_unet(**changes: Any) -> Any:
    """Return SDXL's network at toy size."""
    from diffusers import UNet2DConditionModel

    facts = {
        "block_out_channels": CHANNELS, "layers_per_block": 2, "sample_size": 128,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "attention_head_dim": (2, 4, 4), "use_linear_projection": True, "addition_embed_type": "text_time",
        "addition_time_embed_dim": 8, "transformer_layers_per_block": (1, 1, 1),
        "projection_class_embeddings_input_dim": 6 * 8 + 32, "cross_attention_dim": CROSS, "norm_num_groups": 16,
    }  # fmt: skip
    return UNet2DConditionModel(**facts | changes)


def _vae() -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4, latent_channels=4, norm_num_groups=8, layers_per_block=1,
        scaling_factor=0.13025,
    )  # fmt: skip


def _text_encoders() -> tuple[Any, Any]:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    facts = {
        "bos_token_id": 512, "eos_token_id": 513, "hidden_size": 32, "intermediate_size": 37, "num_attention_heads": 4,
        "num_hidden_layers": 3, "vocab_size": 514, "projection_dim": 32, "max_position_embeddings": 77,
    }  # fmt: skip
    first = CLIPTextModel(CLIPTextConfig(**facts, hidden_act="quick_gelu"))
    return first, CLIPTextModelWithProjection(CLIPTextConfig(**facts, hidden_act="gelu"))


def make_tokenizer(folder: Path) -> Any:
    """Return CLIP's tokenizer with letters for words; its files lie in `folder`."""
    from transformers import CLIPTokenizer
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    folder.mkdir(parents=True)
    letters = list(bytes_to_unicode().values())
    words = letters + [f"{letter}</w>" for letter in letters] + ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: index for index, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    end = "<|endoftext|>"
    facts = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "bos_token": "<|startoftext|>"}
    facts |= {"eos_token": end, "unk_token": end, "pad_token": end}
    (folder / "tokenizer_config.json").write_text(json.dumps(facts))
    return CLIPTokenizer.from_pretrained(folder)


def _control() -> Any:
    import torch
    from diffusers import ControlNetUnionModel

    control = ControlNetUnionModel(
        in_channels=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        block_out_channels=CHANNELS, layers_per_block=2, norm_num_groups=16, cross_attention_dim=CROSS,
        attention_head_dim=(2, 4, 4), transformer_layers_per_block=(1, 1, 1), use_linear_projection=True,
        addition_embed_type="text_time", addition_time_embed_dim=8, projection_class_embeddings_input_dim=80,
        conditioning_embedding_out_channels=(8, 8, 8, 16), num_control_type=6, num_trans_channel=CHANNELS[0],
        num_trans_head=2, num_trans_layer=1, num_proj_channel=CHANNELS[0],
    )  # fmt: skip
    for parameter in control.parameters():
        # Fresh controls begin at zero and would do nothing.
        if parameter.abs().sum() == 0:
            torch.nn.init.normal_(parameter, 0, 0.2)
    return control


def _adapter(folder: Path, unet: Any) -> None:
    import torch
    from safetensors.torch import save_file
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    folder.mkdir(parents=True)
    tensors = {
        "image_proj.proj.weight": torch.randn(4 * CROSS, 32) * 0.1,
        "image_proj.proj.bias": torch.zeros(4 * CROSS),
        "image_proj.norm.weight": torch.ones(CROSS),
        "image_proj.norm.bias": torch.zeros(CROSS),
    }
    number = 1
    for name in unet.attn_processors:
        if not name.endswith("attn1.processor"):
            width = _width_at(name)
            for kind in "kv":
                tensors[f"ip_adapter.{number}.to_{kind}_ip.weight"] = torch.randn(width, CROSS) * 0.3
            number += 2
    save_file(tensors, folder / "ip-adapter_sdxl_vit-h.safetensors")
    CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=32, intermediate_size=37, projection_dim=32, num_hidden_layers=3, num_attention_heads=4,
            image_size=56, patch_size=14, hidden_act="gelu",
        )
    ).save_pretrained(folder / "image_encoder")  # fmt: skip


def _width_at(name: str) -> int:
    if name.startswith("mid"):
        return CHANNELS[-1]
    block = int(name.split(".")[1])
    return CHANNELS[::-1][block] if name.startswith("up") else CHANNELS[block]
