"""The host's log: one file that several hosts write to, turned over when it grows, and warnings on stderr."""

from __future__ import annotations

import logging
import os
from logging.handlers import WatchedFileHandler
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

LIMIT_BYTES: Final = 2 * 1024 * 1024
_FORMAT: Final = "%(asctime)s %(process)d %(levelname)s %(name)s %(threadName)s: %(message)s"


class TurningFileHandler(WatchedFileHandler):
    """Appends to `path`; past `limit_bytes` the file becomes `path.1`, which a host beside this one notices.

    Where the system does not let go of an open file, the file grows on.
    """

    def __init__(self, path: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        super().__init__(path, encoding="utf-8", errors="backslashreplace")
        self._path = path
        self._limit_bytes = limit_bytes

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        super().emit(record)
        try:
            if self._path.stat().st_size > self._limit_bytes:
                self._path.replace(f"{self._path}.1")
        except OSError:
            return


def start_log(path: Path, level: int = logging.INFO) -> None:
    """Send the log of this process to `path`, and its warnings to stderr; without a writable file to stderr only."""
    logging.raiseExceptions = False
    stderr = logging.StreamHandler()
    stderr.setLevel(logging.WARNING)
    handlers: list[logging.Handler] = [stderr]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(TurningFileHandler(path))
    except OSError as fault:
        stderr.setLevel(level)
        os.write(2, f"irodori: no log file: {fault}\n".encode(errors="backslashreplace"))
    logging.basicConfig(level=level, format=_FORMAT, handlers=handlers, force=True)
