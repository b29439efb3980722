"""The lock between processes."""

from __future__ import annotations

import errno
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from host import locks
from host.locks import ProcessLock

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import sys
from pathlib import Path
from host.locks import ProcessLock
print(ProcessLock(Path(sys.argv[1])).try_acquire(), flush=True)
sys.stdin.readline()
"""


def test_a_lock_excludes_every_other_object_until_it_is_released(tmp_path: Path) -> None:
    one, two = ProcessLock(tmp_path / "deep" / "lock"), ProcessLock(tmp_path / "deep" / "lock")
    assert one.try_acquire()
    assert not two.try_acquire()
    one.release()
    assert two.try_acquire()
    two.close()
    assert one.try_acquire()
    one.close()
    one.close()


def test_a_disk_that_knows_no_locks_is_told_from_a_lock_that_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks, "_lock", unknown)
    with pytest.raises(OSError, match="No locks"):
        ProcessLock(tmp_path / "lock").try_acquire()


def test_a_dead_process_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == b"True"
    lock = ProcessLock(path)
    assert not lock.try_acquire()
    holder.kill()
    holder.communicate()
    assert lock.try_acquire()
    lock.close()
