"""Which segmenter a path names. Nothing heavy loads before one is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from engines.segment.base import Segmenter


def open_segmenter(model: Path | None) -> Segmenter:
    """Return what finds outlines: a SAM 3's folder; without one, lines and tone.

    Raises:
        EngineUnavailable, ModelMissing, ModelInvalid
    """
    if model is None:
        from engines.segment.regions import Regions

        return Regions()
    from engines.segment.sam3 import Sam3

    return Sam3(model)
