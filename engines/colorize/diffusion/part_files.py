"""One part of a model: its files, their headers and the measures that these give."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from engines.base import ModelInvalid, ModelMissing
from engines.weights_files import read_weights_header
from models.packed import unpacked
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from models.headers import TensorHeader

T = TypeVar("T")

_COMFYUI_MARK: Final = "_quantization_metadata"
_PICKLES: Final = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


@dataclass(frozen=True, slots=True)
class PartFiles:
    """Where a part lies. folder: diffusers' subfolder with its configuration, None for a single file.

    prefix: what stands before its names in a file. format: `safetensors` or `gguf`. dtypes: as the files name them, or
    `NVFP4` and `NF4`. of_comfyui: its header says that ComfyUI quantised it. memory_mib: what it takes when it is
    loaded, at two bytes a number; kept_mib: what it takes as the file has it.
    """

    paths: tuple[Path, ...]
    folder: Path | None = None
    prefix: str = ""
    format: str = ""
    dtypes: frozenset[str] = frozenset()
    of_comfyui: bool = False
    memory_mib: int = 0
    kept_mib: int = 0


class PartHeader(NamedTuple):
    """What the files of a part say of it: names without the prefix, packed matrices at their own widths."""

    format: str
    tensors: Mapping[str, TensorHeader]
    of_comfyui: bool = False


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


def headers_of(files: PartFiles) -> PartHeader:
    """Return format and tensors of a part, over all its shards."""
    tensors: dict[str, TensorHeader] = {}
    form, of_comfyui = "", False
    for path in files.paths:
        header = read_weights_header(path)
        form, of_comfyui = header.format, of_comfyui or _COMFYUI_MARK in header.metadata
        tensors.update(without_prefix(unpacked(header.tensors, header.metadata), files.prefix))
    return PartHeader(form, tensors, of_comfyui)


def without_prefix(tensors: Mapping[str, T], prefix: str) -> dict[str, T]:
    """Return a part's tensors out of a file's, without what stands before their names."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def measured_part(files: PartFiles, measure: Callable[[Mapping[str, TensorHeader]], T]) -> T:
    """Return the measures of a part's files; raises as `headers_of` and `measured`."""
    return measured(files, measure, headers_of(files))


def measured(files: PartFiles, measure: Callable[[Mapping[str, TensorHeader]], T], header: PartHeader) -> T:
    """Return the measures that a header gives.

    Raises:
        ModelInvalid: they are another model's; the error names the file.
    """
    try:
        return measure(header.tensors)
    except WeightsInvalid as exc:
        raise ModelInvalid(f"{files.paths[0].name}: {exc}", "Get the files that the model's card names.") from exc
