"""The picture indexes of a home: one for the library of references, one for the pages of each series."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from host.store.index import PictureIndex

LIBRARY: Final = "library"
_NAME_LENGTH: Final = 32


class IndexFolder:
    """Thread-safe. Every index is opened once a process, when it is first asked for; nothing heavy loads before."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: dict[Path, PictureIndex] = {}
        self._lock = threading.Lock()

    def library(self, embedder: tuple[str, str]) -> PictureIndex:
        """Return the index of all references; embedder: id and version of whoever makes the vectors."""
        return self._index(LIBRARY, embedder)

    def series(self, series: str, embedder: tuple[str, str]) -> PictureIndex:
        """Return the index of a series' coloured pages."""
        # A series' name comes from a web page and is no part of a path.
        return self._index(f"series-{_digest(series)}", embedder)

    def forget(self, series: str | None) -> None:
        """Forget what a series' pages look like, or those of all."""
        name = "series-*" if series is None else f"series-{_digest(series)}-*"
        with self._lock:
            for path in self._root.glob(f"{name}.index"):
                self._open.pop(path, None)
                path.unlink(missing_ok=True)

    def _index(self, name: str, embedder: tuple[str, str]) -> PictureIndex:
        from host.store.index import PictureIndex

        path = self._root / f"{name}-{_digest(chr(0).join(embedder))[:8]}.index"
        with self._lock:
            if path not in self._open:
                self._open[path] = PictureIndex(path, embedder)
            return self._open[path]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_NAME_LENGTH]
