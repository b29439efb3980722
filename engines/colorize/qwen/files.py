"""Find the parts of Qwen-Image-Edit and check them by their headers alone.

All lies in a repository as diffusers writes it: the model's own folder, one that the reader dropped, or what was pulled
as `qwen-image-edit-parts`. A single file takes the place of its transformer: safetensors of ComfyUI or GGUF, beside it,
in ComfyUI's subfolders, pulled as `qwen-image-edit-q4`, or dropped; so do files of text encoder and autoencoder
(`single_parts`), beside which the folder needs configurations alone. Lightning, a LoRA for few steps, lies in
`lightning/` beside it, or was pulled.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.diffusion.described import described, require_folders
from engines.colorize.diffusion.part_files import PartFiles, measured_part, refuse_pickles, shards_of
from engines.colorize.diffusion.places import Places
from engines.colorize.qwen.anatomy import Transformer, measure_transformer, prefix_of
from engines.colorize.qwen.info import CARD, CONFIGS_CARD, INFO, LIGHTNING_CARD, PACKED_CARD, PARTS_CARD
from engines.colorize.qwen.single_parts import find_part
from engines.device_memory import Needs
from engines.weights_files import read_weights_header

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PIPELINES: Final = frozenset({"QwenImageEditPlusPipeline"})
_FOLDERS: Final = ("text_encoder", "vae", "tokenizer", "processor", "scheduler")
_COMFY: Final = ("diffusion_models", "unet")
_DATA: Final = (".safetensors", ".sft", ".gguf")
_PULL: Final = f"irodori models pull {CARD}"
_READ: Final = "Get it as bf16, fp8 or GGUF (Q8_0, K-quants, IQ4)."
_READ_ENCODER: Final = "Get it as bf16 or fp8."
_STEPS: Final = re.compile(r"(\d+)[-_ ]?steps?", re.IGNORECASE)
_LIGHTNING_STEPS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class QwenFiles:
    """All parts. folder: the repository that has all but, perhaps, the transformer. lightning: None for none."""

    folder: Path
    transformer: PartFiles
    transformer_is: Transformer
    text_encoder: PartFiles
    vae: PartFiles
    lightning: Path | None

    @property
    def weights(self) -> tuple[Path, ...]:
        """Every weights file, Lightning's apart."""
        return (*self.transformer.paths, *self.vae.paths, *self.text_encoder.paths)

    @property
    def lightning_steps(self) -> int:
        """How many steps the Lightning was distilled to, as its name says."""
        said = _STEPS.search(self.lightning.stem) if self.lightning is not None else None
        return int(said[1]) if said else _LIGHTNING_STEPS

    def needs(self, label: str) -> Needs:
        """Return what the parts take when they are loaded."""
        return Needs(
            label=label,
            network_mib=self.transformer.memory_mib,
            others_mib=(self.text_encoder.memory_mib, self.vae.memory_mib),
            packed=self.transformer.format == "gguf",
            kept_mib=self.transformer.kept_mib,
            encoder_kept_mib=self.text_encoder.kept_mib,
        )


def find_qwen(where: Path | Places) -> QwenFiles:
    """Return the parts, of one folder or of all places where they may lie.

    Raises:
        ModelMissing: a part is not there; the hint says how it comes. ModelInvalid: a file is damaged, a pickle, of
        another model or of numbers that nobody here reads.
    """
    places = where if isinstance(where, Places) else Places(where)
    folder = _repository(places)
    transformer = described(_transformer(places, folder), _READ, stays=True)
    transformer_is = _measured(transformer, folder)
    return QwenFiles(
        folder=folder,
        transformer=transformer,
        transformer_is=transformer_is,
        text_encoder=described(find_part(places, folder, "text_encoder", transformer_is), _READ_ENCODER),
        vae=described(find_part(places, folder, "vae", transformer_is), _READ_ENCODER),
        lightning=_lightning(places),
    )


def _repository(places: Places) -> Path:
    candidates = [places.own, *(folder for folder, _ in places.repositories(_PIPELINES))]
    if places.shared is not None:
        candidates += [places.shared / name for name in (CARD, PARTS_CARD, CONFIGS_CARD)]
    for folder in candidates:
        if (folder / "text_encoder" / "config.json").is_file():
            require_folders(folder, _FOLDERS, INFO.label, f"{_PULL} again.")
            return folder
    raise ModelMissing(
        f"{INFO.label} is not on this machine",
        f"{_PULL}; or, for less room, {PARTS_CARD} and {PACKED_CARD} in its place.",
        told=("model_not_here", INFO.label, _PULL),
    )


def _transformer(places: Places, folder: Path) -> PartFiles:
    shared = [places.shared / PACKED_CARD] if places.shared is not None else []
    for place in dict.fromkeys((places.own, folder)):
        if (single := _single_in(place)) is not None:
            return single
        if (place / "transformer" / "config.json").is_file() and any((place / "transformer").glob("*.safetensors*")):
            return PartFiles(tuple(shards_of(place / "transformer")), place / "transformer")
    for place in shared:
        if (single := _single_in(place)) is not None:
            return single
    for path in places.files():
        if (single := _part_in(path, of_others=True)) is not None:
            return single
    refuse_pickles([places.own, folder / "transformer", *(places.own / name for name in _COMFY)])
    raise ModelMissing(
        f"the transformer of {INFO.label} is not in {places.target}", f"irodori models pull {PACKED_CARD}"
    )


def _single_in(folder: Path) -> PartFiles | None:
    """Return the transformer that lies in a folder as a single file, None where none does."""
    found = []
    for place in (folder, *(folder / name for name in _COMFY)):
        files = sorted(path for path in place.iterdir() if path.suffix in _DATA) if place.is_dir() else []
        found += [part for path in files if (part := _part_in(path)) is not None]
    if len(found) > 1:
        names = " and ".join(part.paths[0].name for part in found)
        raise ModelInvalid(f"{folder.name} has more than one transformer: {names}", "Keep one of them.")
    return found[0] if found else None


def _part_in(path: Path, *, of_others: bool = False) -> PartFiles | None:
    """Return the transformer in a file, None for anything else. of_others: damaged files are nobody's."""
    try:
        prefix = prefix_of(read_weights_header(path).tensors)
    except (ModelInvalid, ModelMissing):
        if of_others:
            return None
        raise
    return None if prefix is None else PartFiles((path,), prefix=prefix)


def _measured(part: PartFiles, folder: Path) -> Transformer:
    measures = measured_part(part, measure_transformer)
    try:
        facts = json.loads((folder / "transformer" / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return measures
    # Most single files of 2511 lack the mark; the repository's own configuration has it.
    return replace(measures, zero_conditions=measures.zero_conditions or facts.get("zero_cond_t") is True)


def _lightning(places: Places) -> Path | None:
    folders = [places.own / "lightning"]
    if places.shared is not None:
        folders.append(places.shared / LIGHTNING_CARD)
    found = [path for folder in folders for path in _loras_in(folder)]
    return found[0] if found else None


def _loras_in(folder: Path) -> Iterable[Path]:
    return sorted(folder.rglob("*.safetensors")) if folder.is_dir() else ()
