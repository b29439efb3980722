"""A folder that the reader drops weights and LoRAs into: what lies there, and when it changes.

A file that is still being copied is waited for: it counts once its size has stood still and its header is whole.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from models.identify import DATA, PICKLES, UNKNOWN, Identity, identify
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from watchdog.events import FileSystemEvent

_LOG = logging.getLogger(__name__)
_QUIET_S: Final = 1.0
_FILES_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file of the folder. fault: why it cannot be used, in words; empty where it can."""

    path: Path
    bytes: int
    identity: Identity
    fault: str = ""


def scan(folder: Path) -> tuple[Dropped, ...]:
    """Return what lies in a folder, by name; files that are no weights at all are passed over."""
    return tuple(_dropped(path) for path in _files(folder, DATA | PICKLES))


def data_files(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder that may be weights and hold no code, by name."""
    return _files(folder, DATA)


def _files(folder: Path, suffixes: frozenset[str]) -> tuple[Path, ...]:
    if not folder.is_dir():
        return ()
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes and path.is_file())
    return tuple(paths[:_FILES_MAX])


def _dropped(path: Path) -> Dropped:
    try:
        facts = path.stat()
    except OSError as exc:
        return Dropped(path, 0, UNKNOWN, str(exc))
    return _looked_at(path, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=2 * _FILES_MAX)
def _looked_at(path: Path, size: int, changed_ns: int) -> Dropped:
    """Return what a file is; `changed_ns` lets a file that has changed be looked at anew."""
    del changed_ns
    try:
        return Dropped(path, size, identify(path))
    except (WeightsInvalid, OSError) as exc:
        return Dropped(path, size, UNKNOWN, str(exc))


class DropFolder:
    """Watches a folder and tells what lies there whenever it has changed and come to rest.

    `changed` is called on a thread of the watcher's own; `watching` is set once nothing is missed any more.
    """

    def __init__(
        self,
        folder: Path,
        changed: Callable[[tuple[Dropped, ...]], None],
        quiet_s: float = _QUIET_S,
        make_thread: Callable[..., threading.Thread] | None = None,
    ) -> None:
        self._folder = folder
        self._changed = changed
        self._quiet_s = quiet_s
        self._stirred = threading.Event()
        self._closing = threading.Event()
        self._known: tuple[Dropped, ...] = ()
        self.watching = threading.Event()
        make_thread = make_thread or partial(threading.Thread, daemon=True)
        self._thread = make_thread(target=self._watch, name="drop-folder")

    def start(self) -> None:
        """Begin to watch: whatever differs from what lies there now is told. The folder is made where it is missing."""
        self._known = scan(self._folder)
        self._thread.start()

    def close(self) -> None:
        """Stop. May be called twice, and without a start."""
        self._closing.set()
        self._stirred.set()
        if self._thread.is_alive():
            self._thread.join(2 * self._quiet_s + 1)

    def _watch(self) -> None:
        from watchdog.events import FileSystemEventHandler
        from watchdog.observers import Observer

        stirred = self._stirred

        class Handler(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                # Opening and reading, ours too, are events as well.
                if event.event_type in ("created", "modified", "moved", "deleted", "closed"):
                    stirred.set()

        observer = Observer()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            observer.schedule(Handler(), str(self._folder), recursive=True)
            observer.start()
        except OSError as exc:
            _LOG.warning("%s is not watched: %s", self._folder, exc)
            return
        try:
            self._tell()
            self.watching.set()
            while not self._closing.is_set():
                if self._stirred.wait() and not self._closing.is_set():
                    self._settle()
                    self._tell()
        finally:
            observer.stop()
            observer.join(2)

    def _settle(self) -> None:
        """Wait until nothing has changed for a while, by events and by sizes: not every system tells of each write."""
        sizes = None
        while not self._closing.is_set():
            self._stirred.clear()
            before, sizes = sizes, self._sizes()
            if self._stirred.wait(self._quiet_s):
                continue
            if sizes == before or sizes == self._sizes():
                return

    def _sizes(self) -> dict[Path, tuple[int, int]]:
        found = {}
        for path in self._folder.rglob("*"):
            try:
                facts = path.stat()
            except OSError:
                continue
            found[path] = facts.st_size, facts.st_mtime_ns
        return found

    def _tell(self) -> None:
        began = time.monotonic()
        known = scan(self._folder)
        if known != self._known and not self._closing.is_set():
            self._known = known
            self._changed(known)
            _LOG.info("%d files in %s, looked at in %.2f s", len(known), self._folder, time.monotonic() - began)
