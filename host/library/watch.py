"""A shelf that is watched: what is put there is coloured once it has come to rest."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

SETTLE_S: Final = 2.0
_LOOK_S: Final = 0.5
_CHANGES: Final = ("created", "modified", "moved", "deleted", "closed")


class ShelfWatch:
    """A context manager: from its entry on no change is missed. What happens below `output` is no change."""

    def __init__(self, roots: Sequence[Path], output: Path, settle_s: float = SETTLE_S) -> None:
        self._roots = roots
        self._output = os.path.realpath(output)
        self._settle_s = settle_s
        self._changed = threading.Event()
        self._last_s = 0.0
        self._observer: Any = None

    def __enter__(self) -> Self:
        from watchdog.events import FileSystemEvent, FileSystemEventHandler
        from watchdog.observers import Observer

        watch = self

        class Handler(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                watch.note(event.event_type, os.fsdecode(event.dest_path or event.src_path))

        self._observer = Observer()
        for root in self._roots:
            folder = root if root.is_dir() else root.parent
            self._observer.schedule(Handler(), str(folder), recursive=True)
        self._observer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._observer.stop()
        self._observer.join()

    def note(self, kind: str, path: str) -> None:
        """Take a change in."""
        real = Path(os.path.realpath(path))
        if kind in _CHANGES and not real.is_relative_to(self._output):
            self._last_s = time.monotonic()
            self._changed.set()

    def wait(self) -> None:
        """Return once something has changed since the last call, and then nothing for a while."""
        while not self._changed.wait(_LOOK_S):  # in steps, so that a signal is heard on every system
            pass
        while time.monotonic() - self._last_s < self._settle_s:
            time.sleep(_LOOK_S / 5)
        self._changed.clear()
