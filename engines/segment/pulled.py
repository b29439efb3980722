"""The SAM 3 that was pulled, if any: what it is, and what it finds, loaded for a moment alone.

It takes gigabytes that an engine may want next, so nothing of it stays after a click was answered.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from models.store import local_folder

if TYPE_CHECKING:
    from pathlib import Path

MODEL_ID: Final = "sam3"
FILES: Final = ("config.json", "model.safetensors", "processor_config.json")
LIBRARIES: Final = ("torch", "transformers", "safetensors")


def pulled_sam3() -> Path | None:
    """Return the folder of a SAM 3 that can run here; None where there is none. Imports nothing heavy."""
    folder = local_folder(MODEL_ID)
    if not all((folder / name).is_file() for name in FILES):
        return None
    return folder if all(find_spec(name) is not None for name in LIBRARIES) else None


def pulled_identity() -> str:
    """Return what tells the pulled SAM 3 from others, as a part of keys; empty where there is none."""
    from models.digests import file_digest

    folder = pulled_sam3()
    return "" if folder is None else f"{MODEL_ID}-1-{file_digest(folder / 'model.safetensors')[:16]}"
