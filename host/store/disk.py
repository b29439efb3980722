"""The disk's errors become ours here; writing without half-written files."""

from __future__ import annotations

import errno
import logging
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from host.errors import DiskFull, InternalError, IrodoriError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOG = logging.getLogger(__name__)
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_ASIDE_MAX: Final = 100


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Map what the file system raises while writing `what`.

    Raises:
        DiskFull: no room, or over a quota. InternalError: anything else, with the reason.
    """
    try:
        yield
    except OSError as exc:
        if exc.errno in _NO_ROOM:
            raise DiskFull(f"The disk has no room for {what}.", "Free some space, or lower cache_limit_mib.") from exc
        message = f"{what} cannot be written: {exc.strerror or exc}."
        raise InternalError(message, "`irodori doctor` checks the folders.") from exc


class NotNeeded:
    """A context manager that lets what only spares later work fail: the log hears of it, and nobody else."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, exc: BaseException | None, _trace: object) -> bool:
        if isinstance(exc, IrodoriError):
            _LOG.warning("%s: %s", self._what, exc)
            return True
        return False


def read_kept(path: Path, bytes_max: int) -> bytes:
    """Return a file's bytes; a folder, a device or a pipe, which might never end, is not opened.

    Raises:
        FileNotFoundError: there is nothing of this name. OSError: it is no file, is too large or cannot be read.
    """
    if path.is_symlink() and not path.exists():
        raise OSError("it is a link to nothing")
    if path.exists() and not path.is_file():
        raise OSError("it is no file")
    with path.open("rb") as file:
        content = file.read(bytes_max + 1)
    if len(content) > bytes_max:
        raise OSError(f"it has over {bytes_max} bytes")
    return content


def keep_aside(path: Path) -> Path | None:
    """Rename what cannot be read, so that it can be mended by hand and another takes its place; return its new path.

    None: it cannot be renamed, which the log tells.
    """
    names = (path.with_suffix(f".broken{number}{path.suffix}") for number in ("", *range(2, _ASIDE_MAX)))
    aside = next((name for name in names if not os.path.lexists(name)), path.with_suffix(f".broken{path.suffix}"))
    try:
        path.replace(aside)
    except OSError as exc:
        _LOG.warning("%s cannot be kept aside: %s", path, exc)
        return None
    _LOG.warning("%s is kept as %s", path, aside.name)
    return aside


def write_synced(path: Path, data: bytes) -> None:
    """Write a file and wait until the disk has it; a failure leaves no file."""
    try:
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def sync_file(path: Path) -> None:
    """Wait until the disk has a file that is written."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def file_stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is written anew (time in ns, size, inode); None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the folder's entries (POSIX; elsewhere a rename is durable by itself)."""
    if os.name != "posix":  # pragma: no cover - needs that system
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
