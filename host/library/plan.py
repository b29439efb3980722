"""What a run will do: which volumes, how many pages, how long, how much disk. Nothing is decoded for it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from host.errors import IrodoriError
from host.library.opening import open_source
from host.library.shelf import file_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from host.library.manifest import Manifest, OutputRecord, VolumeRecord
    from host.library.shelf import Source
    from host.vocabulary import PageFormat

SECONDS_A_PAGE: Final = 2.0
"""A worker's time for a page where nothing has been measured yet."""
# Bytes out for bytes in, of scans in JPEG: how much disk to expect before anything has been written.
_GROWTH: Final[dict[PageFormat, float]] = {
    "png": 8.0, "webp_lossless": 5.0, "jxl": 5.0, "jpeg": 2.5, "webp": 1.5, "avif": 1.5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlannedVolume:
    """A source, its pages, and why it cannot be read, if so. done: its record, where nothing is left to do."""

    source: Source
    pages: int = 0
    fault: str = ""
    done: VolumeRecord | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All volumes in natural order, and what the rest of them takes. is_guess: no page has been measured yet."""

    volumes: tuple[PlannedVolume, ...]
    seconds: float
    disk_bytes: int
    free_bytes: int
    is_guess: bool

    @property
    def to_do(self) -> list[PlannedVolume]:
        """The volumes that are not done."""
        return [volume for volume in self.volumes if volume.done is None]

    @property
    def pages(self) -> int:
        """How many pages are to be coloured."""
        return sum(volume.pages for volume in self.to_do)


def make_plan(
    sources: Sequence[Source],
    output: Path,
    manifest: Manifest,
    orders: Callable[[Source, Sequence[str]], str],
    workers: int,
    page_format: PageFormat,
    *,
    retry: bool = False,
    told: Callable[[int, int], None] = lambda _done, _total: None,
) -> Plan:
    """Return the plan of a run.

    orders: gives the digest of how a volume is asked for, of it and the series that its books named. retry: volumes
    with failures are done again. told: hears after every volume how many of how many were looked at.
    """
    volumes = []
    for number, source in enumerate(sources, 1):
        done = _done(source, output, manifest, orders, retry=retry)
        volumes.append(PlannedVolume(source, done=done) if done is not None else counted(source))
        told(number, len(sources))
    measured = manifest.seconds_a_page
    to_do = [volume for volume in volumes if volume.done is None]
    pages = sum(volume.pages for volume in to_do)
    seconds = pages * (measured or SECONDS_A_PAGE) / max(1, workers)
    disk = int(sum(volume.source.bytes for volume in to_do if volume.pages) * _GROWTH[page_format])
    nearest = next(each for each in (output, *output.absolute().parents) if each.exists())
    return Plan(tuple(volumes), seconds, disk, shutil.disk_usage(nearest).free, measured is None)


def _done(
    source: Source, output: Path, manifest: Manifest, orders: Callable[[Source, Sequence[str]], str], *, retry: bool
) -> VolumeRecord | None:
    """Return a volume's record if it was done as it is asked for now, is what it was, and stands where it was put.

    One that could not be read is looked at again: that costs little, and what reads it may be installed by now.
    """
    record = manifest.get(source.place)
    if record is None or record.fault or (retry and record.is_wanting):
        return None
    if record.order != orders(source, record.series):
        return None
    if record.stamp != source.stamp and not _is_same(source, record):
        return None
    return record if all(_stands(output, one) for one in record.outputs) else None


def _is_same(source: Source, record: VolumeRecord) -> bool:
    if source.is_folder or not record.sha256:
        return False
    try:
        return file_digest(source.path) == record.sha256
    except OSError:
        return False


def _stands(output: Path, one: OutputRecord) -> bool:
    path = output / one.path
    if not one.path:
        return True
    return size_of(path) == one.size


def size_of(path: Path) -> int:
    """Return how many bytes an output has: a file, or all files of a folder; -1 where there is none."""
    if path.is_dir():
        return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    return path.stat().st_size if path.exists() else -1


def counted(source: Source) -> PlannedVolume:
    """Return a volume with the number of its pages, or why it cannot be read; nothing is decoded."""
    try:
        books = open_source(source)
    except IrodoriError as exc:
        return PlannedVolume(source, fault=exc.words)
    except OSError as exc:
        return PlannedVolume(source, fault=f"It cannot be read: {exc.strerror or exc}.")
    for book in books:
        book.close()
    return PlannedVolume(source, sum(len(book.pages) for book in books))
