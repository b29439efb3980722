"""Where pages wait for their archive: in a folder of ours, or beside the archive where that folder takes none."""

from __future__ import annotations

import logging
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from host.store.disk import disk_errors
from host.store.process_folder import ProcessFolder, sweep

if TYPE_CHECKING:
    from pathlib import Path

_LOG = logging.getLogger(__name__)
BESIDE: Final = ".irodori-waiting"
"""The folder beside an archive; there only while pages wait in it."""


class WaitingRoom:
    """Pages of one archive, a file each. `folder` is made at the first need."""

    def __init__(self, folder: Path, archive: Path) -> None:
        self._folder = folder
        self._beside = archive.parent / BESIDE
        self._second: ProcessFolder | None = None
        self._count = 0

    def sweep(self) -> None:
        """Remove what a killed run left beside the archive."""
        with suppress(OSError):
            if self._beside.is_dir():
                sweep(self._beside)
                self._beside.rmdir()

    def put(self, data: bytes) -> Path:
        """Set a page aside; return where.

        Raises:
            DiskFull, InternalError: neither place takes it.
        """
        self._count += 1
        with disk_errors("a page"):
            if self._second is None:
                try:
                    return _written(self._folder / f"{self._count}", data)
                except OSError as exc:
                    _LOG.warning("pages wait in %s: %s", self._beside, exc)
                self._second = ProcessFolder.claim(self._beside)
            return _written(self._second.path / f"{self._count}", data)

    def close(self) -> None:
        """Remove what waits. May be called twice."""
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._second is not None:
            self._second.close()
            self._second = None
            with suppress(OSError):
                self._beside.rmdir()


def _written(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.write_bytes(data)
    except OSError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    return path
