"""A folder for what has to lie on disk while a book is read; it is made at the first need and goes with the book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host.paths import state_paths
from host.store.disk import disk_errors
from host.store.process_folder import ProcessFolder

if TYPE_CHECKING:
    from pathlib import Path


class Scratch:
    """Swept by a later process where this one is killed. `close` may be called twice."""

    def __init__(self) -> None:
        self._folder: ProcessFolder | None = None

    @property
    def path(self) -> Path:
        """The folder.

        Raises:
            DiskFull, InternalError: it cannot be made.
        """
        if self._folder is None:
            with disk_errors("what an archive holds"):
                self._folder = ProcessFolder.claim(state_paths().cache / "unpacked")
        return self._folder.path

    def close(self) -> None:
        """Remove it with all that is in it."""
        if self._folder is not None:
            self._folder.close()
            self._folder = None
