"""A model's folders and parts, looked at before anything is loaded: what is missing, and what nobody here reads."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.diffusion.part_files import headers_of
from models.packed import unread_block, unread_form

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engines.colorize.diffusion.part_files import PartFiles


def require_folders(folder: Path, names: Iterable[str], label: str, pull: str) -> None:
    """Check that a model's folder has these folders.

    Raises:
        ModelMissing: it lacks one; pull: how it comes.
    """
    for name in names:
        if not (folder / name).is_dir():
            raise ModelMissing(f"the folder {name}/ of {label} is not in {folder}", pull)


def described(part: PartFiles, forms: str, *, stays: bool = False) -> PartFiles:
    """Return a part with what its headers say of it.

    forms: what to get it as, where its own is not read. stays: GGUF's blocks stay as small as their file.

    Raises:
        ModelInvalid: it is damaged, or of numbers that nobody here reads.
    """
    header = headers_of(part)
    name = part.paths[0].name
    if unread := unread_form(header.tensors):
        raise ModelInvalid(f"{name} has a quantisation that is not read here: {unread}", forms)
    packed = header.format == "gguf"
    if packed and (block := unread_block(header.tensors)):
        raise ModelInvalid(f"{name} has blocks of GGUF that are not read here: {block}", forms)
    numbers = sum(prod(one.shape) for one in header.tensors.values())
    size = (sum(path.stat().st_size for path in part.paths) if packed and stays else 2 * numbers) >> 20
    dtypes = frozenset(one.dtype for one in header.tensors.values())
    return replace(
        part, format=header.format, dtypes=dtypes, of_comfyui=header.of_comfyui, memory_mib=size,
        kept_mib=max(1, size // 2),
    )  # fmt: skip
