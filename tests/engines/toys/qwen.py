"""Qwen-Image-Edit with random weights of a toy's size, in every layout in which the real one lies on disks.

The classes are the real ones; only the numbers in their configurations are small.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from engines.torch_runtime import prepare_torch
from tests.engines.toys.klein import make_tokenizer, weights_of, write_gguf

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN = 64
_VISION = ("vision_start", "vision_end", "image_pad", "video_pad")


def build_folder(folder: Path, *, seed: int = 0, whole_vae: bool = False) -> Path:
    """Write a toy in diffusers' folder layout. whole_vae: with as many layers in its autoencoder as the real one."""
    prepare_torch()
    import torch
    from diffusers import (
        AutoencoderKLQwenImage,
        FlowMatchEulerDiscreteScheduler,
        QwenImageEditPlusPipeline,
        QwenImageTransformer2DModel,
    )

    torch.manual_seed(seed)
    encoder, tokenizer, processor = _text_parts()
    QwenImageEditPlusPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(
            use_dynamic_shifting=True, shift=1.0, base_shift=0.5, max_shift=0.9, base_image_seq_len=256,
            max_image_seq_len=8192, shift_terminal=0.02, time_shift_type="exponential",
        ),
        vae=AutoencoderKLQwenImage(base_dim=2) if whole_vae else
        AutoencoderKLQwenImage(base_dim=2, dim_mult=[1, 1, 1, 1], num_res_blocks=0),
        text_encoder=encoder, tokenizer=tokenizer, processor=processor,
        transformer=QwenImageTransformer2DModel(
            num_layers=1, attention_head_dim=32, num_attention_heads=HIDDEN // 32, joint_attention_dim=32,
            axes_dims_rope=(4, 14, 14),
        ),
    ).save_pretrained(folder)  # fmt: skip
    return folder


def build_gguf(source: Path, folder: Path, prefix: str = "") -> Path:
    """Write a toy whose transformer is a GGUF file beside the other parts' folders."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("transformer"))
    tensors = {f"{prefix}{name}": value for name, value in weights_of(source, "transformer").items()}
    write_gguf(folder / "qwen-image-edit.gguf", tensors, "qwen_image", "BF16")
    return folder


def build_singles(source: Path, folder: Path, *, fp8: bool = False) -> Path:
    """Write a toy's configurations, and beside them each part as one file, named and laid out as ComfyUI's are.

    source: with a whole autoencoder. fp8: the text encoder in 8 bits, with scales.
    """
    import torch
    from safetensors.torch import save_file

    weights = shutil.ignore_patterns("*.safetensors*")
    shutil.copytree(source, folder / "qwen-image-edit-configs", ignore=weights)
    for name in ("diffusion_models", "text_encoders", "vae"):
        (folder / name).mkdir()
    save_file(weights_of(source, "transformer"), folder / "diffusion_models" / "qwen_image_edit.safetensors")
    encoder = {}
    for name, value in weights_of(source, "text_encoder").items():
        old = name.replace("model.visual.", "visual.").replace("model.language_model.", "model.")
        if fp8 and value.ndim == 2 and ".layers." in old:
            scale = value.abs().max() / 448
            encoder[old] = (value / scale).to(torch.float8_e4m3fn)
            encoder[old.removesuffix("weight") + "scale_weight"] = scale.float()
        elif old != "lm_head.weight":
            encoder[old] = value
    if fp8:
        encoder["scaled_fp8"] = torch.zeros(0, dtype=torch.float8_e4m3fn)
    save_file(encoder, folder / "text_encoders" / "qwen_2.5_vl_7b.safetensors")
    vae = weights_of(source, "vae")
    wan = wan_names()
    save_file({wan[name]: value for name, value in vae.items()}, folder / "vae" / "qwen_image_vae.safetensors")
    return folder


def wan_names() -> dict[str, str]:
    """Return Wan's name of each tensor of the autoencoder by diffusers' name."""
    from diffusers.loaders.single_file_utils import convert_wan_vae_to_diffusers

    ends = [f"residual.{one}" for one in ("0.gamma", "2.weight", "2.bias", "3.gamma", "6.weight", "6.bias")]
    ends += [f"{one}.{kind}" for one in ("shortcut", "resample.1", "time_conv") for kind in ("weight", "bias")]
    names = [f"{one}.{kind}" for one in ("conv1", "conv2") for kind in ("weight", "bias")]
    for side, blocks in (("encoder", "downsamples"), ("decoder", "upsamples")):
        names += [f"{side}.{blocks}.{number}.{end}" for number in range(16) for end in ends]
        names += [f"{side}.middle.{number}.{end}" for number in (0, 2) for end in ends[:6]]
        names += [f"{side}.middle.1.{one}" for one in ("norm.gamma", "to_qkv.weight", "to_qkv.bias")]
        names += [f"{side}.{one}" for one in ("middle.1.proj.weight", "middle.1.proj.bias", "head.0.gamma")]
        names += [f"{side}.{one}" for one in ("head.2.weight", "head.2.bias", "conv1.weight", "conv1.bias")]
    return {new: old for old in names for new in convert_wan_vae_to_diffusers({old: old})}


def build_lightning(source: Path, path: Path, *, scale: float = 0.3) -> Path:
    """Write a LoRA on all attention of a toy as Lightning lies in its file: kohya's ends, diffusers' names, alphas."""
    import torch
    from safetensors.torch import save_file

    made = torch.Generator().manual_seed(7)
    tensors = {}
    for name, value in weights_of(source, "transformer").items():
        if ".attn." in name and name.endswith(".weight") and value.ndim == 2:
            layer, (out, into) = name.removesuffix(".weight"), value.shape
            tensors[f"{layer}.lora_down.weight"] = torch.randn(4, into, generator=made) * scale
            tensors[f"{layer}.lora_up.weight"] = torch.randn(out, 4, generator=made) * scale
            tensors[f"{layer}.alpha"] = torch.tensor(2.0)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
    return path


def _text_parts() -> tuple[Any, Any, Any]:
    from transformers import (
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        Qwen2VLImageProcessor,
        Qwen2VLProcessor,
        Qwen2VLVideoProcessor,
    )

    tokenizer = make_tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": [f"<|{name}|>" for name in _VISION]})
    ids = {name: tokenizer.convert_tokens_to_ids(f"<|{name}|>") for name in _VISION}
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1,
            "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 8192,
            "rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 1e6},
        },
        vision_config={
            "depth": 1, "hidden_size": 32, "intermediate_size": 32, "num_heads": 2, "out_hidden_size": 32,
            "patch_size": 14, "fullatt_block_indexes": [], "window_size": 112,
        },
        image_token_id=ids["image_pad"], video_token_id=ids["video_pad"],
        vision_start_token_id=ids["vision_start"], vision_end_token_id=ids["vision_end"],
    )  # fmt: skip
    processor = Qwen2VLProcessor(
        image_processor=Qwen2VLImageProcessor(), tokenizer=tokenizer, video_processor=Qwen2VLVideoProcessor()
    )
    return Qwen2_5_VLForConditionalGeneration(config), tokenizer, processor
