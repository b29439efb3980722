"""Pass 1 of a page of a shelf, in a worker: its record, what is written on it, and a small picture for a model."""

from __future__ import annotations

import io
import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from host.errors import InternalError, IrodoriError
from host.library.pool import share_cores
from host.logs import start_log
from host.paths import state_paths

if TYPE_CHECKING:
    from engines.words.base import WordReader
    from host.pipeline.decode import DecodedPage
    from host.vocabulary import Direction

_LOG = logging.getLogger(__name__)
_VIEW_QUALITY: Final = 88


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOrder:
    """What is wanted of a page. view_px: the longest side of the picture for a model, 0 for none."""

    direction: Direction = "auto"
    record: bool = True
    view_px: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """What came of it: a `meta.json`, the direction that it was read in, a JPEG; or what went wrong."""

    record: bytes = b""
    direction: str = ""
    view: bytes = b""
    fault: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class WordsChoice:
    """Which reader of lettering is asked; empty for none. folder: where its model lies, empty: where it is pulled."""

    reader: str = ""
    folder: str = ""

    def open(self, threads: int = 1) -> WordReader | None:
        """Return the reader.

        Raises:
            EngineError: it cannot run here.
        """
        if not self.reader:
            return None
        from pathlib import Path

        from engines.words.registry import open_word_reader

        return open_word_reader(self.reader, Path(self.folder) if self.folder else None, threads)


class PageReadings:
    """Holds what reads pages; used by one thread of its process."""

    def __init__(self, detector_weights: str, words: WordsChoice) -> None:
        from host.pipeline.analysis.shipped import shipped_reader

        self._reader = shipped_reader(detector_weights)
        self._words = words.open()

    def read(self, encoded: bytes, order: ReadOrder) -> ReadPage:
        """Read a page; whatever goes wrong is told in the result."""
        from host.pipeline.faults import faults_mapped

        began_s = time.monotonic()
        try:
            with faults_mapped():
                result = self._read(encoded, order)
        except IrodoriError as exc:
            result = ReadPage(fault=exc.words)
        except Exception as exc:  # noqa: BLE001 - a page ends, whatever happened
            _LOG.exception("a page could not be read for a reason of ours")
            result = ReadPage(fault=f"Reading it failed ({type(exc).__name__}). The log has the details.")
        return replace(result, seconds=round(time.monotonic() - began_s, 3))

    def _read(self, encoded: bytes, order: ReadOrder) -> ReadPage:
        from host.pipeline.decode import decode_page

        page = decode_page(encoded)
        view = small_view(page, order.view_px) if order.view_px else b""
        if not order.record:
            return ReadPage(view=view)
        record, direction = self._record(page, order.direction)
        return ReadPage(record=record, direction=direction, view=view)

    def _record(self, page: DecodedPage, direction: Direction) -> tuple[bytes, str]:
        from host.analyses.read import read_page
        from host.pipeline.analysis.words import with_words

        meta, _ = read_page(page, self._reader, direction)
        if self._words is not None:
            meta = with_words(meta, page.rgb, self._words)
        return meta.model_dump_json(indent=1).encode(), meta.direction


def small_view(page: DecodedPage, side_px: int) -> bytes:
    """Return a page as a JPEG whose longest side is at most `side_px`."""
    from PIL import Image

    picture = Image.fromarray(page.rgb)
    picture.thumbnail((side_px, side_px))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_VIEW_QUALITY)
    return buffer.getvalue()


def lost(exc: BaseException) -> ReadPage:
    """Return what comes of a page whose worker died."""
    del exc
    error = InternalError("The process that read this page ended.", "Memory may have given out: try fewer --workers.")
    return ReadPage(fault=error.words)


# --- in the worker ---------------------------------------------------------------------------------------------------

_made: list[Any] = []


def begin(detector_weights: str, words: WordsChoice, alone: bool) -> None:
    """Make a worker ready. alone: one thread, so that workers share the cores."""
    if alone:
        share_cores()
    start_log(state_paths().log_file)
    _made[:] = [PageReadings(detector_weights, words)]


def read(encoded: bytes, order: ReadOrder) -> ReadPage:
    """Read a page in a worker."""
    made: PageReadings = _made[0]
    return made.read(encoded, order)
