"""The host's log: one file that several hosts write to, turned over when it grows."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

LIMIT_BYTES: Final = 2 * 1024 * 1024
_FORMAT: Final = "%(asctime)s %(process)d %(levelname)s %(name)s %(threadName)s: %(message)s"


class TurningFileHandler(logging.FileHandler):
    """Appends to `path`; past `limit_bytes` the file becomes `path.1`, which a host beside this one notices.

    Where the system does not let go of an open file, the file grows on.
    """

    def __init__(self, path: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        super().__init__(path, encoding="utf-8", errors="backslashreplace")
        self._path = path
        self._limit_bytes = limit_bytes

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; a folder that is gone or a disk that is full costs the record, never its sender."""
        try:
            self._follow()
            super().emit(record)
            if self._path.stat().st_size > self._limit_bytes:
                self._path.replace(f"{self._path}.1")
        except OSError:
            self.handleError(record)

    def _follow(self) -> None:
        """Let go of a file that is not at its path any more; the base class opens the path anew."""
        if self.stream is None:
            return
        try:
            moved = not os.path.samestat(self._path.stat(), os.fstat(self.stream.fileno()))
        except FileNotFoundError:
            moved = True
        if moved:
            self.stream.close()
            self.stream = None


def start_log(path: Path, level: int = logging.INFO) -> None:
    """Send the log of this process to `path`; without a writable file there, its errors go to stderr.

    With a file nothing goes to stderr: a browser that does not read it would hold us up.
    """
    logging.raiseExceptions = False
    handler: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = TurningFileHandler(path)
    except OSError:
        handler = logging.StreamHandler()
        level = logging.ERROR
    logging.basicConfig(level=level, format=_FORMAT, handlers=[handler], force=True)
