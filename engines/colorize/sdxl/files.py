"""Find SDXL's parts and check them against each other, by their headers alone.

folder/                 a checkpoint as diffusers writes it: model_index.json, unet/, vae/, text_encoder/ …, or one file
folder/tokenizer/       for a checkpoint of one file: CLIP's words, or `sdxl-tokenizer`
folder/controlnet/      ControlNet Union for SDXL; or what was pulled as `sdxl-controlnet-union`
folder/pose/            a ViTPose, or `sdxl-pose`; without it poses do not bind
folder/ip_adapter/      one or two IP-Adapters (*.safetensors) and image_encoder/; or `sdxl-ip-adapter`

What is in none of these is looked for among what the reader dropped: repositories, and single files by their tensors.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Final

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.diffusion.places import Places
from engines.colorize.sdxl.adapters import find_adapters, is_vision
from engines.colorize.sdxl.checkpoint import SingleFile, find_tokenizer, single_in
from engines.device_memory import Needs
from engines.weights_files import read_weights_header
from models.identify import PICKLES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from models.headers import TensorHeader

    Tensors = Mapping[str, TensorHeader]

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

    folder: the checkpoint's, or the single file's. single: a checkpoint of one file, with tokenizer its words' folder.
    control, encoder: a folder, or a single file. adapters: the IP-Adapters' files, one or two, all of which `encoder`
    fits. parts_mib: what each part takes, the network first, then autoencoder, text encoders, control.
    """

    folder: Path
    control: Path
    adapters: tuple[Path, ...]
    encoder: Path
    weights: tuple[Path, ...]
    parts_mib: tuple[int, ...]
    pose: Path | None = None
    single: Path | None = None
    tokenizer: Path | None = None

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
    dropped = _dropped(places)
    checkpoint = _checkpoint(places)
    if isinstance(checkpoint, SingleFile):
        found: dict[str, tuple[Path, ...]] = dict.fromkeys(_PARTS, (checkpoint.path,))
        tensors: dict[str, Tensors] = dict(checkpoint.parts)
    else:
        found = {part: _weights_in(checkpoint / part, what, _PULL) for part, what in _PARTS.items()}
        tensors = {part: _tensors(paths) for part, paths in found.items()}
    control, found["controlnet"] = _control(places, dropped)
    tensors["controlnet"] = _tensors(found["controlnet"])
    _require_sdxl(found, tensors)
    adapters, encoder, measured = find_adapters(
        _first(places, "ip_adapter", ADAPTER_CARD), _width(tensors["unet"], _ATTENTION), [*dropped]
    )
    vision = (encoder,) if encoder.is_file() else tuple(sorted(encoder.glob("*.safetensors")))
    found |= {"ip_adapter": adapters, "image_encoder": vision}
    pose = _first(places, "pose", POSE_CARD)
    found["pose"] = tuple(sorted(pose.glob("*.safetensors"))) if (pose / "config.json").is_file() else ()
    sizes = [2 * sum(prod(one.shape) for one in part.values()) // _MIB for part in tensors.values()]
    single = checkpoint.path if isinstance(checkpoint, SingleFile) else None
    return SdxlFiles(
        folder=checkpoint.path.parent if isinstance(checkpoint, SingleFile) else checkpoint,
        control=control,
        adapters=adapters,
        encoder=encoder,
        weights=tuple(dict.fromkeys(path for paths in found.values() for path in paths)),
        parts_mib=(*sizes, *measured),
        pose=pose if found["pose"] else None,
        single=single,
        tokenizer=find_tokenizer(places, _PIPELINES) if single is not None else None,
    )


def _checkpoint(places: Places) -> Path | SingleFile:
    if (places.own / "model_index.json").is_file():
        return places.own
    if (inside := single_in(_single_files(places.own), strict=True)) is not None:
        return inside
    for folder, _ in places.repositories(_PIPELINES):
        return folder
    if (inside := single_in(places.files(), strict=False)) is not None:
        return inside
    if not places.own.is_dir():
        raise ModelMissing(
            "SDXL is not on this machine", _PULL, told=("model_not_here", "SDXL", "irodori models pull sdxl")
        )
    raise ModelMissing(
        f"{places.own} holds no checkpoint, neither in diffusers' layout (model_index.json) nor in one file", _PULL
    )


def _single_files(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    weights = [path for path in files if path.suffix == ".safetensors"]
    if not weights:
        _refuse_pickle(files)
    return weights


def _dropped(places: Places) -> dict[Path, Tensors]:
    """Return the dropped controls, adapters and image encoders; damaged files are no one's."""
    found = {}
    for path in places.files():
        try:
            tensors = read_weights_header(path).tensors
        except (ModelInvalid, ModelMissing):
            continue
        if "task_embedding" in tensors or is_vision(tensors) or any(one.startswith("ip_adapter.") for one in tensors):
            found[path] = tensors
    return found


def _control(places: Places, dropped: Mapping[Path, Tensors]) -> tuple[Path, tuple[Path, ...]]:
    """Return the control, its folder or file, and its weights."""
    folder = _first(places, "controlnet", CONTROL_CARD)
    loose = [path for path, tensors in dropped.items() if "task_embedding" in tensors]
    if loose and not folder.is_dir():
        return loose[0], (loose[0],)
    weights = _weights_in(folder, "ControlNet Union", f"irodori models pull {CONTROL_CARD}, or put it into controlnet/")
    return (folder if (folder / "config.json").is_file() else weights[0]), weights


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
    _refuse_pickle(files)
    raise ModelMissing(f"{what} is not in {place}", mend)


def _refuse_pickle(files: list[Path]) -> None:
    pickle = next((path.name for path in files if path.suffix in PICKLES), None)
    if pickle is not None:
        raise ModelInvalid(f"{pickle} is a pickle, which can run code; it was not opened", "Get .safetensors of it.")


def _tensors(paths: tuple[Path, ...]) -> dict[str, TensorHeader]:
    return {name: one for path in paths for name, one in read_weights_header(path).tensors.items()}


def _require_sdxl(found: Mapping[str, tuple[Path, ...]], tensors: Mapping[str, Tensors]) -> None:
    unet, control = (tensors[part] for part in ("unet", "controlnet"))
    if not {"add_embedding.linear_1.weight", "label_emb.0.0.weight"} & unet.keys():
        raise ModelInvalid(f"{_name(found, 'unet')} is no SDXL (Stable Diffusion 1 or 2?)", "Use an SDXL checkpoint.")
    if "task_embedding" not in control:
        raise ModelInvalid(f"{_name(found, 'controlnet')} is no ControlNet Union", "Use ControlNet Union for SDXL.")
    width = _width(unet, _ATTENTION)
    if _width(control, _ATTENTION) != width:
        raise ModelInvalid(f"{_name(found, 'controlnet')} is not for this checkpoint", "Use ControlNet Union for SDXL.")


def _width(tensors: Tensors, ending: str) -> int:
    return next((one.shape[-1] for name, one in tensors.items() if name.endswith(ending) and one.shape), 0)


def _name(found: Mapping[str, tuple[Path, ...]], part: str) -> str:
    return f"{part}/{found[part][0].name}"
