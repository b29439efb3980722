"""What a run has done, a line of JSON for each volume; the last line about a volume counts.

A line is appended only once the volume's output has its name. A line that a kill cut short is not read.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from host.errors import Busy
from host.locks import ProcessLock
from host.store.disk import disk_errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FOLDER: Final = ".irodori-library"
_NAME: Final = "manifest.jsonl"
_LINE_BYTES_MAX: Final = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRecord:
    """A volume that was written: its path below the output, empty where none was; its pages by verdict.

    failed: name and reason of each page that failed. reference: whose colours it took, in words.
    """

    path: str
    size: int = 0
    sha256: str = ""
    pages: int = 0
    coloured: int = 0
    left: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    left_reasons: Mapping[str, int] = field(default_factory=dict)
    written: int = 0
    reference: str = ""
    direction: str = "auto"
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeRecord:
    """A source that came to its end. order: how it was asked for. fault: why nothing of it was written, if so.

    left_out: name, reason, and whether pages may be lost with it. seconds: that its pages took, all workers together.
    """

    place: str
    stamp: str
    sha256: str
    order: str
    outputs: tuple[OutputRecord, ...] = ()
    left_out: tuple[tuple[str, str, bool], ...] = ()
    fault: str = ""
    seconds: float = 0.0

    @property
    def has_failures(self) -> bool:
        """Whether a page failed or may have been lost, or all of it."""
        lost = any(lost for _, _, lost in self.left_out)
        return bool(self.fault) or lost or any(one.failed or one.written < one.pages for one in self.outputs)


class Manifest:
    """The file in an output folder; one run at a time has it. A context manager."""

    def __init__(self, output: Path) -> None:
        """Open the manifest of an output.

        Raises:
            Busy: another run works there.
        """
        self.folder = output / FOLDER
        with disk_errors(str(self.folder)):
            self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = ProcessLock(self.folder / "lock")
        if not self._lock.try_acquire():
            self._lock.close()
            raise Busy(f"Another run works in {output}.", "Wait until it ends, or end it.")
        self._path = self.folder / _NAME
        self._records = _read(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def get(self, place: str) -> VolumeRecord | None:
        """Return what is known of a volume."""
        return self._records.get(place)

    def add(self, record: VolumeRecord) -> None:
        """Note a volume's end; it is on the disk when this returns.

        Raises:
            DiskFull, InternalError
        """
        line = json.dumps(asdict(record), ensure_ascii=True).encode() + b"\n"
        with disk_errors(str(self._path)), self._path.open("ab+") as file:
            if file.tell() and not _ends_line(self._path):
                file.write(b"\n")  # after a line that was cut short
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._records[record.place] = record

    @property
    def seconds_a_page(self) -> float | None:
        """What a page took of a worker's time so far; None before the first."""
        records = self._records.values()
        pages = sum(one.coloured + one.left for record in records for one in record.outputs)
        return sum(record.seconds for record in records) / pages if pages else None


def _ends_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _read(path: Path) -> dict[str, VolumeRecord]:
    records: dict[str, VolumeRecord] = {}
    try:
        with path.open("rb") as file:
            while line := file.readline(_LINE_BYTES_MAX):
                record = _record(line)
                if record is not None:
                    records[record.place] = record
    except FileNotFoundError:
        pass
    return records


def _record(line: bytes) -> VolumeRecord | None:
    try:
        told: dict[str, Any] = json.loads(line)
        outputs = tuple(
            OutputRecord(**{**one, "failed": tuple(map(tuple, one.get("failed", ())))}) for one in told.pop("outputs")
        )
        left_out = tuple(map(tuple, told.pop("left_out", ())))
        return VolumeRecord(**told, outputs=outputs, left_out=left_out)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
