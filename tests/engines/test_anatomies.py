"""The configurations that released models have, told from the names and shapes of their single files."""

from __future__ import annotations

from typing import Any

import pytest

from engines.colorize.flux2 import anatomy as flux2
from engines.colorize.qwen import anatomy as qwen
from engines.colorize.sdxl import anatomy as sdxl
from models.headers import TensorHeader
from models.store import WeightsInvalid


def of(shapes: dict[str, tuple[int, ...]]) -> dict[str, TensorHeader]:
    return {name: TensorHeader(dtype="F16", shape=shape) for name, shape in shapes.items()}


def numbered(count: int, form: str, shape: tuple[int, ...] = (1,)) -> dict[str, tuple[int, ...]]:
    return {form.format(number): shape for number in range(count)}


SDXL = (
    {"label_emb.0.0.weight": (1280, 2816), "input_blocks.0.0.weight": (320, 4, 3, 3)}
    | {f"input_blocks.{one}.0.out_layers.3.weight": (320, 320, 3, 3) for one in (1, 2)}
    | {f"input_blocks.{one}.0.out_layers.3.weight": (640, 640, 3, 3) for one in (4, 5)}
    | {f"input_blocks.{one}.0.out_layers.3.weight": (1280, 1280, 3, 3) for one in (7, 8)}
    | {f"input_blocks.{one}.0.op.weight": (320, 320, 3, 3) for one in (3, 6)}
    | {f"input_blocks.{one}.1.proj_in.weight": (640, 640) for one in (4, 5)}
    | numbered(2, "input_blocks.4.1.transformer_blocks.{}.attn2.to_k.weight", (640, 2048))
    | numbered(2, "input_blocks.5.1.transformer_blocks.{}.attn2.to_k.weight", (640, 2048))
    | numbered(10, "input_blocks.7.1.transformer_blocks.{}.attn2.to_k.weight", (1280, 2048))
    | numbered(10, "input_blocks.8.1.transformer_blocks.{}.attn2.to_k.weight", (1280, 2048))
)


def test_sdxl_s_network() -> None:
    assert sdxl.unet_config(of(SDXL), 1280) == {
        "block_out_channels": [320, 640, 1280], "layers_per_block": 2, "transformer_layers_per_block": [1, 2, 10],
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        "attention_head_dim": [5, 10, 20], "use_linear_projection": True, "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 2816, "cross_attention_dim": 2048,
        "norm_num_groups": 32, "sample_size": 128,
    }  # fmt: skip


def test_a_smaller_network_and_one_whose_projection_is_a_convolution() -> None:
    shapes = {
        "label_emb.0.0.weight": (64, 48), "input_blocks.0.0.weight": (24, 4, 3, 3),
        "input_blocks.1.0.out_layers.3.weight": (24, 24, 3, 3), "input_blocks.1.1.proj_in.weight": (24, 24, 1, 1),
        "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": (24, 40),
        "input_blocks.2.0.out_layers.3.weight": (24, 24, 3, 3), "input_blocks.3.0.out_layers.3.weight": (24, 24, 3, 3),
    }  # fmt: skip
    found = sdxl.unet_config(of(shapes), 24)
    assert (found["layers_per_block"], found["use_linear_projection"], found["norm_num_groups"]) == (3, False, 24)
    assert (found["attention_head_dim"], found["addition_time_embed_dim"], found["cross_attention_dim"]) == ([3], 4, 40)
    assert (found["down_block_types"], found["transformer_layers_per_block"]) == (["CrossAttnDownBlock2D"], [1])


@pytest.mark.parametrize(
    ("changes", "pooled", "words"),
    [
        ({"label_emb.0.0.weight": None}, 1280, "no SDXL"),
        ({"input_blocks.0.0.weight": (320, 9, 3, 3)}, 1280, "9 channels"),
        ({}, 1279, "does not fit"),
        ({}, 2816, "does not fit"),
        ({"input_blocks.1.0.out_layers.3.weight": (320, 320)}, 1280, "4 dimensions"),
        (dict.fromkeys(name for name in SDXL if name.startswith("input_blocks.") and name[13] != "0"), 1280, "missing"),
    ],
)
def test_what_is_no_sdxl_is_refused(changes: dict[str, Any], pooled: int, words: str) -> None:
    shapes = {name: shape for name, shape in (SDXL | changes).items() if shape is not None}
    with pytest.raises(WeightsInvalid, match=words):
        sdxl.unet_config(of(shapes), pooled)


def test_sdxl_s_autoencoder_and_text_encoders() -> None:
    widths = (128, 256, 512, 512)
    vae = {"decoder.conv_in.weight": (512, 4, 3, 3)}
    vae |= {f"encoder.down.{level}.block.{one}.conv2.weight": (width, width, 3, 3)
           for level, width in enumerate(widths) for one in range(2)}  # fmt: skip
    assert sdxl.vae_config(of(vae)) == {
        "block_out_channels": list(widths), "down_block_types": ["DownEncoderBlock2D"] * 4,
        "up_block_types": ["UpDecoderBlock2D"] * 4, "layers_per_block": 2, "latent_channels": 4, "norm_num_groups": 32,
        "scaling_factor": 0.13025, "sample_size": 1024,
    }  # fmt: skip
    first = {
        "text_model.embeddings.token_embedding.weight": (49408, 768),
        "text_model.embeddings.position_embedding.weight": (77, 768),
        **numbered(12, "text_model.encoder.layers.{}.mlp.fc1.weight", (3072, 768)),
    }
    common = {"vocab_size": 49408, "max_position_embeddings": 77, "bos_token_id": 49406, "eos_token_id": 49407,
              "pad_token_id": 49407}  # fmt: skip
    assert sdxl.first_config(of(first)) == common | {
        "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
        "hidden_act": "quick_gelu", "projection_dim": 768,
    }  # fmt: skip
    second = {
        "token_embedding.weight": (49408, 1280), "positional_embedding": (77, 1280), "text_projection": (1280, 1024),
        **numbered(32, "transformer.resblocks.{}.mlp.c_fc.weight", (5120, 1280)),
    }  # fmt: skip
    assert sdxl.second_config(of(second)) == common | {
        "hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32, "num_attention_heads": 20,
        "hidden_act": "gelu", "projection_dim": 1024,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("hidden", "patch", "places", "heads", "side", "act"),
    [
        (1280, 14, 257, 16, 224, "gelu"), (1664, 14, 257, 16, 224, "gelu"), (1024, 14, 577, 16, 336, "quick_gelu"),
        (768, 32, 50, 12, 224, "quick_gelu"), (24, 8, 17, 3, 32, "gelu"), (4, 8, 17, 1, 32, "gelu"),
    ],
)  # fmt: skip
def test_towers_that_see(hidden: int, patch: int, places: int, heads: int, side: int, act: str) -> None:
    shapes = {
        "vision_model.embeddings.patch_embedding.weight": (hidden, 3, patch, patch),
        "vision_model.embeddings.position_embedding.weight": (places, hidden),
        "visual_projection.weight": (640, hidden),
        **numbered(5, "vision_model.encoder.layers.{}.mlp.fc1.weight", (4 * hidden, hidden)),
    }
    assert sdxl.vision_config(of(shapes)) == {
        "hidden_size": hidden, "intermediate_size": 4 * hidden, "num_hidden_layers": 5, "num_attention_heads": heads,
        "patch_size": patch, "image_size": side, "projection_dim": 640, "hidden_act": act,
    }  # fmt: skip


CONTROL = {
    "task_embedding": (6, 320), "conv_in.weight": (320, 4, 3, 3), "spatial_ch_projs.weight": (320, 320),
    "add_embedding.linear_1.weight": (1280, 2816), "control_add_embedding.linear_1.weight": (1280, 1536),
    "transformer_layes.0.ln_1.weight": (320,), "controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3),
    "down_blocks.1.attentions.0.proj_in.weight": (640, 640),
    **{f"controlnet_cond_embedding.blocks.{one}.weight": (out, 1, 3, 3)
       for one, out in enumerate((16, 32, 32, 96, 96, 256))},
    **{f"down_blocks.{level}.resnets.{one}.conv2.weight": (width, width, 3, 3)
       for level, width in enumerate((320, 640, 1280)) for one in range(2)},
    **numbered(2, "down_blocks.1.attentions.0.transformer_blocks.{}.attn2.to_k.weight", (640, 2048)),
    **numbered(10, "down_blocks.2.attentions.0.transformer_blocks.{}.attn2.to_k.weight", (1280, 2048)),
}  # fmt: skip


def test_a_control_of_many_kinds() -> None:
    assert sdxl.control_config(of(CONTROL)) == {
        "in_channels": 4, "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        "block_out_channels": [320, 640, 1280], "layers_per_block": 2, "transformer_layers_per_block": [1, 2, 10],
        "attention_head_dim": [5, 10, 20], "norm_num_groups": 32, "cross_attention_dim": 2048,
        "use_linear_projection": True, "addition_embed_type": "text_time", "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816, "conditioning_embedding_out_channels": [16, 32, 96, 256],
        "num_control_type": 6, "num_trans_channel": 320, "num_trans_head": 8, "num_trans_layer": 1,
        "num_proj_channel": 320,
    }  # fmt: skip
    small = sdxl.control_config(of(CONTROL | {"task_embedding": (6, 30)}))
    assert (small["num_trans_channel"], small["num_trans_head"]) == (30, 2)
    with pytest.raises(WeightsInvalid, match="no ControlNet Union"):
        sdxl.control_config(of({name: shape for name, shape in CONTROL.items() if name != "task_embedding"}))


KLEIN = {
    "img_in.weight": (3072, 128), "txt_in.weight": (3072, 7680), "time_in.in_layer.weight": (3072, 256),
    "single_stream_modulation.lin.weight": (9216, 3072), "double_blocks.0.img_mlp.0.weight": (18432, 3072),
    "double_blocks.0.img_attn.norm.query_norm.scale": (128,),
    **numbered(5, "double_blocks.{}.txt_mlp.0.weight"), **numbered(20, "single_blocks.{}.linear1.weight"),
}  # fmt: skip


@pytest.mark.parametrize("prefix", flux2.PREFIXES)
def test_klein_s_transformer(prefix: str) -> None:
    tensors = of({f"{prefix}{name}": shape for name, shape in KLEIN.items()})
    found = flux2.measure_transformer(tensors)
    assert (found.name, found.layout, found.prefix) == ("FLUX.2 4B", "single", prefix)
    assert flux2.prefix_of(tensors, "transformer") == prefix
    assert flux2.prefix_of(tensors, "vae") is None
    assert flux2.prefix_of(tensors, "text_encoder") is None
    assert found.config() == {
        "in_channels": 128, "num_layers": 5, "num_single_layers": 20, "attention_head_dim": 128,
        "num_attention_heads": 24, "joint_attention_dim": 7680, "timestep_guidance_channels": 256, "mlp_ratio": 3.0,
        "axes_dims_rope": [32] * 4, "rope_theta": 2000, "guidance_embeds": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"single_stream_modulation.lin.weight": None}, "no FLUX.2"),
        ({"img_in.weight": None}, "no FLUX.2"),
        ({"double_blocks.0.img_attn.norm.query_norm.scale": (100,)}, "heads of 100"),
        ({"double_blocks.0.img_attn.norm.query_norm.scale": (6,)}, "heads of 6"),
    ],
)
def test_what_is_no_klein_is_refused(changes: dict[str, Any], words: str) -> None:
    shapes = {name: shape for name, shape in (KLEIN | changes).items() if shape is not None}
    with pytest.raises(WeightsInvalid, match=words):
        flux2.measure_transformer(of(shapes))
    told = flux2.measure_transformer(
        of(KLEIN | {"guidance_in.in_layer.weight": (3072, 256), "img_in.weight": (4096, 64)})
    )
    assert (told.name, told.guidance, told.in_channels, told.mlp_ratio) == ("FLUX.2 9B", True, 64, 2.25)
    assert flux2.measure_transformer(of(KLEIN | {"img_in.weight": (1024, 64)})).name == "FLUX.2 of width 1024"


@pytest.mark.parametrize(("layout", "layers"), [("huggingface", 36), ("gguf", 28), ("gguf", 27)])
def test_klein_s_text_encoder(layout: str, layers: int) -> None:
    names = flux2.ENCODER_NAMES[layout]  # type: ignore[index]
    shapes = {
        names["words"]: (151936, 2560), names["norm"]: (128,), names["query"]: (4096, 2560), names["key"]: (1024, 2560),
        names["gate"]: (9728, 2560), **numbered(layers, names["layers"] + "{}.x"),
    }  # fmt: skip
    assert flux2.prefix_of(of(shapes), "text_encoder") == ""
    if layers < 28:
        with pytest.raises(WeightsInvalid, match="has 27 layers, at least 28"):
            flux2.measure_text_encoder(of(shapes))
        return
    found = flux2.measure_text_encoder(of(shapes))
    assert (found.layout, found.joint, found.layers) == (layout, 7680, layers)
    assert found.config() == {
        "vocab_size": 151936, "hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 28,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 40960,
        "rope_theta": 1_000_000, "tie_word_embeddings": True,
    }  # fmt: skip
    del shapes[names["norm"]]
    with pytest.raises(WeightsInvalid, match="no Qwen3"):
        flux2.measure_text_encoder(of(shapes))


def test_a_checkpoint_s_text_encoder_stands_behind_its_name() -> None:
    inside = of({"text_encoders.qwen3_4b.transformer.model.embed_tokens.weight": (1, 1), "text_encoders.b": (1,)})
    assert flux2.prefix_of(inside, "text_encoder") == "text_encoders.qwen3_4b.transformer."
    assert flux2.prefix_of(of({"a.model.embed_tokens.weight": (1, 1)}), "text_encoder") is None


@pytest.mark.parametrize("layout", ["single", "diffusers"])
def test_klein_s_autoencoder(layout: str) -> None:
    down, up, block = ("down", "up", "block") if layout == "single" else ("down_blocks", "up_blocks", "resnets")
    into, out = (128, 256, 512, 512), (96, 192, 384, 384)
    places = range(4) if layout == "single" else range(3, -1, -1)
    shapes = {"bn.running_mean": (128,), "encoder.conv_in.weight": (1,), "decoder.conv_in.weight": (1,)}
    shapes |= {f"encoder.{down}.{level}.{block}.{one}.conv2.weight": (width, width, 3, 3)
               for level, width in enumerate(into) for one in range(2)}  # fmt: skip
    shapes |= {
        f"decoder.{up}.{place}.{block}.0.conv2.weight": (width, width, 3, 3)
        for place, width in zip(places, out, strict=True)
    }
    found = flux2.measure_vae(of(shapes))
    assert found.layout == layout
    assert found.config() == {
        "block_out_channels": list(into), "decoder_block_out_channels": list(out), "layers_per_block": 2,
        "norm_num_groups": 32,
    }  # fmt: skip
    for prefix in ("", "vae.", "first_stage_model."):
        assert flux2.prefix_of(of({f"{prefix}{name}": (1,) for name in shapes}), "vae") == prefix
    assert flux2.prefix_of(of({"encoder.conv_in.weight": (1,)}), "vae") is None
    small = flux2.Vae(layout="single", encoder_channels=(24, 64), decoder_channels=(16, 64), layers_per_block=1)
    assert small.config()["norm_num_groups"] == 16
    with pytest.raises(WeightsInvalid, match=r"no FLUX\.2 autoencoder"):
        flux2.measure_vae(of({name: shape for name, shape in shapes.items() if name != "bn.running_mean"}))


QWEN = {
    "img_in.weight": (3072, 64), "txt_norm.weight": (3584,), "txt_in.weight": (3072, 3584),
    "proj_out.weight": (64, 3072), "transformer_blocks.0.attn.norm_q.weight": (128,),
    **numbered(60, "transformer_blocks.{}.img_mod.1.weight"),
}  # fmt: skip


@pytest.mark.parametrize("anew", [False, True])
def test_qwen_image_s_transformer(*, anew: bool) -> None:
    shapes = QWEN | ({"__index_timestep_zero__": (1,)} if anew else {})
    assert qwen.measure_transformer(of(shapes)).config() == {
        "patch_size": 2, "in_channels": 64, "out_channels": 16, "num_layers": 60, "attention_head_dim": 128,
        "num_attention_heads": 24, "joint_attention_dim": 3584, "axes_dims_rope": [16, 56, 56], "zero_cond_t": anew,
    }  # fmt: skip
    for prefix in ("", "model.diffusion_model.", "diffusion_model.", "transformer."):
        assert qwen.prefix_of(of({f"{prefix}{name}": shape for name, shape in shapes.items()})) == prefix
    assert qwen.prefix_of(of({"img_in.weight": (1, 1)})) is None


@pytest.mark.parametrize("head", [100, 12])
def test_what_is_no_qwen_image_is_refused(head: int) -> None:
    with pytest.raises(WeightsInvalid, match=f"heads of {head}"):
        qwen.measure_transformer(of(QWEN | {"transformer_blocks.0.attn.norm_q.weight": (head,)}))
    for mark in ("img_in.weight", "txt_norm.weight", "transformer_blocks.0.img_mod.1.weight"):
        with pytest.raises(WeightsInvalid, match="no transformer of Qwen-Image"):
            qwen.measure_transformer(of({name: shape for name, shape in QWEN.items() if name != mark}))
