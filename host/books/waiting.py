"""Where pages wait for their archive: in a file in a folder of ours, or beside the archive where that takes none.

The file stays open: who empties the folder takes no page with it.
"""

from __future__ import annotations

import logging
import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from host.store.disk import disk_errors
from host.store.process_folder import ProcessFolder, sweep

if TYPE_CHECKING:
    from pathlib import Path

_LOG = logging.getLogger(__name__)
BESIDE: Final = ".irodori-waiting"
"""The folder beside an archive; there only while pages wait in it."""
_NAME: Final = "pages"


@dataclass(frozen=True, slots=True, eq=False)
class SetAside:
    """A page that waits. size: of its bytes."""

    file: IO[bytes]
    place: int
    size: int

    def read(self) -> bytes:
        """Return its bytes."""
        self.file.seek(self.place)
        return self.file.read(self.size)


class WaitingRoom:
    """Pages of one archive. `folder` is made at the first need."""

    def __init__(self, folder: Path, archive: Path) -> None:
        self._folder = folder
        self._beside = archive.parent / BESIDE
        self._second: ProcessFolder | None = None
        self._files: list[IO[bytes]] = []

    def sweep(self) -> None:
        """Remove what a killed run left beside the archive."""
        with suppress(OSError):
            if self._beside.is_dir():
                sweep(self._beside)
                self._beside.rmdir()

    def put(self, data: bytes) -> SetAside:
        """Set a page aside.

        Raises:
            DiskFull, InternalError: neither place takes it.
        """
        with disk_errors("a page"):
            if self._second is None:
                try:
                    return self._append(self._folder, data)
                except OSError as exc:
                    _LOG.warning("pages wait in %s: %s", self._beside, exc)
                self._second = ProcessFolder.claim(self._beside)
                return self._append(self._second.path, data, anew=True)
            return self._append(self._second.path, data)

    def close(self) -> None:
        """Remove what waits. May be called twice."""
        self._let_go()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._second is not None:
            self._second.close()
            self._second = None
            with suppress(OSError):
                self._beside.rmdir()

    def __del__(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        for file in self._files:
            with suppress(OSError):
                file.close()
        self._files.clear()

    def _append(self, folder: Path, data: bytes, *, anew: bool = False) -> SetAside:
        if anew or not self._files:
            folder.mkdir(parents=True, exist_ok=True)
            self._files.append((folder / _NAME).open("w+b", buffering=0))
        file = self._files[-1]
        place = file.seek(0, 2)
        try:
            written = 0
            while written < len(data):
                written += file.write(memoryview(data)[written:])
        except OSError:
            with suppress(OSError):
                file.truncate(place)
            raise
        return SetAside(file, place, len(data))
