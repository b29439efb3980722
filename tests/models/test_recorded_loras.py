"""What the names and shapes of LoRAs say, in every layout, as it was when a person last looked at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models.lora_family import lora_family
from models.lora_layers import lora_layers

if TYPE_CHECKING:
    from tests.recorded import Recorded

A, B = (16, 3072), (9216, 16)
SHAPES: dict[str, dict[str, tuple[int, ...]]] = {
    "peft": {
        "base_model.model.transformer.single_transformer_blocks.0.attn.to_out.lora_A.weight": (16, 12288),
        "base_model.model.transformer.single_transformer_blocks.0.attn.to_out.lora_B.weight": (3072, 16),
        "base_model.model.transformer.transformer_blocks.4.attn.to_q.lora_A.default.weight": A,
        "base_model.model.transformer.transformer_blocks.4.attn.to_q.lora_B.default.weight": B,
    },
    "native": {
        "diffusion_model.double_blocks.0.img_attn.qkv.lora_A.weight": A,
        "diffusion_model.double_blocks.0.img_attn.qkv.lora_B.weight": B,
        "diffusion_model.double_blocks.0.img_attn.qkv.alpha": (),
        "diffusion_model.single_blocks.19.linear1.lora_down.weight": A,
        "diffusion_model.single_blocks.19.linear1.lora_up.weight": (27648, 16),
    },
    "kohya": {
        "lora_unet_double_blocks_3_txt_mlp_0.lora_down.weight": A,
        "lora_unet_double_blocks_3_txt_mlp_0.lora_up.weight": (18432, 16),
        "lora_unet_double_blocks_3_txt_mlp_0.alpha": (1,),
        "lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": (8, 768),
        "lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_up.weight": (3072, 8),
    },
    "sdxl": {
        "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k.lora_down.weight": (32, 2048),
        "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k.lora_up.weight": (640, 32),
        "lora_unet_input_blocks_1_0_in_layers_2.lora_down.weight": (32, 320, 3, 3),
        "lora_unet_input_blocks_1_0_in_layers_2.lora_up.weight": (320, 32, 1, 1),
        "lora_unet_input_blocks_1_0_in_layers_2.lora_mid.weight": (32, 32, 3, 3),
    },
    "sd15": {
        "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight": (4, 768),
        "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k.lora_up.weight": (640, 4),
    },
    "loha": {
        "lycoris_single_blocks_0_linear2.hada_w1_a": (3072, 8), "lycoris_single_blocks_0_linear2.hada_w1_b": (8, 12288),
        "lycoris_single_blocks_0_linear2.hada_w2_a": (3072, 8), "lycoris_single_blocks_0_linear2.hada_w2_b": (8, 12288),
    },
    "loha with cores": {
        "x.hada_w1_a": (8, 64), "x.hada_w1_b": (8, 32), "x.hada_w2_a": (8, 64), "x.hada_w2_b": (8, 32),
        "x.hada_t1": (8, 8, 3, 3), "x.hada_t2": (8, 8, 3, 3),
    },
    "lokr": {
        "diffusion_model.single_blocks.0.linear1.lokr_w1": (4, 4),
        "diffusion_model.single_blocks.0.linear1.lokr_w2_a": (6912, 8),
        "diffusion_model.single_blocks.0.linear1.lokr_w2_b": (8, 768),
    },
    "lokr whole": {"x.lokr_w1": (4, 2), "x.lokr_w2": (16, 32)},
    "lokr split": {"x.lokr_w1_a": (4, 2), "x.lokr_w1_b": (2, 6), "x.lokr_w2_a": (8, 2), "x.lokr_w2_b": (2, 10)},
    "dora": {"x.lora_A.weight": (4, 64), "x.lora_B.weight": (32, 4), "x.lora_magnitude_vector": (32,)},
    "dora scale": {"x.lora_down.weight": (4, 64), "x.lora_up.weight": (32, 4), "x.dora_scale": (32, 1)},
    "diff": {"diffusion_model.img_in.diff": (3072, 64), "diffusion_model.img_in.diff_b": (3072,)},
    "with bias": {"x.lora_A.weight": (4, 64), "x.lora_B.weight": (32, 4), "x.lora_B.bias": (32,)},
    "half": {"x.lora_A.weight": (4, 64)},
    "other half": {"x.lora_B.weight": (64, 4)},
    "ranks differ": {"x.lora_A.weight": (4, 64), "x.lora_B.weight": (64, 8)},
    "odd": {"x.lora_A.weight": (4,), "x.lora_B.weight": (64, 4), "x.oft_blocks": (4, 4), "y.weight": (3, 3)},
    "qwen": {
        "transformer.transformer_blocks.0.attn.add_q_proj.lora_A.weight": A,
        "transformer.transformer_blocks.0.attn.add_q_proj.lora_B.weight": (3072, 16),
        "transformer.transformer_blocks.0.img_mlp.net.0.proj.lora_A.weight": A,
        "transformer.transformer_blocks.0.img_mlp.net.0.proj.lora_B.weight": (12288, 16),
        "transformer.transformer_blocks.59.img_mod.1.lora_A.weight": A,
        "transformer.transformer_blocks.59.img_mod.1.lora_B.weight": (18432, 16),
    },
    "sd3": {
        "transformer.transformer_blocks.0.attn.to_q.lora_A.weight": (16, 2432),
        "transformer.transformer_blocks.0.attn.to_q.lora_B.weight": (2432, 16),
        "transformer.transformer_blocks.37.ff.net.2.lora_A.weight": (16, 9728),
        "transformer.transformer_blocks.37.ff.net.2.lora_B.weight": (2432, 16),
    },
    "nothing": {"model.embed.weight": (3, 4)},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_layers_and_family(name: str, recorded: Recorded) -> None:
    file = lora_layers(SHAPES[name])
    recorded.values(name, [file, file.fault(), lora_family(file, {}), [one.place for one in file.text]])
