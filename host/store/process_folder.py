"""A folder of one process: removed at its end, and swept by the next process if it died before."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from host.locks import ProcessLock

if TYPE_CHECKING:
    from pathlib import Path

_LOG = logging.getLogger(__name__)
_LOCK_SUFFIX = ".lock"
_LONE_LOCK_S = 60.0


class ProcessFolder:
    """`path` is ours while we live.

    Beside it stands a lock file that the system frees when the process dies, however it dies; a folder whose lock is
    free has no owner. (A process id alone would not tell: ids are reused, and browsers run hosts in namespaces.)
    """

    def __init__(self, path: Path, lock: ProcessLock, lock_path: Path) -> None:
        self.path = path
        self._lock = lock
        self._lock_path = lock_path

    @classmethod
    def claim(cls, parent: Path) -> Self:
        """Sweep what dead processes left in `parent`, and make a folder there for this one.

        Raises:
            OSError: it cannot be made.
        """
        parent.mkdir(parents=True, exist_ok=True)
        sweep(parent)
        folder = cls._named(parent)
        with suppress(OSError):  # a disk that knows no locks
            folder._lock.try_acquire()  # noqa: SLF001 - one of our own
        folder.path.mkdir()
        return folder

    @classmethod
    def claim_or_none(cls, parent: Path) -> Self:
        """As `claim`; where no folder can be made, return one that is not there: what is written into it fails."""
        try:
            return cls.claim(parent)
        except OSError as exc:
            _LOG.warning("nothing can be written to %s: %s", parent, exc)
            return cls._named(parent)

    @classmethod
    def _named(cls, parent: Path) -> Self:
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        lock_path = parent / f"{name}{_LOCK_SUFFIX}"
        return cls(parent / name, ProcessLock(lock_path), lock_path)

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        with suppress(OSError):
            self._lock_path.unlink(missing_ok=True)
        self._lock.close()


def sweep(parent: Path) -> int:
    """Remove the folders in `parent` whose process is dead; return how many."""
    removed = 0
    for folder in [entry for entry in parent.iterdir() if entry.is_dir()]:
        lock_path = folder.with_name(folder.name + _LOCK_SUFFIX)
        # The owner locks before it makes the folder: a folder with a free lock, or with none, has no owner.
        if _remove_if_free(lock_path, folder):
            removed += 1
    for lock_path in parent.glob(f"*{_LOCK_SUFFIX}"):
        # Without a folder, its owner may be about to make one.
        if not lock_path.with_suffix("").exists() and _age_s(lock_path) > _LONE_LOCK_S:
            _remove_if_free(lock_path, None)
    if removed:
        _LOG.info("swept %d folders of dead processes in %s", removed, parent)
    return removed


def _remove_if_free(lock_path: Path, folder: Path | None) -> bool:
    lock = ProcessLock(lock_path)
    try:
        free = lock.try_acquire()
    except OSError:
        free = False
    if free:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        lock_path.unlink(missing_ok=True)
    lock.close()
    return free


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
