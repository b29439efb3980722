"""Stable Diffusion 3.5, its ControlNet and IP-Adapter with random weights of a toy's size, laid out as the real ones.

The classes are the real ones; only the numbers in their configurations are small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engines.torch_runtime import prepare_torch
from tests.engines.toys.sdxl import make_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN, JOINT, SEEN = 64, 64, 32


def build_folder(folder: Path, *, seed: int = 0) -> Path:
    """Write a toy with all its parts."""
    prepare_torch()
    import torch
    from diffusers import (
        AutoencoderKL,
        FlowMatchEulerDiscreteScheduler,
        SD3Transformer2DModel,
        StableDiffusion3Pipeline,
    )
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection, T5Config, T5EncoderModel

    torch.manual_seed(seed)
    transformer = SD3Transformer2DModel(
        sample_size=32, num_layers=2, attention_head_dim=32, num_attention_heads=HIDDEN // 32,
        joint_attention_dim=JOINT, caption_projection_dim=HIDDEN, pooled_projection_dim=64, pos_embed_max_size=256,
        qk_norm="rms_norm",
    )  # fmt: skip
    clip = CLIPTextConfig(
        bos_token_id=512, eos_token_id=513, hidden_size=32, intermediate_size=37, num_attention_heads=4,
        num_hidden_layers=2, vocab_size=514, projection_dim=32, max_position_embeddings=77,
    )  # fmt: skip
    words = make_tokenizer(folder / "words")
    t5 = T5Config(vocab_size=300, d_model=JOINT, d_kv=16, d_ff=64, num_layers=1, num_heads=2,
                  feed_forward_proj="gated-gelu")  # fmt: skip
    StableDiffusion3Pipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=AutoencoderKL(
            block_out_channels=(4, 4, 4, 4), down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4, latent_channels=16, norm_num_groups=4, layers_per_block=1,
            scaling_factor=1.5305, shift_factor=0.0609, use_quant_conv=False, use_post_quant_conv=False,
        ),
        text_encoder=CLIPTextModelWithProjection(clip), text_encoder_2=CLIPTextModelWithProjection(clip),
        text_encoder_3=T5EncoderModel(t5), tokenizer=words, tokenizer_2=words, tokenizer_3=_t5_words(),
    ).save_pretrained(folder)  # fmt: skip
    _control().save_pretrained(folder / "controlnet")
    _adapter(folder / "ip_adapter", transformer)
    _encoder(folder / "image_encoder")
    return folder


def _t5_words() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import T5TokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((one, -1.0) for one in alphabet)]
    words = Tokenizer(models.Unigram(pieces, unk_id=2))
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return T5TokenizerFast(tokenizer_object=words, extra_ids=0)


def _control() -> Any:
    import torch
    from diffusers import SD3ControlNetModel

    # As Stability AI's for 3.5: no text, no positions of its own.
    control = SD3ControlNetModel(
        sample_size=32, num_layers=1, attention_head_dim=32, num_attention_heads=HIDDEN // 32,
        joint_attention_dim=None, caption_projection_dim=HIDDEN, pooled_projection_dim=64, pos_embed_max_size=256,
        pos_embed_type=None, use_pos_embed=False, force_zeros_for_pooled_projection=False,
    )  # fmt: skip
    for parameter in control.parameters():
        # Fresh controls begin at zero and would do nothing.
        if parameter.abs().sum() == 0:
            torch.nn.init.normal_(parameter, 0, 0.05)
    return control


def _adapter(folder: Path, transformer: Any) -> None:
    import torch
    from diffusers.models.attention_processor import SD3IPAdapterJointAttnProcessor2_0
    from diffusers.models.embeddings import IPAdapterTimeImageProjection
    from safetensors.torch import save_file

    projection = IPAdapterTimeImageProjection(
        embed_dim=SEEN, output_dim=HIDDEN, hidden_dim=64, depth=4, heads=1, num_queries=4, timestep_in_dim=32
    )
    tensors = {f"image_proj.{name}": value for name, value in projection.state_dict().items()}
    for number, _ in enumerate(transformer.attn_processors):
        layer = SD3IPAdapterJointAttnProcessor2_0(
            hidden_size=HIDDEN, ip_hidden_states_dim=HIDDEN, head_dim=32, timesteps_emb_dim=64
        )
        tensors |= {f"ip_adapter.{number}.{name}": value for name, value in layer.state_dict().items()}
    folder.mkdir(parents=True)
    save_file({name: torch.clone(value) for name, value in tensors.items()}, folder / "ip-adapter.safetensors")


def _encoder(folder: Path) -> None:
    from transformers import SiglipVisionConfig, SiglipVisionModel

    SiglipVisionModel(
        SiglipVisionConfig(
            hidden_size=SEEN, intermediate_size=37, num_hidden_layers=2, num_attention_heads=4, image_size=56,
            patch_size=14,
        )
    ).save_pretrained(folder)  # fmt: skip
