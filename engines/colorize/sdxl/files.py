"""Find SDXL's parts in a folder and check them against each other, by their headers alone.

folder/                 a checkpoint as diffusers writes it: model_index.json, unet/, vae/, text_encoder/ …
folder/controlnet/      ControlNet Union for SDXL
folder/ip_adapter/      one IP-Adapter (*.safetensors) and its image_encoder/
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Final

from engines.base import ModelInvalid, ModelMissing
from engines.device_memory import Needs
from models.headers import read_header
from models.identify import PICKLES
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from pathlib import Path

    from models.headers import TensorHeader

_PARTS: Final = {
    "unet": "the network", "vae": "the autoencoder", "text_encoder": "the first text encoder",
    "text_encoder_2": "the second text encoder", "controlnet": "ControlNet Union",
    "ip_adapter": "the IP-Adapter", "ip_adapter/image_encoder": "the IP-Adapter's image encoder",
}  # fmt: skip
_PULL: Final = "irodori models pull sdxl, or put the parts there"
_ATTENTION: Final = ".attn2.to_k.weight"
_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class SdxlFiles:
    """Where the parts lie. adapter: the IP-Adapter's file. parts_mib: what each part takes, the network first."""

    folder: Path
    adapter: Path
    weights: tuple[Path, ...]
    parts_mib: tuple[int, ...]

    def needs(self, label: str) -> Needs:
        """Return what the parts take when they are loaded; the network and its control work together."""
        unet, vae, first, second, control, *more = self.parts_mib
        return Needs(label=label, network_mib=unet + control, others_mib=(second, first, vae, *more))


def find_sdxl(folder: Path) -> SdxlFiles:
    """Return the parts of a folder.

    Raises:
        ModelMissing: a part is not there. ModelInvalid: a file is damaged, a pickle, of another family or width.
    """
    if not folder.is_dir():
        raise ModelMissing("SDXL is not on this machine", _PULL)
    if not (folder / "model_index.json").is_file():
        _refuse_single_files(folder)
        raise ModelMissing(f"{folder} holds no checkpoint in diffusers' layout (model_index.json)", _PULL)
    found = {part: _weights_in(folder / part, what) for part, what in _PARTS.items()}
    tensors = {part: _tensors(paths) for part, paths in found.items()}
    _require_sdxl(found, tensors)
    sizes = tuple(2 * sum(prod(one.shape) for one in part.values()) // _MIB for part in tensors.values())
    weights = tuple(path for paths in found.values() for path in paths)
    return SdxlFiles(folder, found["ip_adapter"][0], weights, sizes)


def _weights_in(place: Path, what: str) -> tuple[Path, ...]:
    files = sorted(path for path in place.iterdir() if path.is_file()) if place.is_dir() else []
    weights = tuple(path for path in files if path.suffix == ".safetensors" and ".fp16." not in path.name)
    if weights:
        return weights
    pickles = [path.name for path in files if path.suffix in PICKLES]
    if pickles:
        raise ModelInvalid(
            f"{pickles[0]} is a pickle, which can run code; it was not opened", "Get .safetensors of it."
        )
    raise ModelMissing(f"{what} is not in {place}", _PULL)


def _refuse_single_files(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.suffix in PICKLES:
            raise ModelInvalid(
                f"{path.name} is a pickle, which can run code; it was not opened", "Get .safetensors of it."
            )
        if path.suffix == ".safetensors":
            raise ModelInvalid(
                f"{path.name} is a single file; this engine reads diffusers' folder layout",
                "Convert it with diffusers, or use it in ComfyUI.",
            )


def _tensors(paths: tuple[Path, ...]) -> dict[str, TensorHeader]:
    tensors: dict[str, TensorHeader] = {}
    for path in paths:
        try:
            tensors.update(read_header(path).tensors)
        except WeightsInvalid as exc:
            raise ModelInvalid(str(exc), "Pull or copy the file again.") from exc
        except OSError as exc:
            raise ModelMissing(f"{path.name} cannot be read: {exc.strerror}", "Look at its permissions.") from exc
    return tensors


def _require_sdxl(found: dict[str, tuple[Path, ...]], tensors: dict[str, dict[str, TensorHeader]]) -> None:
    unet, control, adapter = (tensors[part] for part in ("unet", "controlnet", "ip_adapter"))
    if "add_embedding.linear_1.weight" not in unet:
        raise ModelInvalid(f"{_name(found, 'unet')} is no SDXL (Stable Diffusion 1 or 2?)", "Use an SDXL checkpoint.")
    if "task_embedding" not in control:
        raise ModelInvalid(f"{_name(found, 'controlnet')} is no ControlNet Union", "Use ControlNet Union for SDXL.")
    width = _width(unet, _ATTENTION)
    if _width(control, _ATTENTION) != width:
        raise ModelInvalid(f"{_name(found, 'controlnet')} is not for this checkpoint", "Use ControlNet Union for SDXL.")
    if _width(adapter, "to_k_ip.weight") != width:
        raise ModelInvalid(f"{_name(found, 'ip_adapter')} is no IP-Adapter for SDXL", "Use one made for SDXL.")


def _width(tensors: dict[str, TensorHeader], ending: str) -> int:
    return next((one.shape[-1] for name, one in tensors.items() if name.endswith(ending) and one.shape), 0)


def _name(found: dict[str, tuple[Path, ...]], part: str) -> str:
    return f"{part}/{found[part][0].name}"
