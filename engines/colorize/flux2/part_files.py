"""One part of FLUX.2 in one folder: its files, their headers and the measures that these give."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.flux2.anatomy import part_of
from engines.weights_files import read_weights_header
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from engines.colorize.flux2.anatomy import Part
    from models.headers import TensorHeader

T = TypeVar("T")

COMFY_FOLDERS: Final = ("diffusion_models", "unet", "vae", "text_encoders", "clip")
NAMES: Final[dict[Part, str]] = {"transformer": "transformer", "vae": "autoencoder", "text_encoder": "text encoder"}
PACKED: Final = ("U8", "I8")
"""Types of numbers that hold several of 4 bits, or whole ones of 8: nvfp4, bitsandbytes, INT8 and others."""
_DATA: Final = (".safetensors", ".sft", ".gguf")
_PICKLES: Final = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


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


def find_part(folder: Path, part: Part) -> PartFiles | None:
    """Return a part in one folder, None where it has none."""
    singles = [path for path in _single_files(folder) if part_in(path) == part]
    if len(singles) > 1:
        names = " and ".join(path.name for path in singles)
        raise ModelInvalid(f"{folder.name} has more than one {NAMES[part]}: {names}", "Keep one of them.")
    if singles:
        return PartFiles((singles[0],))
    if (folder / part / "config.json").is_file():
        return PartFiles(tuple(shards_of(folder / part)), folder / part)
    return None


def _single_files(folder: Path) -> Iterator[Path]:
    for place in (folder, *(folder / name for name in COMFY_FOLDERS)):
        # Inside `vae/` a configuration says that the folder is diffusers' own, not ComfyUI's.
        if place.is_dir() and not (place != folder and (place / "config.json").is_file()):
            yield from sorted(path for path in place.iterdir() if path.suffix in _DATA and path.is_file())


def part_in(path: Path) -> Part | None:
    """Return which part a single file holds, None for something else; raises as `read_weights_header`."""
    return part_of(read_weights_header(path).tensors)


def shards_of(folder: Path) -> list[Path]:
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
        refuse_pickles([folder])
    missing = [path.name for path in paths if not path.is_file()] if paths else ["*.safetensors"]
    if missing:
        raise ModelMissing(f"{folder.name}/{missing[0]} is not in {folder.parent}", "Pull the model again.")
    return paths


def refuse_pickles(folders: Iterable[Path]) -> None:
    """Raise `ModelInvalid` over the first pickle in these folders: whoever put it there is told why it is no use."""
    for folder in folders:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.suffix in _PICKLES:
                raise ModelInvalid(
                    f"{path.name} is a pickle, which can run code when it is opened; it was not opened",
                    "Get the model as .safetensors or .gguf.",
                )


def headers_of(files: PartFiles) -> tuple[str, Mapping[str, TensorHeader]]:
    """Return format and tensors of a part, over all its shards."""
    tensors: dict[str, TensorHeader] = {}
    form = ""
    for path in files.paths:
        header = read_weights_header(path)
        form = header.format
        tensors.update(header.tensors)
    return form, tensors


def measured_part(files: PartFiles, measure: Callable[[Mapping[str, TensorHeader]], T]) -> T:
    """Return the measures of a part's files; raises as `headers_of` and `measured`."""
    return measured(files, measure, headers_of(files))


def measured(
    files: PartFiles, measure: Callable[[Mapping[str, TensorHeader]], T], header: tuple[str, Mapping[str, TensorHeader]]
) -> T:
    """Return the measures that a header gives.

    Raises:
        ModelInvalid: they are another model's; the error names the file.
    """
    try:
        return measure(header[1])
    except WeightsInvalid as exc:
        raise ModelInvalid(f"{files.paths[0].name}: {exc}", "Get the files that the model's card names.") from exc
