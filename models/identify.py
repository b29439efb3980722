"""What a weights file is, told by its tensors' names and shapes: never by its name, and without loading a tensor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from models.headers import read_header
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from models.headers import TensorHeader

    Tensors = Mapping[str, TensorHeader]

Role = Literal["transformer", "text_encoder", "vae", "checkpoint", "controlnet", "ip_adapter", "lora", "unknown"]
PICKLES: Final = frozenset({".pt", ".pth", ".ckpt", ".bin", ".pkl"})
DATA: Final = frozenset({".safetensors", ".sft", ".gguf"})
_PREFIX: Final = re.compile(
    r"^(model\.diffusion_model\.|diffusion_model\.|transformer\.|base_model\.model\.|lora_unet_)"
)
_LORA: Final = re.compile(r"lora[_.]?(a|b|up|down)\b|\.lora\.|hada_w|lokr_", re.IGNORECASE)
_KLEIN: Final = {3072: "FLUX.2 klein 4B", 4096: "FLUX.2 klein 9B", 6144: "FLUX.2 dev"}
_QWEN: Final = {2560: "Qwen3-4B, for klein 4B", 4096: "Qwen3-8B, for klein 9B"}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file is. family: `flux2`, `sdxl`, `sd15`, `flux1` or empty. label: in words. engines: who can use it."""

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
    tensors = read_header(path).tensors
    for look in (_lora, _flux2, _text_encoder, _vae, _adapter, _stable_diffusion):
        found = look(tensors)
        if found is not None:
            return found
    return UNKNOWN


def _flux2(tensors: Tensors) -> Identity | None:
    names = {_PREFIX.sub("", name): header for name, header in tensors.items()}
    image = names.get("img_in.weight") or names.get("x_embedder.weight")
    if image is None or len(image.shape) != 2:
        return None
    if not {"double_stream_modulation_img.lin.weight", "double_stream_modulation_img.linear.weight"} & names.keys():
        return Identity("transformer", "flux1", "a transformer of FLUX.1 or its kin")
    engines = {3072: ("flux2-klein", "flux2-klein-base"), 4096: ("flux2-klein-9b", "flux2-klein-base-9b")}
    label = _KLEIN.get(image.shape[0], "FLUX.2 of another size")
    return Identity("transformer", "flux2", f"{label}, transformer", engines.get(image.shape[0], ()))


def _text_encoder(tensors: Tensors) -> Identity | None:
    words = tensors.get("model.embed_tokens.weight") or tensors.get("token_embd.weight")
    normed = {"model.layers.0.self_attn.q_norm.weight", "blk.0.attn_q_norm.weight"} & tensors.keys()
    if words is None or not normed or len(words.shape) != 2:
        return None
    label = _QWEN.get(words.shape[1], "Qwen3 of another size")
    engines = {2560: ("flux2-klein", "flux2-klein-base"), 4096: ("flux2-klein-9b", "flux2-klein-base-9b")}
    return Identity("text_encoder", "flux2", f"{label}, text encoder", engines.get(words.shape[1], ()))


def _vae(tensors: Tensors) -> Identity | None:
    if not {"encoder.conv_in.weight", "decoder.conv_in.weight"} <= tensors.keys():
        return None
    if "bn.running_mean" in tensors:
        return Identity("vae", "flux2", "FLUX.2's autoencoder", ("flux2-klein", "flux2-klein-9b"))
    return Identity("vae", "", "an autoencoder of Stable Diffusion or FLUX.1")


def _adapter(tensors: Tensors) -> Identity | None:
    if any(name.startswith("ip_adapter.") for name in tensors):
        width = next((one.shape[-1] for name, one in tensors.items() if name.endswith("to_k_ip.weight")), 0)
        family = "sdxl" if width == 2048 else "sd15"
        return Identity(
            "ip_adapter", family, f"an IP-Adapter of {family.upper()}", ("sdxl",) if family == "sdxl" else ()
        )
    if any(name.startswith(("control_add_embedding.", "task_embedding")) for name in tensors):
        return Identity("controlnet", "sdxl", "ControlNet Union of SDXL", ("sdxl",))
    if any(name.startswith(("controlnet_cond_embedding.", "input_hint_block.", "control_model.")) for name in tensors):
        return Identity("controlnet", "", "a ControlNet of Stable Diffusion")
    return None


def _stable_diffusion(tensors: Tensors) -> Identity | None:
    if not any(name.startswith("model.diffusion_model.input_blocks.") for name in tensors):
        return None
    if "conditioner.embedders.1.model.text_projection" in tensors or any(
        name.startswith("conditioner.embedders.1.") for name in tensors
    ):
        return Identity("checkpoint", "sdxl", "an SDXL checkpoint", ("sdxl",))
    return Identity("checkpoint", "sd15", "a Stable Diffusion 1 or 2 checkpoint")


def _lora(tensors: Tensors) -> Identity | None:
    pairs = [name for name in tensors if _LORA.search(name)]
    if not pairs:
        return None
    flat = [_PREFIX.sub("", name).replace("_", ".") for name in pairs]
    if any(
        name.startswith(("double.blocks", "single.blocks", "transformer.blocks", "single.transformer.blocks"))
        for name in flat
    ):
        return _flux_lora(tensors, pairs)
    if any("down.blocks" in name or "input.blocks" in name or name.startswith("unet") for name in flat):
        wide = any(2048 in tensors[name].shape for name in pairs)
        family = "sdxl" if wide else "sd15"
        return Identity("lora", family, f"a LoRA for {family.upper()}", ("sdxl",) if wide else ())
    return Identity("lora", "", "a LoRA for a model that is not known")


def _flux_lora(tensors: Tensors, pairs: list[str]) -> Identity:
    widths = [side for name in pairs for side in tensors[name].shape]
    for hidden, engines in (
        (3072, ("flux2-klein", "flux2-klein-base")),
        (4096, ("flux2-klein-9b", "flux2-klein-base-9b")),
    ):
        # FLUX.1 is 3072 wide, too, but has a modulation in every block and other names for its feed-forward.
        if hidden in widths and not any(".img_mod." in name or "_img_mod_" in name for name in pairs):
            return Identity("lora", "flux2", f"a LoRA for {_KLEIN[hidden]}", engines)
    return Identity("lora", "flux1", "a LoRA for FLUX.1 or another FLUX")
