"""Find SDXL's parts in a folder and check them against each other, by their headers alone.

folder/                 a checkpoint as diffusers writes it: model_index.json, unet/, vae/, text_encoder/ …
folder/controlnet/      ControlNet Union for SDXL; or what was pulled as `sdxl-controlnet-union`
folder/pose/            a ViTPose, or `sdxl-pose`; without it poses do not bind
folder/ip_adapter/      one or two IP-Adapters (*.safetensors) and image_encoder/; or `sdxl-ip-adapter`
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Final

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.places import Places
from engines.colorize.sdxl.adapters import find_adapters
from engines.device_memory import Needs
from models.headers import read_header
from models.identify import PICKLES
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from pathlib import Path

    from models.headers import TensorHeader

_PARTS: Final = {
    "unet": "the network", "vae": "the autoencoder", "text_encoder": "the first text encoder",
    "text_encoder_2": "the second text encoder",
}  # fmt: skip
CONTROL_CARD: Final = "sdxl-controlnet-union"
POSE_CARD: Final = "sdxl-pose"
ADAPTER_CARD: Final = "sdxl-ip-adapter"
_PULL: Final = "irodori models pull sdxl, or put the parts there"
_PIPELINES: Final = frozenset({"StableDiffusionXLPipeline"})
_ATTENTION: Final = ".attn2.to_k.weight"
_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class SdxlFiles:
    """Where the parts lie.

    adapters: the IP-Adapters' files, one or two, all of which `encoder` fits. parts_mib: what each part takes, the
    network first, then autoencoder, text encoders, control.
    """

    folder: Path
    control: Path
    adapters: tuple[Path, ...]
    encoder: Path
    weights: tuple[Path, ...]
    parts_mib: tuple[int, ...]
    pose: Path | None = None

    def needs(self, label: str) -> Needs:
        """Return what the parts take when they are loaded; the network and its control work together."""
        unet, vae, first, second, control, *more = self.parts_mib
        return Needs(label=label, network_mib=unet + control, others_mib=(second, first, vae, *more))


def find_sdxl(where: Path | Places) -> SdxlFiles:
    """Return the parts, of one folder or of all places where they may lie.

    Raises:
        ModelMissing: a part is not there; the hint says how it comes. ModelInvalid: a file is damaged, a pickle, of
        another family or width.
    """
    places = where if isinstance(where, Places) else Places(where)
    folder = _checkpoint(places)
    found = {part: _weights_in(folder / part, what, _PULL) for part, what in _PARTS.items()}
    control = _first(places, "controlnet", CONTROL_CARD)
    found["controlnet"] = _weights_in(
        control, "ControlNet Union", f"irodori models pull {CONTROL_CARD}, or put it into controlnet/"
    )
    tensors = {part: _tensors(paths) for part, paths in found.items()}
    _require_sdxl(found, tensors)
    adapters, encoder, measured = find_adapters(
        _first(places, "ip_adapter", ADAPTER_CARD), _width(tensors["unet"], _ATTENTION)
    )
    found |= {"ip_adapter": adapters, "image_encoder": tuple(sorted(encoder.glob("*.safetensors")))}
    pose = _first(places, "pose", POSE_CARD)
    found["pose"] = tuple(sorted(pose.glob("*.safetensors"))) if (pose / "config.json").is_file() else ()
    sizes = [2 * sum(prod(one.shape) for one in part.values()) // _MIB for part in tensors.values()]
    weights = tuple(path for paths in found.values() for path in paths)
    return SdxlFiles(folder, control, adapters, encoder, weights, (*sizes, *measured), pose if found["pose"] else None)


def _checkpoint(places: Places) -> Path:
    if (places.own / "model_index.json").is_file():
        return places.own
    for folder, _ in places.repositories(_PIPELINES):
        return folder
    if not places.own.is_dir():
        raise ModelMissing("SDXL is not on this machine", _PULL)
    _refuse_single_files(places.own)
    raise ModelMissing(f"{places.own} holds no checkpoint in diffusers' layout (model_index.json)", _PULL)


def _first(places: Places, name: str, card: str) -> Path:
    """Return the folder of a part: beside the checkpoint, else where its own card was pulled to."""
    beside = places.own / name
    if beside.is_dir() or places.shared is None:
        return beside
    return places.shared / card


def _weights_in(place: Path, what: str, mend: str) -> tuple[Path, ...]:
    files = sorted(path for path in place.iterdir() if path.is_file()) if place.is_dir() else []
    weights = tuple(path for path in files if path.suffix == ".safetensors" and ".fp16." not in path.name)
    if weights:
        return weights
    pickles = [path.name for path in files if path.suffix in PICKLES]
    if pickles:
        raise ModelInvalid(
            f"{pickles[0]} is a pickle, which can run code; it was not opened", "Get .safetensors of it."
        )
    raise ModelMissing(f"{what} is not in {place}", mend)


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
    unet, control = (tensors[part] for part in ("unet", "controlnet"))
    if "add_embedding.linear_1.weight" not in unet:
        raise ModelInvalid(f"{_name(found, 'unet')} is no SDXL (Stable Diffusion 1 or 2?)", "Use an SDXL checkpoint.")
    if "task_embedding" not in control:
        raise ModelInvalid(f"{_name(found, 'controlnet')} is no ControlNet Union", "Use ControlNet Union for SDXL.")
    width = _width(unet, _ATTENTION)
    if _width(control, _ATTENTION) != width:
        raise ModelInvalid(f"{_name(found, 'controlnet')} is not for this checkpoint", "Use ControlNet Union for SDXL.")


def _width(tensors: dict[str, TensorHeader], ending: str) -> int:
    return next((one.shape[-1] for name, one in tensors.items() if name.endswith(ending) and one.shape), 0)


def _name(found: dict[str, tuple[Path, ...]], part: str) -> str:
    return f"{part}/{found[part][0].name}"
