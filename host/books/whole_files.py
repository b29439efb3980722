"""Files that appear whole or not at all, with the permissions that the reader's umask leaves them."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from host.books.names import same_name, same_place
from host.errors import BadRequest
from host.locks import ProcessLock
from host.store.disk import disk_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PREFIX: Final = ".irodori-"
_SUFFIX: Final = ".part"
_YOUNG_S: Final = 1.0


def write_whole(path: Path, data: bytes, sources: frozenset[Path] = frozenset()) -> None:
    """Write a file by way of a temporary one beside it.

    Raises:
        BadRequest: the file is one of the sources. DiskFull, InternalError
    """
    with disk_errors(str(path)), temporary_beside(path, sources) as temporary:
        temporary.write_bytes(data)


def refuse_source(path: Path, sources: frozenset[Path]) -> None:
    """Refuse a path that is one of the sources, also where only case or composition of letters differ.

    Raises:
        BadRequest
    """
    if same_place(path) in _places(sources):
        raise is_a_source(path)


def is_a_source(path: Path) -> BadRequest:
    """Return the refusal to write to a source."""
    return BadRequest(f"{path} is a source.", "Choose another --output; sources are never overwritten.")


@lru_cache(maxsize=4)
def _places(sources: frozenset[Path]) -> frozenset[str]:
    # Asked for every page of a run, whose sources are always the same set.
    return frozenset(same_name(str(source)) for source in sources)


@contextlib.contextmanager
def temporary_beside(path: Path, sources: frozenset[Path]) -> Iterator[Path]:
    """Give a file to write; at the end it takes the place of `path`, after an exception it is gone."""
    if path in sources or (path.exists() and sources):
        refuse_source(path, sources)
    with temporary_in(path.parent, lambda temporary: temporary.replace(path)) as temporary:
        yield temporary


@contextlib.contextmanager
def temporary_in(folder: Path, settle: Callable[[Path], object]) -> Iterator[Path]:
    """Give a file to write in a folder, which is made where it lacks; at the end `settle` gives it its own name.

    After an exception, or where `settle` leaves it, it is gone.
    """
    make_folders(folder)
    temporary = folder / f"{_PREFIX}{secrets.token_hex(6)}{_SUFFIX}"
    lock = ProcessLock(temporary)
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        lock.try_acquire()
        yield temporary
        if os.name == "nt":  # pragma: no cover - an open file cannot be renamed there
            lock.close()
        settle(temporary)
    finally:
        lock.close()
        temporary.unlink(missing_ok=True)


def make_folders(folder: Path) -> None:
    """Make a folder and those above it, however many."""
    missing = []
    for each in (folder, *folder.parents):
        if each.exists():
            break
        missing.append(each)
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
    if not folder.is_dir():
        folder.mkdir()


def sweep_parts(folder: Path) -> None:
    """Remove temporary files that a killed process left in a folder: those that nobody holds a lock on."""
    with contextlib.suppress(OSError):
        for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
            lock = ProcessLock(path)
            # its maker may be about to lock it
            if time.time() - path.stat().st_mtime > _YOUNG_S and lock.try_acquire():
                path.unlink(missing_ok=True)
            lock.close()


def require_nameable(path: Path) -> None:
    """Check that the system takes a path at all, whether or not something is there.

    Raises:
        BadRequest: it does not; its name may be too long.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError) as exc:
        raise BadRequest(f"{path} cannot be written: {getattr(exc, 'strerror', exc)}.", "Choose another name.") from exc


def require_writable(folder: Path) -> None:
    """Check that files can be made in a folder, or in the nearest one above it that is there.

    Raises:
        BadRequest: they cannot.
    """
    try:
        nearest = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        if not nearest.is_dir():
            raise BadRequest(f"{nearest} is a file.", "Choose a folder as --output.")
        probe = nearest / f"{_PREFIX}{secrets.token_hex(6)}{_SUFFIX}"
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        probe.unlink()
    except OSError as exc:
        raise BadRequest(f"Nothing can be written to {folder}: {exc.strerror}.", "Choose another --output.") from exc
