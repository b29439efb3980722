"""A folder of one process: removed at its end, and swept by the next process if it died before."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
from typing import TYPE_CHECKING, Self

from host.locks import ProcessLock

if TYPE_CHECKING:
    from pathlib import Path

_LOG = logging.getLogger(__name__)
_LOCK_SUFFIX = ".lock"


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
        """Sweep what dead processes left in `parent`, and make a folder there for this one."""
        parent.mkdir(parents=True, exist_ok=True)
        sweep(parent)
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        lock_path = parent / f"{name}{_LOCK_SUFFIX}"
        lock = ProcessLock(lock_path)
        lock.try_acquire()
        path = parent / name
        path.mkdir()
        return cls(path, lock, lock_path)

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock_path.unlink(missing_ok=True)
        self._lock.close()


def sweep(parent: Path) -> int:
    """Remove the folders in `parent` whose process is dead; return how many."""
    removed = 0
    for folder in [entry for entry in parent.iterdir() if entry.is_dir()]:
        lock_path = folder.with_name(folder.name + _LOCK_SUFFIX)
        lock = ProcessLock(lock_path)
        # The owner locks before it makes the folder: a folder with a free lock, or with none, has no owner.
        if lock.try_acquire():
            shutil.rmtree(folder, ignore_errors=True)
            lock_path.unlink(missing_ok=True)
            removed += 1
        lock.close()
    if removed:
        _LOG.info("swept %d folders of dead processes in %s", removed, parent)
    return removed
