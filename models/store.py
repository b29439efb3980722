"""Where weights lie, and whether they are what the catalogue says. Nothing that can hold code is ever read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.catalog import ModelFile

SHIPPED_WEIGHTS = Path(__file__).with_name("weights")
"""The folder of the weights that come with the code."""
# Pickles (.pt, .pth, .ckpt, .bin) run code when they are opened; a picture serves a model as its own reference.
_DATA_ONLY = frozenset({".onnx", ".safetensors", ".gguf", ".png"})


class WeightsMissing(FileNotFoundError):
    """A file of a model is not on this machine."""


class WeightsInvalid(ValueError):
    """A file of a model is not what its card says, or is of a kind that could run code."""


def models_folder() -> Path:
    """Return the folder of the models that were pulled: `IRODORI_MODELS`, else a part of Irodori's own data folder."""
    chosen, home = os.environ.get("IRODORI_MODELS"), os.environ.get("IRODORI_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    if home:
        return Path(home).expanduser().absolute() / "data" / "models"
    from platformdirs import user_data_path

    return user_data_path("irodori", appauthor=False) / "models"


def local_folder(model_id: str) -> Path:
    """Return the folder in which a model's files lie, or would lie: it need not be there."""
    return models_folder() / model_id


def weights_path(file: ModelFile, folder: Path = SHIPPED_WEIGHTS) -> Path:
    """Return where a file of a model lies, without opening it.

    Raises:
        WeightsInvalid: it is of a kind that could run code.
        WeightsMissing: it is not there.
    """
    if Path(file.name).suffix not in _DATA_ONLY:
        raise WeightsInvalid(f"{file.name}: only {', '.join(sorted(_DATA_ONLY))} are loaded")
    path = folder / file.name
    if not path.is_file():
        raise WeightsMissing(f"{file.name} is not in {folder}")
    return path


def read_weights(file: ModelFile, folder: Path = SHIPPED_WEIGHTS) -> bytes:
    """Return the content of a file, read once, after comparing its digest: what is returned is what was checked.

    Raises:
        WeightsInvalid, WeightsMissing
    """
    content = weights_path(file, folder).read_bytes()
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise WeightsInvalid(f"{file.name} is damaged: its SHA-256 is not the catalogue's")
    return content
