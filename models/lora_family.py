"""Which model a LoRA was made for: proved by every layer's name, number and widths, never by one that happens to fit.

FLUX.1 is as wide as FLUX.2 klein 4B and shares some of its names; it has other blocks, other numbers of them and other
widths inside them. So a LoRA is klein's only where all of its layers are klein's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from models.flux2_layers import IN_CHANNELS, JOINT, TIME, flux2_layer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.lora_layers import LoraFile, LoraLayer


class Flux2Size(NamedTuple):
    """A size of FLUX.2: width, width of its text, numbers of double and single blocks, engines that run it."""

    label: str
    hidden: int
    joint: int
    double: int
    single: int
    engines: tuple[str, ...]


FLUX2_SIZES: Final = (
    Flux2Size("FLUX.2 klein 4B", 3072, 7680, 5, 20, ("flux2-klein", "flux2-klein-base")),
    Flux2Size("FLUX.2 klein 9B", 4096, 12288, 8, 24, ("flux2-klein-9b", "flux2-klein-base-9b", "flux2-klein-9b-kv")),
    Flux2Size("FLUX.2 dev", 6144, 15360, 8, 48, ()),
)


class LoraFamily(NamedTuple):
    """family: `flux2`, `flux1`, `qwen-image`, `sd3`, `sdxl`, `sd15` or empty. label: in words. engines: its takers."""

    family: str
    label: str
    engines: tuple[str, ...] = ()


# A name that only one family has, told on names with underscores.
_MARKS: Final = tuple(
    (re.compile(pattern), family, label)
    for pattern, family, label in (
        (r"^(double_blocks_\d+_(img|txt)_mod_|single_blocks_\d+_modulation_|vector_in|guidance_in)", "flux1", "FLUX.1"),
        (r"^transformer_blocks_\d+_(norm1|norm1_context)_linear", "flux1", "FLUX.1"),
        (r"^transformer_blocks_\d+_(ff|ff_context)_net_", "flux1", "FLUX.1"),
        (r"^single_transformer_blocks_\d+_(proj_mlp|proj_out|norm_linear|attn_to_[qkv]$)", "flux1", "FLUX.1"),
        (r"^(time_text_embed|distilled_guidance_layer)", "flux1", "FLUX.1"),
        (r"^transformer_blocks_\d+_(img|txt)_(mlp_net|mod_1)", "", "Qwen-Image"),
        (r"^joint_blocks_\d+_|^transformer_blocks_\d+_attn2_(to|add)_", "", "Stable Diffusion 3"),
        (r"^transformer_blocks_\d+_attn[12]_", "", "LTX-Video or its kin"),
        (r"^blocks_\d+_(self|cross)_attn_", "", "Wan or its kin"),
        (r"^layers_\d+_(attention|feed_forward)_", "", "Z-Image or Lumina"),
    )
)
QWEN_ENGINES: Final = ("qwen-image-edit",)
_QWEN: Final = re.compile(
    r"^transformer_blocks_(?P<block>\d+)_(attn_(to_[qkv]|to_out_0|add_[qkv]_proj|to_add_out)|"
    r"(?P<own>(img|txt)_(mlp_net_(0_proj|2)|mod_1)))$"
    r"|^(img_in|txt_in|proj_out|norm_out_linear|time_text_embed_timestep_embedder_linear_[12])$"
)
SD3_ENGINES: Final = ("sd35",)
_SD3: Final = re.compile(
    r"^transformer_blocks_\d+_((?P<attention>attn2?_(to_[qkv]|to_out_0|add_[qkv]_proj|to_add_out))|"
    r"norm1(_context)?_linear|ff(_context)?_net_(0_proj|2))$|^(context_embedder|proj_out|norm_out_linear)$"
)
_SD3_WIDTHS: Final = {2432: "Stable Diffusion 3.5 Large", 1536: "Stable Diffusion 3 or 3.5 Medium"}
# FLUX.1 and HunyuanVideo name their attention alike and are as wide, but have up to 20 such blocks; Qwen-Image has 60.
_BLOCKS_OF_OTHERS, _QWEN_WIDTH = 20, 3072
_UNET: Final = re.compile(r"(^|_)(down_blocks|up_blocks|mid_block|input_blocks|output_blocks|middle_block)_")
_CROSS: Final = re.compile(r"attn2_to_[kv](_lora)?$")
_DEEP: Final = re.compile(r"transformer_blocks_[1-9]")
_METADATA: Final = ("modelspec.architecture", "ss_base_model_version", "ss_network_module", "ss_sd_model_name")


def lora_family(file: LoraFile, metadata: Mapping[str, str]) -> LoraFamily:
    """Return what a LoRA was made for; where it would be applied in part, no engine, and why in the label."""
    found = _family(file, metadata)
    fault = file.fault()
    if not fault and file.text and found.family != "sdxl":
        fault = f"it also changes a text encoder ({len(file.text)} layers)"
    return LoraFamily(found.family, f"{found.label}; {fault}, so it would act in part", ()) if fault else found


def flux2_fault(layers: Sequence[LoraLayer], size: Flux2Size) -> str:
    """Return the first layer that a size of FLUX.2 lacks or has otherwise, in words; empty where all are its own."""
    widths = {JOINT: size.joint, IN_CHANNELS: 128, TIME: 256}
    for one in layers:
        known = flux2_layer(one.place)
        if known is None:
            return f"{one.place} is no layer of it"
        blocks = {"double": size.double, "single": size.single}.get(known.block, 1)
        if known.number >= blocks:
            return f"{one.place} is beyond its {blocks} {known.block} blocks"
        into, out = (widths.get(side, side * size.hidden) for side in (known.into, known.out))
        if one.kind != "other" and (one.into, one.out) != (into, out):
            return f"{one.place} leads from {one.into} to {one.out}, not from {into} to {out}"
    return ""


def _family(file: LoraFile, metadata: Mapping[str, str]) -> LoraFamily:
    layers = file.network
    flat = [one.place.replace(".", "_") for one in layers]
    if not layers:
        return LoraFamily("", "a LoRA for text encoders alone")
    if any(_UNET.search(name) for name in flat):
        return _unet(layers, flat, file)
    said = " ".join(str(metadata.get(key, "")) for key in _METADATA).lower()
    if not re.search(r"flux[-_. ]?1|flux[-_]dev|flux[-_]schnell", said):
        for size in FLUX2_SIZES:
            if not flux2_fault(layers, size):
                return LoraFamily("flux2", f"a LoRA for {size.label}", size.engines)
    if _is_qwen(layers, flat):
        return LoraFamily("qwen-image", "a LoRA for Qwen-Image", QWEN_ENGINES)
    if label := _sd3(layers, flat):
        return LoraFamily("sd3", f"a LoRA for {label}", SD3_ENGINES)
    return _otherwise(layers, flat)


def _sd3(layers: Sequence[LoraLayer], flat: Sequence[str]) -> str:
    """Return which Stable Diffusion 3 has all these layers, by diffusers' names and its width; empty for none."""
    found = [_SD3.match(name) for name in flat]
    if any(one is None for one in found):
        return ""
    widths = {layer.into for one, layer in zip(found, layers, strict=True) if one is not None and one["attention"]}
    return _SD3_WIDTHS.get(widths.pop(), "") if len(widths) == 1 else ""


def _is_qwen(layers: Sequence[LoraLayer], flat: Sequence[str]) -> bool:
    """Say whether all layers are Qwen-Image's, and one of them nobody else's."""
    found = [_QWEN.match(name) for name in flat]
    if any(one is None for one in found):
        return False
    blocks = [(one, layer) for one, layer in zip(found, layers, strict=True) if one is not None and one["block"]]
    wide = all(layer.into == _QWEN_WIDTH for one, layer in blocks if not one["own"] and layer.kind == "lora")
    return wide and any(one["own"] or int(one["block"]) >= _BLOCKS_OF_OTHERS for one, _ in blocks)


def _otherwise(layers: Sequence[LoraLayer], flat: Sequence[str]) -> LoraFamily:
    for pattern, family, label in _MARKS:
        if any(pattern.search(name) for name in flat):
            return LoraFamily(family, f"a LoRA for {label}")
    if any(flux2_layer(one.place) for one in layers):
        return LoraFamily("flux1", "a LoRA for FLUX.1 or another FLUX")
    return LoraFamily("", "a LoRA for a model that is not known")


def _unet(layers: Sequence[LoraLayer], flat: Sequence[str], file: LoraFile) -> LoraFamily:
    cross = {one.into for one, name in zip(layers, flat, strict=True) if _CROSS.search(name)}
    two_encoders = any("te2_" in name or "encoder_2" in name for one in file.text for name in one.slots.values())
    deep = any(_DEEP.search(name) for name in flat)
    if 2048 in cross or (not cross & {768, 1024} and (two_encoders or deep)):
        return LoraFamily("sdxl", "a LoRA for SDXL", ("sdxl",))
    return LoraFamily("sd15", "a LoRA for Stable Diffusion 1 or 2")
