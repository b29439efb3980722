"""Which model a LoRA was made for, on the layer names and widths of public trainers' files."""

from __future__ import annotations

import pytest

from models.lora_family import lora_family
from models.lora_layers import lora_layers

RANK = 16
Shapes = dict[str, tuple[int, ...]]


def peft(places: dict[str, tuple[int, int]], prefix: str = "", ends: tuple[str, str] = ("lora_A", "lora_B")) -> Shapes:
    """Return a LoRA on layers, each `(into, out)`, with dots."""
    out: Shapes = {}
    for place, (into, wide) in places.items():
        out |= {f"{prefix}{place}.{ends[0]}.weight": (RANK, into), f"{prefix}{place}.{ends[1]}.weight": (wide, RANK)}
    return out


def kohya(places: dict[str, tuple[int, int]], prefix: str = "lora_unet_") -> Shapes:
    """Return a LoRA on layers with underscores, and their alphas."""
    out: Shapes = {}
    for place, (into, wide) in places.items():
        flat = f"{prefix}{place.replace('.', '_')}"
        out |= {f"{flat}.lora_down.weight": (RANK, into), f"{flat}.lora_up.weight": (wide, RANK), f"{flat}.alpha": ()}
    return out


def klein(hidden: int, double: int, single: int) -> dict[str, tuple[int, int]]:
    """Return the layers of a FLUX.2 transformer under Black Forest Labs' names."""
    places = {}
    for block in range(double):
        for stream in ("img", "txt"):
            at = f"double_blocks.{block}.{stream}"
            places |= {
                f"{at}_attn.qkv": (hidden, 3 * hidden), f"{at}_attn.proj": (hidden, hidden),
                f"{at}_mlp.0": (hidden, 6 * hidden), f"{at}_mlp.2": (3 * hidden, hidden),
            }  # fmt: skip
    for block in range(single):
        at = f"single_blocks.{block}"
        places |= {f"{at}.linear1": (hidden, 9 * hidden), f"{at}.linear2": (4 * hidden, hidden)}
    return places


def klein_diffusers(hidden: int, double: int, single: int) -> dict[str, tuple[int, int]]:
    """Return attention and feed-forward of a FLUX.2 transformer under diffusers' names."""
    places = {}
    for block in range(double):
        at = f"transformer_blocks.{block}"
        for name in ("to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj", "to_out.0", "to_add_out"):
            places[f"{at}.attn.{name}"] = hidden, hidden
        places[f"{at}.ff.linear_in"] = hidden, 6 * hidden
    for block in range(single):
        at = f"single_transformer_blocks.{block}.attn"
        places |= {f"{at}.to_qkv_mlp_proj": (hidden, 9 * hidden), f"{at}.to_out": (4 * hidden, hidden)}
    return places


def flux1_diffusers() -> dict[str, tuple[int, int]]:
    """Return what ai-toolkit trains of FLUX.1: attention, feed-forward and norms of 19 and 38 blocks, 494 layers."""
    places = {}
    for block in range(19):
        at = f"transformer_blocks.{block}"
        for name in ("to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj", "to_out.0", "to_add_out"):
            places[f"{at}.attn.{name}"] = 3072, 3072
        for name in ("ff", "ff_context"):
            places |= {f"{at}.{name}.net.0.proj": (3072, 12288), f"{at}.{name}.net.2": (12288, 3072)}
        places |= {f"{at}.norm1.linear": (3072, 18432), f"{at}.norm1_context.linear": (3072, 18432)}
    for block in range(38):
        at = f"single_transformer_blocks.{block}"
        places |= {f"{at}.attn.{name}": (3072, 3072) for name in ("to_q", "to_k", "to_v")}
        places |= {f"{at}.proj_mlp": (3072, 12288), f"{at}.proj_out": (15360, 3072), f"{at}.norm.linear": (3072, 9216)}
    return places


FOUR, NINE, DEV = klein(3072, 5, 20), klein(4096, 8, 24), klein(6144, 8, 48)
ATTENTION = {
    f"double_blocks.{block}.{stream}_attn.{name}": (3072, wide)
    for block in range(19)
    for stream in ("img", "txt")
    for name, wide in (("qkv", 9216), ("proj", 3072))
}
SDXL = {
    "down_blocks.1.attentions.0.transformer_blocks.1.attn1.to_q": (640, 640),
    "down_blocks.1.attentions.0.transformer_blocks.1.attn2.to_k": (2048, 640),
}
SDXL_SELF = {"down_blocks.2.attentions.0.transformer_blocks.9.attn1.to_q": (1280, 1280)}
SD15 = {"down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k": (768, 320)}
FOUR_B, NINE_B = "FLUX.2 klein 4B", "FLUX.2 klein 9B"


@pytest.mark.parametrize(
    ("shapes", "family", "words"),
    [
        (peft(FOUR, "diffusion_model."), "flux2", FOUR_B),
        (peft(NINE, "diffusion_model."), "flux2", NINE_B),
        (kohya(FOUR), "flux2", FOUR_B),
        (kohya(NINE), "flux2", NINE_B),
        (peft(klein_diffusers(3072, 5, 20), "transformer."), "flux2", FOUR_B),
        (peft(klein_diffusers(3072, 5, 20)), "flux2", FOUR_B),
        (peft(klein_diffusers(4096, 8, 24), "base_model.model.", ("lora_A.x", "lora_B.x")), "flux2", NINE_B),
        (peft(FOUR, "base_model.model."), "flux2", FOUR_B),
        (peft({"single_blocks.19.linear2": (12288, 3072)}, "diffusion_model."), "flux2", FOUR_B),
        (peft(DEV, "diffusion_model."), "flux2", "FLUX.2 dev"),
        (peft(flux1_diffusers(), "transformer."), "flux1", "FLUX.1"),
        (peft(flux1_diffusers()), "flux1", "FLUX.1"),
        (kohya(ATTENTION), "flux1", "FLUX.1"),
        (peft(ATTENTION, "diffusion_model."), "flux1", "FLUX.1"),
        (kohya({"double_blocks.0.img_mlp.0": (3072, 12288)}), "flux1", "FLUX.1"),
        (kohya({"single_blocks.0.linear1": (3072, 21504)}), "flux1", "FLUX.1"),
        (kohya({"single_blocks.0.linear2": (15360, 3072)}), "flux1", "FLUX.1"),
        (peft({"transformer_blocks.0.attn.to_q": (3072, 3072), "transformer_blocks.59.img_mlp.net.2": (12288, 3072)}),
         "qwen-image", "Qwen-Image"),
        (peft({"transformer_blocks.40.attn.to_q": (3072, 3072)}), "qwen-image", "Qwen-Image"),
        (kohya({"transformer_blocks.40.attn.add_q_proj": (3072, 3072)}), "qwen-image", "Qwen-Image"),
        (peft({"transformer_blocks.18.attn.to_q": (3072, 3072)}), "flux1", "another FLUX"),
        (peft({"transformer_blocks.37.attn.to_q": (2432, 2432)}, "transformer."), "sd3", "3.5 Large"),
        (peft({"transformer_blocks.0.attn2.to_out.0": (1536, 1536), "transformer_blocks.0.ff.net.2": (6144, 1536)}),
         "sd3", "Medium"),
        (peft({"transformer_blocks.0.attn.to_q": (2432, 2432), "transformer_blocks.1.attn.to_q": (1536, 1536)}),
         "flux1", "another FLUX"),
        (peft({"transformer_blocks.0.img_mlp.net.2": (12288, 3072), "transformer_blocks.0.x": (8, 8)}),
         "", "Qwen-Image"),
        (peft({"blocks.0.self_attn.q": (5120, 5120)}, "diffusion_model."), "", "Wan"),
        (peft({"layers.0.attention.to_q": (3840, 3840)}, "diffusion_model."), "", "Z-Image"),
        (kohya(SDXL), "sdxl", "SDXL"),
        (kohya(SDXL_SELF), "sdxl", "SDXL"),
        (kohya(SDXL_SELF) | kohya({"text_model.encoder.layers.0.mlp.fc1": (1280, 5120)}, "lora_te2_"), "sdxl", "SDXL"),
        (peft(SDXL, "unet.", ("lora.down", "lora.up")), "sdxl", "SDXL"),
        (kohya(SD15), "sd15", "Stable Diffusion 1"),
    ],
)  # fmt: skip
def test_a_lora_is_told_by_every_layer_that_it_changes(shapes: Shapes, family: str, words: str) -> None:
    found = lora_family(lora_layers(shapes), {})
    assert found.family == family
    assert words in found.label
    assert bool(found.engines) is (family in ("sdxl", "qwen-image", "sd3") or words in (FOUR_B, NINE_B))


def test_what_the_trainer_says_goes_before_layers_that_both_have() -> None:
    file = lora_layers(kohya({name: sides for name, sides in ATTENTION.items() if name.startswith("double_blocks.0.")}))
    assert lora_family(file, {}).family == "flux2"
    assert lora_family(file, {"modelspec.architecture": "flux-1-dev/lora"}).family == "flux1"


HALF = {f"{name}": shape for name, shape in peft(FOUR, "diffusion_model.").items() if "linear1.lora_B" not in name}


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (kohya({"text_model.encoder.layers.0.mlp.fc1": (768, 3072)}, "lora_te1_"), "text encoder"),
        (peft({"layers.0.q_proj": (2560, 4096)}, "text_encoder."), "text encoder"),
        ({"diffusion_model.img_in.diff": (3072, 128)}, "whole differences"),
        ({"diffusion_model.img_in.diff_b": (3072,)}, "whole differences"),
        ({"diffusion_model.single_blocks.0.linear2.dora_scale": (3072, 1)}, "DoRA"),
        ({"diffusion_model.img_in.lora_B.bias": (3072,)}, "not known"),
        ({"diffusion_model.img_in.weight": (3072, 128)}, "part of no LoRA layer"),
        ({"diffusion_model.img_in.lora_A.weight": (RANK, 128)}, "lacks its B"),
        (
            {"diffusion_model.img_in.lora_A.weight": (RANK, 128), "diffusion_model.img_in.lora_B.weight": (3072, 8)},
            "a rank of",
        ),
    ],
)
def test_a_lora_that_would_act_in_part_has_no_engine_and_says_why(extra: Shapes, words: str) -> None:
    found = lora_family(lora_layers(peft(FOUR, "diffusion_model.") | extra), {})
    assert found.engines == ()
    assert words in found.label


def test_loha_and_lokr_have_the_widths_of_what_they_change() -> None:
    loha = {f"x.hada_{name}": shape for name, shape in
            {"w1_a": (9216, 8), "w1_b": (8, 3072), "w2_a": (9216, 8), "w2_b": (8, 3072)}.items()}  # fmt: skip
    lokr = {"y.lokr_w1": (8, 8), "y.lokr_w2_a": (1152, 4), "y.lokr_w2_b": (4, 384), "y.alpha": ()}
    first, second = lora_layers({f"diffusion_model.{name}": shape for name, shape in (loha | lokr).items()}).layers
    assert (first.kind, first.into, first.out, first.rank) == ("loha", 3072, 9216, 8)
    assert (second.kind, second.into, second.out) == ("lokr", 3072, 9216)


def test_weights_are_no_lora() -> None:
    assert lora_layers({"img_in.weight": (3072, 128), "x.alpha": ()}).layers == ()
