"""What a run has done, a record for each volume, noted only once the volume's output has its name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from host.library.ledger import FOLDER as FOLDER
from host.library.ledger import Ledger, LockedFolder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NAME: Final = "manifest.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRecord:
    """A volume that was written: its path below the output, empty where none was; its pages by verdict.

    failed: name and reason of each page that failed. undone: on how many pages a model that was to work on the
    reader's words did not. reference, palette: whose colours it took, in words.
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
    palette: str = ""
    direction: str = "auto"
    words: str = ""
    undone: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeRecord:
    """A source that came to its end. order: how it was asked for. fault: why nothing of it was written, if so.

    left_out: name, reason, and whether pages may be lost with it. seconds: that its pages took, all workers together.
    series: what its books call theirs, as their ComicInfo.xml says.
    """

    place: str
    stamp: str
    sha256: str
    order: str
    outputs: tuple[OutputRecord, ...] = ()
    left_out: tuple[tuple[str, str, bool], ...] = ()
    fault: str = ""
    seconds: float = 0.0
    series: tuple[str, ...] = ()

    @property
    def is_wanting(self) -> bool:
        """Whether doing it again may give more: something failed, or models did not work on the reader's words."""
        return self.has_failures or any(one.undone for one in self.outputs)

    @property
    def has_failures(self) -> bool:
        """Whether a page failed or may have been lost, or all of it."""
        lost = any(lost for _, _, lost in self.left_out)
        return bool(self.fault) or lost or any(one.failed or one.written < one.pages for one in self.outputs)


class Manifest(LockedFolder):
    """The file in an output folder; one run at a time has it. A context manager."""

    def __init__(self, output: Path) -> None:
        """Open the manifest of an output.

        Raises:
            Busy: another run works there.
        """
        super().__init__(output)
        self._ledger = Ledger(self.folder / _NAME, lambda record: record.place, _record)

    def get(self, place: str) -> VolumeRecord | None:
        """Return what is known of a volume."""
        return self._ledger.get(place)

    def add(self, record: VolumeRecord) -> None:
        """Note a volume's end; it is on the disk when this returns.

        Raises:
            DiskFull, InternalError
        """
        self._ledger.add(record)

    @property
    def seconds_a_page(self) -> float | None:
        """What a page took of a worker's time so far; None before the first."""
        records = self._ledger.records
        pages = sum(one.coloured + one.left for record in records for one in record.outputs)
        return sum(record.seconds for record in records) / pages if pages else None


def _record(told: dict[str, Any]) -> VolumeRecord:
    outputs = tuple(
        OutputRecord(**{**one, "failed": tuple(map(tuple, one.get("failed", ())))}) for one in told.pop("outputs")
    )
    left_out = tuple(map(tuple, told.pop("left_out", ())))
    series = tuple(told.pop("series", ()))
    return VolumeRecord(**told, outputs=outputs, left_out=left_out, series=series)
