"""Find the parts of FLUX.2 klein in a folder and check them against each other, by their headers alone.

A part lies in a subfolder as diffusers writes it (`transformer/`, `vae/`, `text_encoder/`), or in a single file:
safetensors of Black Forest Labs, ComfyUI or diffusers, or GGUF, in the folder itself or in ComfyUI's subfolders.
A single file goes before a subfolder, so that a GGUF beside a whole repository takes its transformer's place. What the
folder lacks is looked for among what the reader dropped: files told by their shapes, whole ones before quantised ones.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Final, TypeVar, get_args

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.flux2.anatomy import (
    Part,
    TextEncoder,
    Transformer,
    Vae,
    measure_text_encoder,
    measure_transformer,
    measure_vae,
    part_of,
)
from engines.colorize.places import Places
from engines.device_memory import Needs
from engines.weights_files import read_weights_header
from models.catalog import load_catalog
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from engines.colorize.flux2.info import KleinVariant
    from models.headers import TensorHeader

T = TypeVar("T")

_COMFY_FOLDERS: Final = ("diffusion_models", "unet", "vae", "text_encoders", "clip")
_DATA: Final = (".safetensors", ".sft", ".gguf")
_PICKLES: Final = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_PIPELINES: Final = frozenset({"Flux2KleinPipeline", "Flux2KleinKVPipeline"})
# Distilled, base and cached weights have the same shapes: only the name tells them apart.
_BASE: Final = re.compile(r"(?:^|[-_. ])base(?:[-_. ]|$)", re.IGNORECASE)
_CACHED: Final = re.compile(r"(?:^|[-_. ])kv(?:[-_. ]|$)", re.IGNORECASE)
_NAMES: Final[dict[Part, str]] = {"transformer": "transformer", "vae": "autoencoder", "text_encoder": "text encoder"}
# Several numbers of 4 bits in each: nvfp4, bitsandbytes and others.
_PACKED: Final = ("U8", "I8")
_HIDDEN_9B: Final = 4096
_TOKENIZER_FILES: Final = ("tokenizer.json", "vocab.json")


@dataclass(frozen=True, slots=True)
class PartFiles:
    """Where a part lies. folder: diffusers' subfolder with its configuration, None for a single file.

    format: `safetensors` or `gguf`. dtypes: as the files name them. memory_mib: what it takes when it is loaded.
    """

    paths: tuple[Path, ...]
    folder: Path | None = None
    format: str = ""
    dtypes: frozenset[str] = frozenset()
    memory_mib: int = 0


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
        return Needs(
            label=label, network_mib=self.transformer.memory_mib, others_mib=others, packed=packed, eight_bits=True
        )


def find_klein(where: Path | Places, variant: KleinVariant) -> KleinFiles:
    """Return the parts of a variant, of one folder or of all places where they may lie.

    Raises:
        ModelMissing: a part or a shard of one is not there; the hint says which file belongs where.
        ModelInvalid: a file is damaged, of another model or of another size, or a pickle; the error names it.
    """
    places = where if isinstance(where, Places) else Places(where)
    folders = [places.own, *_dropped_repositories(places, variant)]
    dropped = {part: _dropped(places, part, variant) for part in get_args(Part)}
    if not any(folder.is_dir() for folder in folders) and not dropped["transformer"]:
        raise ModelMissing(f"{variant.label} is not on this machine", f"irodori models pull {variant.model_id}")
    parts = _parts(places, folders, dropped, variant)
    headers = {part: _headers(files) for part, files in parts.items()}
    parts = {part: _described(part, files, headers[part]) for part, files in parts.items()}
    transformer = _measured(parts["transformer"], measure_transformer, headers["transformer"])
    encoder = _measured(parts["text_encoder"], measure_text_encoder, headers["text_encoder"])
    _require_fit(parts, transformer, encoder, variant)
    return KleinFiles(
        transformer=parts["transformer"],
        vae=parts["vae"],
        text_encoder=parts["text_encoder"],
        tokenizer=_tokenizer(places, folders, parts["text_encoder"]),
        scheduler=next((folder / "scheduler" for folder in folders if (folder / "scheduler").is_dir()), None),
        transformer_is=transformer,
        vae_is=_measured(parts["vae"], measure_vae, headers["vae"]),
        text_encoder_is=encoder,
    )


def _parts(
    places: Places, folders: list[Path], dropped: Mapping[Part, list[Path]], variant: KleinVariant
) -> dict[Part, PartFiles]:
    parts: dict[Part, PartFiles] = {}
    for part in get_args(Part):
        found = next((one for folder in folders if (one := _find(folder, part)) is not None), None)
        fitting = [files for path in dropped[part] if _goes_with(files := PartFiles((path,)), part, parts)]
        if part == "vae" or (part == "text_encoder" and "transformer" in parts):
            lent = [one for folder in _lenders(places) if (one := _find(folder, part)) is not None]
            fitting += [files for files in lent if _goes_with(files, part, parts)]
        if found is not None or fitting:
            parts[part] = found or fitting[0]
    missing = [part for part in get_args(Part) if part not in parts]
    if missing:
        _refuse_pickles([places.own, *(places.own / name for name in (*missing, *_COMFY_FOLDERS))])
        raise _missing(places, missing, variant)
    return parts


def _lenders(places: Places) -> list[Path]:
    """Return the folders of FLUX.2's other cards: encoder, autoencoder and tokenizer of one size are the same files."""
    if places.shared is None:
        return []
    cards = [card.id for card in load_catalog().values() if card.id.startswith("flux2-")]
    return [folder for name in cards if (folder := places.shared / name).is_dir() and folder != places.own]


def _missing(places: Places, parts: list[Part], variant: KleinVariant) -> ModelMissing:
    nine = variant.hidden == _HIDDEN_9B
    files: dict[Part, str] = {
        "transformer": f"flux-2-klein-{'9b' if nine else '4b'}.safetensors",
        "vae": "flux2-vae.safetensors",
        "text_encoder": f"qwen_3_{'8b' if nine else '4b'}.safetensors",
    }
    names = " and the ".join(_NAMES[part] for part in parts)
    pull = f"irodori models pull {'flux2-vae' if parts == ['vae'] else variant.model_id}"
    drop = f"; or put {' and '.join(files[part] for part in parts)} there." if places.shared else ""
    return ModelMissing(f"the {names} of {variant.label} is not in {places.target}", pull + drop)


def _dropped_repositories(places: Places, variant: KleinVariant) -> list[Path]:
    """Return the dropped folders that hold this variant, as their index and the width of their network say."""
    found = []
    for folder, index in places.repositories(_PIPELINES):
        is_cached = index.get("_class_name") == "Flux2KleinKVPipeline" or bool(_CACHED.search(folder.name))
        if is_cached != variant.cached or bool(index.get("is_distilled", True)) != variant.distilled:
            continue
        try:
            measured = _measured_part(PartFiles(tuple(_shards(folder / "transformer"))), measure_transformer)
        except (ModelInvalid, ModelMissing, OSError):
            continue
        if measured.hidden == variant.hidden:
            found.append(folder)
    return found


def _dropped(places: Places, part: Part, variant: KleinVariant) -> list[Path]:
    """Return the dropped files that can be a part, the best first; damaged ones are no one's."""
    found = []
    for path in places.files():
        try:
            if _part_in(path) != part:
                continue
            if part == "transformer" and not _is_variant(path, variant):
                continue
            if part == "vae":
                _measured_part(PartFiles((path,)), measure_vae)
        except (ModelInvalid, ModelMissing):
            continue
        found.append(path)
    return sorted(found, key=lambda path: (_quantisation(path), path.name))


def _is_variant(path: Path, variant: KleinVariant) -> bool:
    measured = _measured_part(PartFiles((path,)), measure_transformer)
    if measured.hidden != variant.hidden or measured.guidance:
        return False
    return bool(_BASE.search(path.stem)) != variant.distilled and bool(_CACHED.search(path.stem)) == variant.cached


def _goes_with(files: PartFiles, part: Part, parts: Mapping[Part, PartFiles]) -> bool:
    """Say whether a text encoder is the one that the transformer reads; other parts go with any."""
    if part != "text_encoder" or "transformer" not in parts:
        return True
    try:
        encoder = _measured_part(files, measure_text_encoder)
        return encoder.joint == _measured_part(parts["transformer"], measure_transformer).joint
    except (ModelInvalid, ModelMissing):
        return False


def _quantisation(path: Path) -> int:
    """Return 0 for a whole file, more the coarser its numbers are."""
    header = read_weights_header(path)
    kinds = {one.dtype for one in header.tensors.values()}
    if header.format == "gguf":
        return 2
    return 3 if kinds & set(_PACKED) else int(any(kind.startswith("F8_") for kind in kinds))


def _find(folder: Path, part: Part) -> PartFiles | None:
    """Return a part in one folder, None where it has none."""
    singles = [path for path in _single_files(folder) if _part_in(path) == part]
    if len(singles) > 1:
        names = " and ".join(path.name for path in singles)
        raise ModelInvalid(f"{folder.name} has more than one {_NAMES[part]}: {names}", "Keep one of them.")
    if singles:
        return PartFiles((singles[0],))
    if (folder / part / "config.json").is_file():
        return PartFiles(tuple(_shards(folder / part)), folder / part)
    return None


def _single_files(folder: Path) -> Iterator[Path]:
    for place in (folder, *(folder / name for name in _COMFY_FOLDERS)):
        # Inside `vae/` a configuration says that the folder is diffusers' own, not ComfyUI's.
        if place.is_dir() and not (place != folder and (place / "config.json").is_file()):
            yield from sorted(path for path in place.iterdir() if path.suffix in _DATA and path.is_file())


def _part_in(path: Path) -> Part | None:
    return part_of(read_weights_header(path).tensors)


def _shards(folder: Path) -> list[Path]:
    """Return the weights files of a subfolder of diffusers."""
    indices = sorted(folder.glob("*.safetensors.index.json"))
    if indices:
        try:
            names = {str(name) for name in json.loads(indices[0].read_text("utf-8"))["weight_map"].values()}
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise ModelInvalid(f"{folder.name}/{indices[0].name} is damaged", "Pull the model again.") from exc
        paths = [folder / name for name in sorted(names)]
        if any(path.parent != folder for path in paths):
            raise ModelInvalid(
                f"{folder.name}/{indices[0].name} names files outside its folder", "Pull the model again."
            )
    else:
        paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        _refuse_pickles([folder])
    missing = [path.name for path in paths if not path.is_file()] if paths else ["*.safetensors"]
    if missing:
        raise ModelMissing(f"{folder.name}/{missing[0]} is not in {folder.parent}", "Pull the model again.")
    return paths


def _refuse_pickles(folders: Iterable[Path]) -> None:
    for folder in folders:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.suffix in _PICKLES:
                raise ModelInvalid(
                    f"{path.name} is a pickle, which can run code when it is opened; it was not opened",
                    "Get the model as .safetensors or .gguf.",
                )


def _headers(files: PartFiles) -> tuple[str, Mapping[str, TensorHeader]]:
    """Return format and tensors of a part, over all its shards."""
    tensors: dict[str, TensorHeader] = {}
    form = ""
    for path in files.paths:
        header = read_weights_header(path)
        form = header.format
        tensors.update(header.tensors)
    return form, tensors


def _described(part: Part, files: PartFiles, header: tuple[str, Mapping[str, TensorHeader]]) -> PartFiles:
    form, tensors = header
    packed = {tensor.dtype for name, tensor in tensors.items() if name.endswith(".weight")} & set(_PACKED)
    if packed:
        kind = "8-bit integers (INT8)" if "I8" in packed else "4 bits (NVFP4, NF4 and their kin)"
        raise ModelInvalid(
            f"{files.paths[0].name} has a quantisation that is not read here: {kind}", "Get it as bf16, fp8 or GGUF."
        )
    size = 2 * sum(prod(tensor.shape) for tensor in tensors.values())
    if form == "gguf" and part == "transformer":  # the one part that stays as small as its file
        size = sum(path.stat().st_size for path in files.paths)
    dtypes = frozenset(tensor.dtype for tensor in tensors.values())
    return replace(files, format=form, dtypes=dtypes, memory_mib=size >> 20)


def _measured_part(files: PartFiles, measure: Callable[[Mapping[str, TensorHeader]], T]) -> T:
    return _measured(files, measure, _headers(files))


def _measured(
    files: PartFiles, measure: Callable[[Mapping[str, TensorHeader]], T], header: tuple[str, Mapping[str, TensorHeader]]
) -> T:
    try:
        return measure(header[1])
    except WeightsInvalid as exc:
        raise ModelInvalid(f"{files.paths[0].name}: {exc}", "Get the files that the model's card names.") from exc


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
