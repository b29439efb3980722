"""The networks for larger pictures that the catalogue names, where they lie once they were pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engines.base import ModelMissing
from models.store import local_folder

if TYPE_CHECKING:
    from pathlib import Path

_FILES: Final = {"real-esrgan-x4": "RealESRGAN_x4plus.safetensors", "swin2sr-x2": ""}
"""The file of each in its folder; empty: the folder itself is what is opened."""


def pulled_upscaler(model_id: str) -> Path:
    """Return the file or the folder of a network of the catalogue.

    Raises:
        ModelMissing: there is none of this id, or it was not pulled.
    """
    if model_id not in _FILES:
        raise ModelMissing(
            f"there is no network {model_id[:60]!r} for larger pictures", f"There are {', '.join(_FILES)}."
        )
    path = local_folder(model_id) / _FILES[model_id]
    if not path.exists():
        pull = f"irodori models pull {model_id}"
        raise ModelMissing(f"{model_id} is not on this machine", pull, told=("model_not_here", model_id, pull))
    return path


def upscaler_of(name: Path | None) -> Path | None:
    """Return what a reader named on the command line: a path, or a network of the catalogue by its id."""
    if name is not None and not name.exists() and str(name) in _FILES:
        return pulled_upscaler(str(name))
    return name
