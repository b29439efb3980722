"""Which embedder a reader has: the one of the settings, or the palette where that one cannot run here.

Nothing heavy loads before an embedder is opened, except for those of transformers' folders.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engines.base import EngineError
from engines.embed.shipped import COMPACT_ID, PALETTE, compact_fault, compact_version
from models.store import local_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.embed.base import Embedder

_LOG = logging.getLogger(__name__)
EMBEDDERS: Final = ("compact", "palette", "siglip2", "clip")


@dataclass(frozen=True, slots=True)
class EmbedderChoice:
    """What will be used, known before it is opened. `open` imports what it needs."""

    id: str
    version: str
    open: Callable[[], Embedder]


def choose_embedder(wanted: str = "compact", folder: str = "") -> EmbedderChoice:
    """Return the embedder `wanted`; the palette, with one line in the log, where it is not here or cannot run.

    wanted: one of `EMBEDDERS`. folder: where a `siglip2` or `clip` lies; empty for where it is pulled to.
    """
    try:
        fault, choice = _choice(wanted, Path(folder) if folder else local_folder(wanted))
    except (EngineError, OSError) as exc:
        fault, choice = str(exc), None
    if choice is not None and not fault:
        return choice
    _LOG.warning("the embedder %s cannot run (%s); likeness is told by the palette", wanted, fault)
    return _palette()


def _choice(wanted: str, folder: Path) -> tuple[str, EmbedderChoice | None]:
    if wanted == "palette":
        return "", _palette()
    if wanted == "compact":
        return compact_fault(), EmbedderChoice(COMPACT_ID, compact_version(), _open_compact)
    if wanted in EMBEDDERS:
        from engines.embed.vision import VisionEmbedder, vision_libraries_missing

        missing = vision_libraries_missing()
        if missing:
            return f"{', '.join(missing)} is not installed", None
        made = VisionEmbedder(wanted, folder)
        return "", EmbedderChoice(wanted, made.info.version, lambda: made)
    return "there is none of this name", None


def _palette() -> EmbedderChoice:
    return EmbedderChoice(*PALETTE, _open_palette)


def _open_compact() -> Embedder:
    from engines.embed.compact import CompactEmbedder

    return CompactEmbedder()


def _open_palette() -> Embedder:
    from engines.embed.palette import PaletteEmbedder

    return PaletteEmbedder()
