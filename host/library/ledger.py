"""What came to its end, a line of JSON for each; the last line about one counts. One run at a time has a folder.

A line is appended only once what it tells of stands. A line that a kill cut short is not read.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar, cast

from host.errors import Busy
from host.locks import ProcessLock
from host.store.disk import disk_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FOLDER: Final = ".irodori-library"
_LINE_BYTES_MAX: Final = 64 << 20

R = TypeVar("R")


class LockedFolder:
    """Our own folder in an output, which one run at a time has. A context manager."""

    def __init__(self, output: Path, lock: str = "lock") -> None:
        """Take it.

        Raises:
            Busy: another run works there. DiskFull, InternalError
        """
        self.folder = output / FOLDER
        with disk_errors(str(self.folder)):
            self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = ProcessLock(self.folder / lock)
        if not self._lock.try_acquire():
            self._lock.close()
            raise Busy(f"Another run works in {output}.", "Wait until it ends, or end it.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()


class Ledger(Generic[R]):
    """A file of records; not thread-safe.

    key_of: what a record is about. record_of: makes one of a line's object; ValueError, TypeError, KeyError and
    AttributeError say that it is none.
    """

    def __init__(self, path: Path, key_of: Callable[[R], str], record_of: Callable[[dict[str, Any]], R]) -> None:
        self._path, self._key_of = path, key_of
        self._records = {key_of(record): record for record in read_lines(path, record_of)}

    def get(self, key: str) -> R | None:
        """Return what is known of one."""
        return self._records.get(key)

    @property
    def records(self) -> list[R]:
        """All of them, in the order in which they were first heard of."""
        return list(self._records.values())

    def add(self, record: R) -> None:
        """Note a record (a dataclass); it is on the disk when this returns.

        Raises:
            DiskFull, InternalError
        """
        line = json.dumps(asdict(cast("Any", record)), ensure_ascii=True).encode() + b"\n"
        with disk_errors(str(self._path)), self._path.open("ab+") as file:
            if file.tell() and not _ends_line(self._path):
                file.write(b"\n")  # after a line that was cut short
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._records[self._key_of(record)] = record


def read_lines(path: Path, record_of: Callable[[dict[str, Any]], R]) -> Iterator[R]:
    """Yield the records of a file, one at a time; lines that are none are passed over."""
    try:
        with path.open("rb") as file:
            while line := file.readline(_LINE_BYTES_MAX):
                try:
                    yield record_of(json.loads(line))
                except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                    continue
    except FileNotFoundError:
        return


def _ends_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
