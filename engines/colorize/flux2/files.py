"""Find the parts of FLUX.2 klein in a folder and check them against each other, by their headers alone.

A part lies in a subfolder as diffusers writes it (`transformer/`, `vae/`, `text_encoder/`), or in a single file:
safetensors of Black Forest Labs, ComfyUI or diffusers, or GGUF, in the folder itself or in ComfyUI's subfolders.
A single file goes before a subfolder, so that a GGUF beside a whole repository takes its transformer's place.
"""

from __future__ import annotations

import json
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
from engines.weights_files import read_weights_header
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
_NAMES: Final[dict[Part, str]] = {"transformer": "transformer", "vae": "autoencoder", "text_encoder": "text encoder"}
# Several numbers of 4 bits in each: nvfp4, bitsandbytes and others.
_PACKED: Final = ("U8", "I8")
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

    @property
    def parts_mib(self) -> tuple[int, ...]:
        """What each part takes when it is loaded, the transformer first."""
        return self.transformer.memory_mib, self.text_encoder.memory_mib, self.vae.memory_mib


def find_klein(folder: Path, variant: KleinVariant) -> KleinFiles:
    """Return the parts of a variant in a folder.

    Raises:
        ModelMissing: a part or a shard of one is not there.
        ModelInvalid: a file is damaged, of another model or of another size, or a pickle; the error names it.
    """
    if not folder.is_dir():
        raise ModelMissing(f"{variant.label} is not on this machine", f"irodori models pull {variant.model_id}")
    parts = {part: _find(folder, part, variant) for part in get_args(Part)}
    headers = {part: _headers(files) for part, files in parts.items()}
    parts = {part: _described(part, files, headers[part]) for part, files in parts.items()}
    transformer = _measured(parts["transformer"], measure_transformer, headers["transformer"])
    encoder = _measured(parts["text_encoder"], measure_text_encoder, headers["text_encoder"])
    _require_fit(parts, transformer, encoder, variant)
    return KleinFiles(
        transformer=parts["transformer"],
        vae=parts["vae"],
        text_encoder=parts["text_encoder"],
        tokenizer=_tokenizer(folder, parts["text_encoder"]),
        scheduler=scheduler if (scheduler := folder / "scheduler").is_dir() else None,
        transformer_is=transformer,
        vae_is=_measured(parts["vae"], measure_vae, headers["vae"]),
        text_encoder_is=encoder,
    )


def _find(folder: Path, part: Part, variant: KleinVariant) -> PartFiles:
    singles = [path for path in _single_files(folder) if _part_in(path) == part]
    if len(singles) > 1:
        names = " and ".join(path.name for path in singles)
        raise ModelInvalid(f"{folder.name} has more than one {_NAMES[part]}: {names}", "Keep one of them.")
    if singles:
        return PartFiles((singles[0],))
    if (folder / part / "config.json").is_file():
        return PartFiles(tuple(_shards(folder / part)), folder / part)
    _refuse_pickles([folder, *(folder / name for name in (part, *_COMFY_FOLDERS))])
    raise ModelMissing(
        f"the {_NAMES[part]} of {variant.label} is not in {folder}", f"irodori models pull {variant.model_id}"
    )


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
    if any(tensor.dtype in _PACKED and name.endswith(".weight") for name, tensor in tensors.items()):
        raise ModelInvalid(
            f"{files.paths[0].name} has a quantisation that is not read here (4 bits)",
            "Get it as bf16, fp8 or GGUF.",
        )
    size = 2 * sum(prod(tensor.shape) for tensor in tensors.values())
    if form == "gguf" and part == "transformer":  # the one part that stays as small as its file
        size = sum(path.stat().st_size for path in files.paths)
    dtypes = frozenset(tensor.dtype for tensor in tensors.values())
    return replace(files, format=form, dtypes=dtypes, memory_mib=size >> 20)


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


def _tokenizer(folder: Path, encoder: PartFiles) -> Path:
    places = [folder / "tokenizer", *([encoder.folder] if encoder.folder else []), folder]
    for place in places:
        if any((place / name).is_file() for name in _TOKENIZER_FILES):
            return place
    raise ModelMissing(
        f"the folder tokenizer/ is not in {folder}", "Copy it from the model's repository; it is a few MB."
    )
