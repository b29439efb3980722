"""Which reader of lettering there is. Nothing heavy loads before one reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engines.base import EngineUnavailable

if TYPE_CHECKING:
    from pathlib import Path

    from engines.words.base import WordReader

READERS: Final = ("rapidocr", "manga-ocr")


def open_word_reader(wanted: str, folder: Path | None = None, threads: int = 0) -> WordReader:
    """Return a reader by its name.

    folder: where a `manga-ocr` lies; None for where it is pulled to. threads: that it takes, 0 for all cores.

    Raises:
        EngineUnavailable: it cannot run here, or there is none of this name. ModelMissing
    """
    if wanted == "rapidocr":
        from engines.words.rapid import INSTALL, RapidWordReader, rapid_missing

        missing = rapid_missing()
        if missing:
            raise EngineUnavailable(f"{', '.join(missing)} is not installed", INSTALL)
        return RapidWordReader(threads)
    if wanted == "manga-ocr":
        from engines.words.manga import MangaWordReader
        from models.store import local_folder

        return MangaWordReader(folder if folder is not None else local_folder(wanted))
    raise EngineUnavailable(f"there is no reader of lettering {wanted!r}", f"There are {', '.join(READERS)}.")
