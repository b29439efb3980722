"""What a weights file is, told by its tensors' names and shapes: never by its name, and without loading a tensor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from models.headers import read_header
from models.image_prompt import projector_prefix
from models.lora_family import FLUX2_SIZES, QWEN_ENGINES, SD3_ENGINES, lora_family
from models.lora_layers import lora_layers
from models.packed import unpacked
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from models.headers import TensorHeader

    Tensors = Mapping[str, TensorHeader]

Role = Literal[
    "transformer", "text_encoder", "vae", "checkpoint", "controlnet", "ip_adapter", "image_encoder", "lora", "unknown"
]
PICKLES: Final = frozenset({".pt", ".pth", ".ckpt", ".bin", ".pkl"})
DATA: Final = frozenset({".safetensors", ".sft", ".gguf"})
_PREFIX: Final = re.compile(r"^(model\.diffusion_model\.|diffusion_model\.|transformer\.|base_model\.model\.)")
_KLEIN: Final = {size.hidden: size for size in FLUX2_SIZES}
# What ComfyUI's checkpoints hold beside the network.
_WHOLE: Final = ("text_encoders.", "vae.", "first_stage_model.")
_SD3: Final = "joint_blocks.0.x_block.attn.qkv.weight"
_SD35_WIDTH: Final = 2432
_VISION: Final = {1280: "ViT-H", 1664: "ViT-bigG", 1024: "ViT-L"}
_QWEN: Final = {2560: "Qwen3-4B, for klein 4B", 4096: "Qwen3-8B, for klein 9B"}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file is. family: as `LoraFamily` has them, or empty. label: in words. engines: who can use it."""

    role: Role
    family: str
    label: str
    engines: tuple[str, ...] = ()


UNKNOWN: Final = Identity("unknown", "", "not known to Irodori")


def identify(path: Path) -> Identity:
    """Return what a file is; `UNKNOWN` where its header is sound but of no family that is known.

    Raises:
        WeightsInvalid: it could run code, is damaged, or is no weights file at all.
        OSError: it cannot be read.
    """
    if path.suffix.lower() in PICKLES:
        raise WeightsInvalid(f"{path.name} can run code when it is opened; ask for a .safetensors or .gguf of it")
    header = read_header(path)
    tensors = unpacked(header.tensors, header.metadata)
    if (lora := _lora(tensors, header.metadata)) is not None:
        return lora
    for look in (_flux2, _text_encoder, _vae, _adapter, _image_encoder, _stable_diffusion):
        found = look(tensors)
        if found is not None:
            return found
    return UNKNOWN


def _flux2(tensors: Tensors) -> Identity | None:
    names = {_PREFIX.sub("", name): header for name, header in tensors.items()}
    image = names.get("img_in.weight") or names.get("x_embedder.weight")
    if image is None or len(image.shape) != 2:
        return None
    if {"txt_norm.weight", "transformer_blocks.0.img_mod.1.weight"} <= names.keys():
        return Identity("transformer", "qwen-image", "Qwen-Image or Qwen-Image-Edit, transformer", QWEN_ENGINES)
    if not {"double_stream_modulation_img.lin.weight", "double_stream_modulation_img.linear.weight"} & names.keys():
        return Identity("transformer", "flux1", "a transformer of FLUX.1 or its kin")
    size = _KLEIN.get(image.shape[0])
    label, engines = (size.label, size.engines) if size else ("FLUX.2 of another size", ())
    if any(name.startswith(_WHOLE) for name in tensors):
        return Identity("checkpoint", "flux2", f"{label}, a checkpoint with other parts in it", engines)
    return Identity("transformer", "flux2", f"{label}, transformer", engines)


def _text_encoder(tensors: Tensors) -> Identity | None:
    words = tensors.get("model.embed_tokens.weight") or tensors.get("token_embd.weight")
    normed = {"model.layers.0.self_attn.q_norm.weight", "blk.0.attn_q_norm.weight"} & tensors.keys()
    if words is None or not normed or len(words.shape) != 2:
        return None
    label = _QWEN.get(words.shape[1], "Qwen3 of another size")
    engines = next((size.engines for size in FLUX2_SIZES if size.joint == 3 * words.shape[1]), ())
    return Identity("text_encoder", "flux2", f"{label}, text encoder", engines)


def _vae(tensors: Tensors) -> Identity | None:
    if not {"encoder.conv_in.weight", "decoder.conv_in.weight"} <= tensors.keys():
        return None
    if "bn.running_mean" in tensors:
        engines = tuple(engine for size in FLUX2_SIZES for engine in size.engines)
        return Identity("vae", "flux2", "FLUX.2's autoencoder", engines)
    return Identity("vae", "", "an autoencoder of Stable Diffusion or FLUX.1")


def _adapter(tensors: Tensors) -> Identity | None:
    if (prefix := projector_prefix(tensors)) is not None:
        shape = tensors[f"{prefix}norm.weight"].shape
        size = _KLEIN.get(shape[0]) if shape else None
        label = f"an image prompt's projector, for {size.label}" if size else "an image prompt's projector"
        return Identity("ip_adapter", "flux2", label, size.engines if size else ())
    if any(name.startswith("ip_adapter.") for name in tensors):
        width = next((one.shape[-1] for name, one in tensors.items() if name.endswith("to_k_ip.weight")), 0)
        if width == _SD35_WIDTH:
            return Identity("ip_adapter", "sd3", "an IP-Adapter of Stable Diffusion 3.5", SD3_ENGINES)
        family = "sdxl" if width == 2048 else "sd15"
        return Identity(
            "ip_adapter", family, f"an IP-Adapter of {family.upper()}", ("sdxl",) if family == "sdxl" else ()
        )
    if any(name.startswith(("control_add_embedding.", "task_embedding")) for name in tensors):
        return Identity("controlnet", "sdxl", "ControlNet Union of SDXL", ("sdxl",))
    if any(name.startswith(("controlnet_cond_embedding.", "input_hint_block.", "control_model.")) for name in tensors):
        return Identity("controlnet", "", "a ControlNet of Stable Diffusion")
    return None


def _image_encoder(tensors: Tensors) -> Identity | None:
    patches = tensors.get("vision_model.embeddings.patch_embedding.weight")
    if patches is None or "visual_projection.weight" not in tensors or not patches.shape:
        return None
    label = _VISION.get(patches.shape[0], "another size")
    return Identity("image_encoder", "sdxl", f"CLIP's image encoder, {label}, for IP-Adapters", ("sdxl",))


def _stable_diffusion(tensors: Tensors) -> Identity | None:
    if any(_PREFIX.sub("", name) == _SD3 for name in tensors):
        return Identity("transformer", "sd3", "Stable Diffusion 3 or 3.5, transformer", SD3_ENGINES)
    if not any(name.startswith("model.diffusion_model.input_blocks.") for name in tensors):
        return None
    if "conditioner.embedders.1.model.text_projection" in tensors or any(
        name.startswith("conditioner.embedders.1.") for name in tensors
    ):
        return Identity("checkpoint", "sdxl", "an SDXL checkpoint", ("sdxl",))
    return Identity("checkpoint", "sd15", "a Stable Diffusion 1 or 2 checkpoint")


def _lora(tensors: Tensors, metadata: Mapping[str, str]) -> Identity | None:
    file = lora_layers({name: one.shape for name, one in tensors.items()})
    # Weights with a stray adapter of some trainer in them are no LoRA.
    if not file.layers or len(file.strays) > len(tensors) // 2:
        return None
    found = lora_family(file, metadata)
    return Identity("lora", found.family, found.label, found.engines)
