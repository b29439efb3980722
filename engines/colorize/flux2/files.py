"""Find the parts of FLUX.2 klein in a folder and check them against each other, by their headers alone.

A part lies in a subfolder as diffusers writes it (`transformer/`, `vae/`, `text_encoder/`), or in a single file:
safetensors of Black Forest Labs, ComfyUI or diffusers, or GGUF, in the folder itself or in ComfyUI's subfolders.
A single file goes before a subfolder, so that a GGUF beside a whole repository takes its transformer's place. What the
folder lacks is looked for among what the reader dropped: files told by their shapes, whole ones before quantised ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Final

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.diffusion.part_files import PartFiles, PartHeader, headers_of, measured, refuse_pickles
from engines.colorize.diffusion.places import Places
from engines.colorize.flux2.anatomy import (
    PARTS,
    Part,
    TextEncoder,
    Transformer,
    Vae,
    measure_text_encoder,
    measure_transformer,
    measure_vae,
)
from engines.colorize.flux2.dropped import dropped_files, dropped_repositories, goes_with
from engines.colorize.flux2.part_files import COMFY_FOLDERS, NAMES, find_part
from engines.device_memory import Needs
from models.catalog import load_catalog
from models.packed import NVFP4, unread_block, unread_form

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engines.colorize.flux2.info import KleinVariant
    from models.headers import TensorHeader
_HIDDEN_9B: Final = 4096
_READ: Final = "Get it as bf16, fp8, NVFP4, NF4 or GGUF."
_READ_BLOCKS: Final = "Get it as Q8_0, as K-quants (Q4_K_M, Q6_K …) or as IQ4."
_TOKENIZER_FILES: Final = ("tokenizer.json", "vocab.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class KleinFiles:
    """All parts, found and checked. scheduler: None where the folder has none of its own."""

    transformer: PartFiles
    vae: PartFiles
    text_encoder: PartFiles
    tokenizer: Path
    scheduler: Path | None
    transformer_is: Transformer
    vae_is: Vae
    text_encoder_is: TextEncoder

    @property
    def weights(self) -> tuple[Path, ...]:
        """Every weights file."""
        return (*self.transformer.paths, *self.vae.paths, *self.text_encoder.paths)

    def needs(self, label: str) -> Needs:
        """Return what the parts take when they are loaded."""
        packed = self.transformer.format == "gguf"
        others = self.text_encoder.memory_mib, self.vae.memory_mib
        words = (2 * self.text_encoder_is.vocabulary * self.text_encoder_is.hidden) >> 20
        return Needs(
            label=label, network_mib=self.transformer.memory_mib, others_mib=others, packed=packed,
            kept_mib=self.transformer.kept_mib, encoder_kept_mib=max(1, (others[0] + words) // 2),
        )  # fmt: skip


def find_klein(where: Path | Places, variant: KleinVariant) -> KleinFiles:
    """Return the parts of a variant, of one folder or of all places where they may lie.

    Raises:
        ModelMissing: a part or a shard of one is not there; the hint says which file belongs where.
        ModelInvalid: a file is damaged, of another model or of another size, or a pickle; the error names it.
    """
    places = where if isinstance(where, Places) else Places(where)
    folders = [places.own, *dropped_repositories(places, variant)]
    dropped = {part: dropped_files(places, part, variant) for part in PARTS}
    if not any(folder.is_dir() for folder in [*folders, *_lenders(places, variant.id)]) and not dropped["transformer"]:
        pull = f"irodori models pull {variant.model_id}"
        raise ModelMissing(
            f"{variant.label} is not on this machine", pull, told=("model_not_here", variant.label, pull)
        )
    parts = _parts(places, folders, dropped, variant)
    headers = {part: headers_of(files) for part, files in parts.items()}
    parts = {part: _described(part, files, headers[part]) for part, files in parts.items()}
    transformer = measured(parts["transformer"], measure_transformer, headers["transformer"])
    encoder = measured(parts["text_encoder"], measure_text_encoder, headers["text_encoder"])
    _require_fit(parts, transformer, encoder, variant)
    return KleinFiles(
        transformer=parts["transformer"],
        vae=parts["vae"],
        text_encoder=parts["text_encoder"],
        tokenizer=_tokenizer(places, folders, parts["text_encoder"]),
        scheduler=next((folder / "scheduler" for folder in folders if (folder / "scheduler").is_dir()), None),
        transformer_is=transformer,
        vae_is=measured(parts["vae"], measure_vae, headers["vae"]),
        text_encoder_is=encoder,
    )


def _parts(
    places: Places, folders: list[Path], dropped: Mapping[Part, list[PartFiles]], variant: KleinVariant
) -> dict[Part, PartFiles]:
    parts: dict[Part, PartFiles] = {}
    for part in PARTS:
        found = next((one for folder in folders if (one := find_part(folder, part)) is not None), None)
        fitting = [files for files in dropped[part] if goes_with(files, part, parts)]
        if part != "text_encoder" or "transformer" in parts:
            engine = variant.id if part == "transformer" else ""
            lent = [one for folder in _lenders(places, engine) if (one := find_part(folder, part)) is not None]
            fitting += [files for files in lent if goes_with(files, part, parts)]
        if found is not None or fitting:
            parts[part] = found or fitting[0]
    missing = [part for part in PARTS if part not in parts]
    if missing:
        refuse_pickles([places.own, *(places.own / name for name in (*missing, *COMFY_FOLDERS))])
        raise _missing(places, missing, variant)
    return parts


def _lenders(places: Places, engine: str = "") -> list[Path]:
    """Return the folders of FLUX.2's other cards: encoder, autoencoder and tokenizer of one size are the same files.

    engine: only of cards for this one, as a transformer is.
    """
    if places.shared is None:
        return []
    cards = [
        card.id for card in load_catalog().values() if card.id.startswith("flux2-") and engine in ("", card.engine)
    ]
    return [folder for name in cards if (folder := places.shared / name).is_dir() and folder != places.own]


def _missing(places: Places, parts: list[Part], variant: KleinVariant) -> ModelMissing:
    nine = variant.hidden == _HIDDEN_9B
    files: dict[Part, str] = {
        "transformer": f"flux-2-klein-{'9b' if nine else '4b'}.safetensors",
        "vae": "flux2-vae.safetensors",
        "text_encoder": f"qwen_3_{'8b' if nine else '4b'}.safetensors",
    }
    names = " and the ".join(NAMES[part] for part in parts)
    pull = f"irodori models pull {'flux2-vae' if parts == ['vae'] else variant.model_id}"
    drop = f"; or put {' and '.join(files[part] for part in parts)} there." if places.shared else ""
    return ModelMissing(f"the {names} of {variant.label} is not in {places.target}", pull + drop)


def _described(part: Part, files: PartFiles, header: PartHeader) -> PartFiles:
    form, tensors, of_comfyui = header
    name = files.paths[0].name
    if unread := unread_form(tensors):
        raise ModelInvalid(f"{name} has a quantisation that is not read here: {unread}", _READ)
    packed = form == "gguf" and part == "transformer"  # the one part that stays as small as its file
    if packed and (block := unread_block(tensors)):
        raise ModelInvalid(f"{name} has blocks of GGUF that are not read here: {block}", _READ_BLOCKS)
    size = (sum(path.stat().st_size for path in files.paths) if packed else 2 * _numbers(tensors)) >> 20
    dtypes = frozenset(tensor.dtype for tensor in tensors.values())
    as_it_is = (_numbers(tensors, NVFP4) // 2 + 2 * _numbers(tensors, but=NVFP4)) >> 20
    kept = max(1, as_it_is if NVFP4 in dtypes else size // 2)
    return replace(files, format=form, dtypes=dtypes, of_comfyui=of_comfyui, memory_mib=size, kept_mib=kept)


def _numbers(tensors: Mapping[str, TensorHeader], kind: str = "", but: str = "") -> int:
    return sum(prod(one.shape) for one in tensors.values() if kind in ("", one.dtype) and one.dtype != but)


def _require_fit(
    parts: Mapping[Part, PartFiles], transformer: Transformer, encoder: TextEncoder, variant: KleinVariant
) -> None:
    name = parts["transformer"].paths[0].name
    if transformer.hidden != variant.hidden:
        raise ModelInvalid(
            f"{name} is {transformer.name} (width {transformer.hidden}); {variant.label} has {variant.hidden}",
            f"Put a transformer of {variant.label} in its place, or choose the engine that fits the file.",
        )
    if transformer.guidance:
        raise ModelInvalid(f"{name} is FLUX.2 dev, not klein", f"Put a transformer of {variant.label} in its place.")
    if encoder.joint != transformer.joint:
        raise ModelInvalid(
            f"{parts['text_encoder'].paths[0].name} gives text of width {encoder.joint}, "
            f"but {name} reads {transformer.joint}",
            "klein 4B goes with Qwen3-4B, klein 9B with Qwen3-8B.",
        )


def _tokenizer(places: Places, folders: list[Path], encoder: PartFiles) -> Path:
    """Return the folder of the tokenizer: the model's own, or any of FLUX.2's, which all have the same."""
    near = [folder / name for folder in folders for name in ("tokenizer", ".")]
    near += [encoder.folder] if encoder.folder else []
    near += [folder / "tokenizer" for folder in _lenders(places)]
    if places.shared is not None:
        near += [places.shared / "tokenizer", places.shared]
    for place in near:
        if any((place / name).is_file() for name in _TOKENIZER_FILES):
            return place
    raise ModelMissing(
        f"the folder tokenizer/ is not in {places.own if places.shared is None else places.shared}",
        "irodori models pull flux2-tokenizer, or copy it from the model's repository; it is a few MB.",
    )
