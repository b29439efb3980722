"""The facts of the embedders that ship, apart from their code: asking the cache imports nothing heavy."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from models.catalog import load_catalog
from models.store import SHIPPED_WEIGHTS, WeightsMissing, weights_path

if TYPE_CHECKING:
    from pathlib import Path

PALETTE: Final = ("palette", "1")
"""Id and version; the version goes up when the same picture would give another vector."""
COMPACT_ID: Final = "compact"
CARD: Final = "embed-compact"
WEIGHTS_FILE: Final = "embed-compact.onnx"
WIDTH: Final = 128
# Goes up when the same weights would give other vectors.
_METHOD: Final = 1


def compact_version() -> str:
    """Return the compact embedder's version, which follows its weights."""
    return f"{_METHOD}-{load_catalog()[CARD].file(WEIGHTS_FILE).sha256[:16]}"


def compact_fault(folder: Path = SHIPPED_WEIGHTS) -> str:
    """Return why the compact embedder cannot run here, empty where it can; opens nothing."""
    if find_spec("onnxruntime") is None:
        return "ONNX Runtime is not installed"
    try:
        weights_path(load_catalog()[CARD].file(WEIGHTS_FILE), folder)
    except WeightsMissing as exc:
        return str(exc)
    return ""
