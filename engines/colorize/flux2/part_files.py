"""Where a part of FLUX.2 lies in one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engines.base import ModelInvalid
from engines.colorize.diffusion.part_files import PartFiles, shards_of
from engines.colorize.flux2.anatomy import PARTS, prefix_of
from engines.weights_files import read_weights_header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engines.colorize.flux2.anatomy import Part

COMFY_FOLDERS: Final = ("diffusion_models", "unet", "vae", "text_encoders", "clip")
NAMES: Final[dict[Part, str]] = {"transformer": "transformer", "vae": "autoencoder", "text_encoder": "text encoder"}
_DATA: Final = (".safetensors", ".sft", ".gguf")


def find_part(folder: Path, part: Part) -> PartFiles | None:
    """Return a part in one folder, None where it has none."""
    singles = [files for path in _single_files(folder) if (files := part_in(path, part)) is not None]
    # A checkpoint that holds all parts steps back behind a file of this part alone.
    alone = [files for files in singles if not holds_more(files.paths[0])] or singles
    if len(alone) > 1:
        names = " and ".join(files.paths[0].name for files in alone)
        raise ModelInvalid(f"{folder.name} has more than one {NAMES[part]}: {names}", "Keep one of them.")
    if alone:
        return alone[0]
    if (folder / part / "config.json").is_file():
        return PartFiles(tuple(shards_of(folder / part)), folder / part)
    return None


def _single_files(folder: Path) -> Iterator[Path]:
    for place in (folder, *(folder / name for name in COMFY_FOLDERS)):
        # Inside `vae/` a configuration says that the folder is diffusers' own, not ComfyUI's.
        if place.is_dir() and not (place != folder and (place / "config.json").is_file()):
            yield from sorted(path for path in place.iterdir() if path.suffix in _DATA and path.is_file())


def part_in(path: Path, part: Part) -> PartFiles | None:
    """Return a part in a single file, None where the file does not hold it; raises as `read_weights_header`."""
    prefix = prefix_of(read_weights_header(path).tensors, part)
    return None if prefix is None else PartFiles((path,), prefix=prefix)


def holds_more(path: Path) -> bool:
    """Say whether a file holds several parts, as ComfyUI's checkpoints do."""
    tensors = read_weights_header(path).tensors
    return sum(prefix_of(tensors, part) is not None for part in PARTS) > 1
