"""Find the parts of Stable Diffusion 3.5 and check them by their headers alone.

folder/                 the model as diffusers writes it; a transformer in one file beside `transformer/config.json`
                        goes before the folder's own (safetensors, GGUF), one that was dropped stands in for it
folder/text_encoder_3/  T5, also in 4 bits; or what was pulled as `sd35-t5-nf4`, which goes before it; without either
                        the model reads by its two other encoders
folder/controlnet/      a ControlNet of SD 3 or 3.5; or what was pulled as `sd35-controlnet-canny`
folder/ip_adapter/      an IP-Adapter (*.safetensors), or `sd35-ip-adapter`
folder/image_encoder/   the SigLIP that it reads by, or `sd35-image-encoder`
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.diffusion.described import described, require_folders
from engines.colorize.diffusion.part_files import PartFiles, refuse_pickles, shards_of
from engines.colorize.diffusion.places import Places
from engines.colorize.sd35.info import ADAPTER_CARD, CARD, CONTROL_CARD, ENCODER_CARD, INFO, T5_CARD
from engines.device_memory import Needs
from engines.weights_files import read_weights_header

if TYPE_CHECKING:
    from pathlib import Path

_PIPELINES: Final = frozenset({"StableDiffusion3Pipeline"})
_DATA: Final = (".safetensors", ".sft", ".gguf")
_SMALL: Final = ("tokenizer", "tokenizer_2", "scheduler")
_PREFIXES: Final = ("", "model.diffusion_model.")
_MARKS: Final = ("joint_blocks.0.x_block.attn.qkv.weight", "transformer_blocks.0.attn.add_q_proj.weight")
_READ: Final = "Get it as bf16, fp8, NF4 or GGUF (Q8_0, K-quants, IQ4)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sd35Files:
    """All parts. folder: the model's. t5: None where there is none; the model then reads by two encoders."""

    folder: Path
    transformer: PartFiles
    vae: PartFiles
    clips: tuple[PartFiles, PartFiles]
    t5: PartFiles | None
    control: PartFiles
    adapter: Path
    encoder: PartFiles

    @property
    def parts(self) -> tuple[PartFiles, ...]:
        """Every part that has weights, the IP-Adapter apart."""
        read = (self.t5,) if self.t5 is not None else ()
        return (self.transformer, self.vae, *self.clips, *read, self.control, self.encoder)

    @property
    def weights(self) -> tuple[Path, ...]:
        """Every weights file."""
        return (*(path for part in self.parts for path in part.paths), self.adapter)

    def needs(self, label: str) -> Needs:
        """Return what the parts take when they are loaded; the network and its control work together."""
        t5 = self.t5.memory_mib if self.t5 is not None else 0
        small = (*self.clips, self.encoder, self.vae)
        return Needs(
            label=label,
            network_mib=self.transformer.memory_mib + self.control.memory_mib,
            others_mib=(t5, *(part.memory_mib for part in small)),
            packed=self.transformer.format == "gguf",
            kept_mib=self.transformer.kept_mib + self.control.memory_mib,
        )


def find_sd35(where: Path | Places) -> Sd35Files:
    """Return the parts, of one folder or of all places where they may lie.

    Raises:
        ModelMissing: a part is not there; the hint says how it comes. ModelInvalid: a file is damaged, a pickle, or of
        numbers that nobody here reads.
    """
    places = where if isinstance(where, Places) else Places(where)
    folder = _model(places)
    return Sd35Files(
        folder=folder,
        transformer=described(_transformer(places, folder), _READ, stays=True),
        vae=_in(folder / "vae"),
        clips=(_in(folder / "text_encoder"), _in(folder / "text_encoder_2")),
        t5=_t5(places, folder),
        control=_in(_beside(places, folder, "controlnet", CONTROL_CARD)),
        adapter=_adapter(_beside(places, folder, "ip_adapter", ADAPTER_CARD)),
        encoder=_in(_beside(places, folder, "image_encoder", ENCODER_CARD)),
    )


def _model(places: Places) -> Path:
    for folder in (places.own, *(folder for folder, _ in places.repositories(_PIPELINES))):
        if (folder / "text_encoder" / "config.json").is_file():
            require_folders(folder, _SMALL, INFO.label, _pull(CARD))
            return folder
    raise ModelMissing(
        f"{INFO.label} is not on this machine",
        _pull(CARD),
        told=("model_not_here", INFO.label, f"irodori models pull {CARD}"),
    )


def _transformer(places: Places, folder: Path) -> PartFiles:
    """Return the transformer: the one file beside the folders, else the folder's own, else a dropped file."""
    singles = [part for path in sorted(folder.iterdir()) if path.is_file() and (part := _part_in(path)) is not None]
    if len(singles) > 1:
        names = " and ".join(part.paths[0].name for part in singles)
        raise ModelInvalid(f"{folder.name} has more than one transformer: {names}", "Keep one of them.")
    described = (folder / "transformer" / "config.json").is_file()
    if singles and described:
        return singles[0]
    if described and not any((folder / "transformer").glob("*.safetensors")):
        for path in places.files():
            if (dropped := _part_in(path, of_others=True)) is not None:
                return dropped
    refuse_pickles([folder])
    return PartFiles(tuple(shards_of(folder / "transformer")), folder / "transformer")


def _part_in(path: Path, *, of_others: bool = False) -> PartFiles | None:
    """Return the transformer in a file, None for anything else. of_others: damaged files are nobody's."""
    if path.suffix not in _DATA:
        return None
    try:
        tensors = read_weights_header(path).tensors
    except (ModelInvalid, ModelMissing):
        if of_others:
            return None
        raise
    found = [one for one in _PREFIXES if any(f"{one}{mark}" in tensors for mark in _MARKS)]
    return PartFiles((path,), prefix=found[0]) if found else None


def _t5(places: Places, folder: Path) -> PartFiles | None:
    packed = places.shared / T5_CARD if places.shared is not None else None
    for place in (packed, folder / "text_encoder_3"):
        if place is not None and any(place.glob("*.safetensors")):
            require_folders(folder, ["tokenizer_3"], INFO.label, _pull(CARD))
            return _in(place)
    return None


def _beside(places: Places, folder: Path, name: str, card: str) -> Path:
    """Return the folder of a part: beside the model, else where its own card was pulled to."""
    if (folder / name).is_dir():
        return folder / name
    if places.shared is not None and (places.shared / card).is_dir():
        return places.shared / card
    raise ModelMissing(f"the folder {name}/ of {INFO.label} is not in {folder}", _pull(card))


def _adapter(folder: Path) -> Path:
    found = [
        path
        for path in sorted(folder.glob("*.safetensors"))
        if any(name.startswith("ip_adapter.") for name in read_weights_header(path).tensors)
    ]
    if not found:
        refuse_pickles([folder])
        raise ModelMissing(f"the IP-Adapter of {INFO.label} is not in {folder}", _pull(ADAPTER_CARD))
    if len(found) > 1:
        raise ModelInvalid(f"{folder.name} has more than one IP-Adapter", "Keep one of them.")
    return found[0]


def _in(folder: Path) -> PartFiles:
    return described(PartFiles(tuple(shards_of(folder)), folder), _READ)


def _pull(card: str) -> str:
    return f"irodori models pull {card}, or put it there"
