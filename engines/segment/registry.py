"""Which segmenter a path names. Nothing heavy loads before one is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.segment.pulled import pulled_sam3

if TYPE_CHECKING:
    from pathlib import Path

    from engines.segment.base import Segmenter
    from engines.segment.matting import Matting


def open_segmenter(model: Path | None) -> Segmenter:
    """Return what finds outlines: a SAM 3's folder, the pulled one, or, where neither is, lines and tone.

    Raises:
        EngineUnavailable, ModelMissing, ModelInvalid
    """
    model = model or pulled_sam3()
    if model is None:
        from engines.segment.regions import Regions

        return Regions()
    from engines.segment.sam3 import Sam3

    return Sam3(model)


def open_matting(path: Path | None) -> Matting | None:
    """Return what tells figures from their ground: a network's file; without one the pulled one, None where none is.

    Raises:
        EngineUnavailable, ModelMissing, ModelInvalid
    """
    from engines.segment.matting import FILE_NAME, MODEL_ID, Matting
    from models.store import local_folder

    if path is None:
        path = local_folder(MODEL_ID) / FILE_NAME
        if not path.is_file():
            return None
    return Matting(path)
