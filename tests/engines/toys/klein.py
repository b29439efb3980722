"""FLUX.2 klein with random weights of a toy's size, in every layout in which the real one lies on disks.

The classes are the real ones; only the numbers in their configurations are small. Sides are multiples of 32, which is
what GGUF's 8-bit blocks need.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.torch_runtime import prepare_torch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENCODER_LAYERS = 30
HIDDEN = 32
# What converters keep exact in GGUF, in klein and in Stable Diffusion 3.5.
EXACT = ("img_in", "txt_in", "time_in", "final_layer", "pos_embed")


def build_folder(
    folder: Path, *, seed: int = 0, distilled: bool = True, hidden: int = HIDDEN, intermediate: int = 32
) -> Path:
    """Write a toy in diffusers' folder layout; `hidden` (a multiple of 32) is what tells 4B from 9B."""
    prepare_torch()
    import torch
    from diffusers import (
        AutoencoderKLFlux2,
        FlowMatchEulerDiscreteScheduler,
        Flux2KleinPipeline,
        Flux2Transformer2DModel,
    )
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    tokenizer = make_tokenizer()
    encoder = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer), hidden_size=hidden, intermediate_size=intermediate,
            num_hidden_layers=ENCODER_LAYERS, num_attention_heads=2, num_key_value_heads=1, head_dim=16,
            max_position_embeddings=40960, rope_theta=1_000_000, tie_word_embeddings=True,
        )
    )  # fmt: skip
    transformer = Flux2Transformer2DModel(
        num_layers=1, num_single_layers=2, attention_head_dim=16, num_attention_heads=hidden // 16,
        joint_attention_dim=3 * hidden, axes_dims_rope=(4, 4, 4, 4), guidance_embeds=False,
    )  # fmt: skip
    vae = AutoencoderKLFlux2(block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=8)
    # Training leaves running statistics in it; fresh ones would hide a forgotten normalisation.
    vae.bn.running_mean.normal_(0, 0.2)
    vae.bn.running_var.uniform_(0.5, 1.5)
    scheduler = FlowMatchEulerDiscreteScheduler(
        use_dynamic_shifting=True, shift=3.0, time_shift_type="exponential", base_shift=0.5, max_shift=1.15,
        base_image_seq_len=256, max_image_seq_len=4096,
    )  # fmt: skip
    pipeline = Flux2KleinPipeline(
        scheduler=scheduler, vae=vae, text_encoder=encoder, tokenizer=tokenizer, transformer=transformer,
        is_distilled=distilled,
    )  # fmt: skip
    pipeline.save_pretrained(folder)
    return folder


def make_tokenizer() -> Any:
    """Return a byte-level tokenizer with Qwen's special tokens and the form of its chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import Qwen2TokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = Tokenizer(models.BPE(vocab={symbol: index for index, symbol in enumerate(alphabet)}, merges=[]))
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    tokenizer = Qwen2TokenizerFast(
        tokenizer_object=words, unk_token=None, eos_token="<|im_end|>", pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>"],
    )  # fmt: skip
    tokenizer.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n"
        "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
    )
    return tokenizer


def weights_of(folder: Path, part: str) -> dict[str, Any]:
    """Return the tensors of a part of a toy in diffusers' folder layout."""
    from safetensors.torch import load_file

    return dict(load_file(next((folder / part).glob("*.safetensors"))))


def build_single_files(
    source: Path, folder: Path, *, transformer: Mapping[str, Any] | None = None, prefix: str = ""
) -> Path:
    """Write a toy as the three single files of ComfyUI's repositories, with the tokenizer's folder beside them."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    bfl = to_bfl(weights_of(source, "transformer")) if transformer is None else transformer
    save_file({f"{prefix}{name}": value.contiguous() for name, value in bfl.items()}, folder / "klein.safetensors")
    save_file(to_ldm_vae(weights_of(source, "vae")), folder / "flux2-vae.safetensors")
    save_file(weights_of(source, "text_encoder"), folder / "qwen_3.safetensors")
    shutil.copytree(source / "tokenizer", folder / "tokenizer", dirs_exist_ok=True)
    return folder


def write_gguf(
    path: Path,
    tensors: Mapping[str, Any],
    arch: str,
    kind: str = "Q8_0",
    packed: Mapping[str, tuple[Any, Any]] | None = None,
) -> Path:
    """Write tensors as GGUF: matrices quantised, except those that converters keep exact.

    packed: matrices that are quantised already, with their types.
    """
    import gguf

    writer = gguf.GGUFWriter(path, arch=arch)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    quantised = gguf.GGMLQuantizationType[kind]
    for name, value in tensors.items():
        array = value.float().numpy()
        if packed and name in packed:
            writer.add_tensor(name, packed[name][0], raw_dtype=packed[name][1])
        elif array.ndim < 2 or name.startswith(EXACT):
            writer.add_tensor(name, array.astype(np.float32))
        else:
            writer.add_tensor(name, gguf.quants.quantize(array, quantised), raw_dtype=quantised)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def to_bfl(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Return a transformer's tensors under Black Forest Labs' names, which ComfyUI and GGUF files have too."""
    import torch

    out: dict[str, Any] = {}
    for name, value in weights.items():
        base = name.removesuffix(".weight")
        if base in _OUTER:
            out[f"{_OUTER[base]}.weight"] = value
        elif base == "norm_out.linear":
            scale, shift = value.chunk(2, 0)
            out["final_layer.adaLN_modulation.1.weight"] = torch.cat([shift, scale])
        elif base.startswith("transformer_blocks."):
            _, index, rest = base.split(".", 2)
            if rest in _DOUBLE:
                out[f"double_blocks.{index}.{_DOUBLE[rest]}"] = value
        else:
            _, index, rest = base.split(".", 2)
            out[f"single_blocks.{index}.{_SINGLE[rest]}"] = value
    for block in {name.split(".")[1] for name in weights if name.startswith("transformer_blocks.")}:
        attention = f"transformer_blocks.{block}.attn."
        for stream, parts in _FUSED.items():
            out[f"double_blocks.{block}.{stream}.qkv.weight"] = torch.cat(
                [weights[f"{attention}{part}.weight"] for part in parts]
            )
    return out


def to_ldm_vae(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Return a VAE's tensors under the names of the single files (LDM's, quant convs inside encoder and decoder)."""
    levels = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder.down_blocks."))
    out = {}
    for name, value in weights.items():
        parts = name.split(".")
        if len(parts) > 2 and parts[1] == "down_blocks":
            parts[1] = "down"
        if len(parts) > 2 and parts[1] == "up_blocks":
            parts[1:3] = "up", str(levels - 1 - int(parts[2]))
        new = ".".join(parts)
        for ours, theirs in _VAE_WORDS:
            new = new.replace(ours, theirs)
        if new.startswith("quant_conv"):
            new = f"encoder.{new}"
        if ".attn_1." in new and new.endswith("weight") and ".norm." not in new:
            value = value[:, :, None, None]
        out[new] = value.contiguous()
    return out


def to_gguf_encoder(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Qwen3 encoder's tensors under llama.cpp's names."""
    out = {}
    for name, value in weights.items():
        new = name
        for ours, theirs in _ENCODER_WORDS:
            new = new.replace(ours, theirs)
        out[new] = value
    return out


def model_index(folder: Path) -> dict[str, Any]:
    """Return what `model_index.json` says."""
    loaded: dict[str, Any] = json.loads((folder / "model_index.json").read_text("utf-8"))
    return loaded


_OUTER = {
    "x_embedder": "img_in",
    "context_embedder": "txt_in",
    "time_guidance_embed.timestep_embedder.linear_1": "time_in.in_layer",
    "time_guidance_embed.timestep_embedder.linear_2": "time_in.out_layer",
    "double_stream_modulation_img.linear": "double_stream_modulation_img.lin",
    "double_stream_modulation_txt.linear": "double_stream_modulation_txt.lin",
    "single_stream_modulation.linear": "single_stream_modulation.lin",
    "proj_out": "final_layer.linear",
}
_DOUBLE = {
    "attn.norm_q": "img_attn.norm.query_norm.scale",
    "attn.norm_k": "img_attn.norm.key_norm.scale",
    "attn.to_out.0": "img_attn.proj.weight",
    "ff.linear_in": "img_mlp.0.weight",
    "ff.linear_out": "img_mlp.2.weight",
    "attn.norm_added_q": "txt_attn.norm.query_norm.scale",
    "attn.norm_added_k": "txt_attn.norm.key_norm.scale",
    "attn.to_add_out": "txt_attn.proj.weight",
    "ff_context.linear_in": "txt_mlp.0.weight",
    "ff_context.linear_out": "txt_mlp.2.weight",
}
_SINGLE = {
    "attn.to_qkv_mlp_proj": "linear1.weight",
    "attn.to_out": "linear2.weight",
    "attn.norm_q": "norm.query_norm.scale",
    "attn.norm_k": "norm.key_norm.scale",
}
_FUSED = {"img_attn": ("to_q", "to_k", "to_v"), "txt_attn": ("add_q_proj", "add_k_proj", "add_v_proj")}
_VAE_WORDS = (
    ("mid_block.resnets.0", "mid.block_1"),
    ("mid_block.resnets.1", "mid.block_2"),
    ("mid_block.attentions.0", "mid.attn_1"),
    (".group_norm.", ".norm."),
    (".to_q.", ".q."),
    (".to_k.", ".k."),
    (".to_v.", ".v."),
    (".to_out.0.", ".proj_out."),
    (".resnets.", ".block."),
    ("conv_shortcut", "nin_shortcut"),
    ("downsamplers.0.", "downsample."),
    ("upsamplers.0.", "upsample."),
    ("conv_norm_out", "norm_out"),
    ("post_quant_conv", "decoder.post_quant_conv"),
)
_ENCODER_WORDS = (
    ("model.embed_tokens", "token_embd"),
    ("model.layers.", "blk."),
    ("self_attn.q_norm", "attn_q_norm"),
    ("self_attn.k_norm", "attn_k_norm"),
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.o_proj", "attn_output"),
    ("post_attention_layernorm", "ffn_norm"),
    ("input_layernorm", "attn_norm"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
    ("model.norm", "output_norm"),
)
