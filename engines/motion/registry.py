"""Where a network that makes films lies. Nothing heavy loads before one is opened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from engines.base import ModelMissing

if TYPE_CHECKING:
    from pathlib import Path

    from engines.motion.ltx2 import Ltx2

_INDEX: Final = "model_index.json"
_DEEPEST: Final = 2


def motion_folder(models: Path) -> Path | None:
    """Return the first folder of an LTX-2 in the models' folder, or in a folder there; None where there is none."""
    for depth in range(1, _DEEPEST + 1):
        for index in sorted(models.glob("/".join(["*"] * depth + [_INDEX]))):
            try:
                kind = json.loads(index.read_bytes()).get("_class_name", "")
            except (OSError, ValueError, AttributeError, RecursionError):
                continue
            if str(kind).startswith("LTX2"):
                return index.parent
    return None


def open_motion(models: Path) -> Ltx2:
    """Return the network of the models' folder; it loads at its first film.

    Raises:
        ModelMissing: there is none. EngineUnavailable: a library is missing. ModelInvalid
    """
    from engines.motion.ltx2 import Ltx2

    folder = motion_folder(models)
    if folder is None:
        raise ModelMissing(
            "there is no LTX-2 in the models' folder",
            f"Put a folder of it in diffusers' layout (Lightricks/LTX-2) into {models}; "
            "it takes a card with much memory.",
            told=("no_motion_network", str(models)),
        )
    return Ltx2(folder)
