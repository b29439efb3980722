"""What of FLUX.2 a reader dropped into the models' folder: repositories, and files told by their shapes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.diffusion.part_files import PartFiles, headers_of, measured_part, shards_of
from engines.colorize.flux2.anatomy import measure_text_encoder, measure_transformer, measure_vae
from engines.colorize.flux2.part_files import holds_more, part_in
from models.packed import NF4, NVFP4, unread_form

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engines.colorize.diffusion.places import Places
    from engines.colorize.flux2.anatomy import Part
    from engines.colorize.flux2.info import KleinVariant

_PIPELINES: Final = frozenset({"Flux2KleinPipeline", "Flux2KleinKVPipeline"})
# Distilled, base and cached weights have the same shapes: only the name tells them apart.
_BASE: Final = re.compile(r"(?:^|[-_. ])base(?:[-_. ]|$)", re.IGNORECASE)
_CACHED: Final = re.compile(r"(?:^|[-_. ])kv(?:[-_. ]|$)", re.IGNORECASE)


def dropped_repositories(places: Places, variant: KleinVariant) -> list[Path]:
    """Return the dropped folders that hold this variant, as their index and the width of their network say."""
    found = []
    for folder, index in places.repositories(_PIPELINES):
        is_cached = index.get("_class_name") == "Flux2KleinKVPipeline" or bool(_CACHED.search(folder.name))
        if is_cached != variant.cached or bool(index.get("is_distilled", True)) != variant.distilled:
            continue
        try:
            measured = measured_part(PartFiles(tuple(shards_of(folder / "transformer"))), measure_transformer)
        except (ModelInvalid, ModelMissing, OSError):
            continue
        if measured.hidden == variant.hidden:
            found.append(folder)
    return found


def dropped_files(places: Places, part: Part, variant: KleinVariant) -> list[PartFiles]:
    """Return the dropped files that can be a part, the best first; damaged and unreadable ones are no one's."""
    found = []
    for path in places.files():
        try:
            files = part_in(path, part)
            if files is None or (part == "transformer" and not _is_variant(files, variant)):
                continue
            if part == "vae":
                measured_part(files, measure_vae)
            rank = _rank(files)
        except (ModelInvalid, ModelMissing):
            continue
        found.append((rank, path.name, files))
    return [files for _, _, files in sorted(found, key=lambda one: one[:2])]


def _is_variant(files: PartFiles, variant: KleinVariant) -> bool:
    measured, stem = measured_part(files, measure_transformer), files.paths[0].stem
    if measured.hidden != variant.hidden or measured.guidance:
        return False
    return bool(_BASE.search(stem)) != variant.distilled and bool(_CACHED.search(stem)) == variant.cached


def goes_with(files: PartFiles, part: Part, parts: Mapping[Part, PartFiles]) -> bool:
    """Say whether a text encoder is the one that the transformer reads; other parts go with any."""
    if part != "text_encoder" or "transformer" not in parts:
        return True
    try:
        encoder = measured_part(files, measure_text_encoder)
        return encoder.joint == measured_part(parts["transformer"], measure_transformer).joint
    except (ModelInvalid, ModelMissing):
        return False


def _rank(files: PartFiles) -> tuple[int, bool]:
    """Return what puts a file before another: finer numbers, then a part alone before a whole checkpoint."""
    header = headers_of(files)
    kinds = {one.dtype for one in header.tensors.values()}
    if unread_form(header.tensors):
        fineness = 4
    elif kinds & {NF4, NVFP4}:
        fineness = 3
    elif header.format == "gguf":
        fineness = 2
    else:
        fineness = int(any(kind.startswith("F8_") for kind in kinds))
    return fineness, holds_more(files.paths[0])
