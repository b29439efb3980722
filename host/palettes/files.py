"""Palettes on the disk: one JSON file a series, and the versions before it, so that changes can be taken back."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from host.errors import BadRequest, Busy, InternalError, IrodoriError, NotFound, TooLarge
from host.locks import ProcessLock
from host.palette_records import SeriesPalette
from host.palettes.sightings import series_key
from host.store.disk import disk_errors, write_synced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LOG = logging.getLogger(__name__)
BYTES_MAX: Final = 16 << 20
VERSIONS_KEPT: Final = 50
_WAIT_S: Final = 5.0
_FILE: Final = "palette.json"


class PaletteFiles:
    """Thread-safe, and safe beside another process on the same home."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.RLock()

    def get(self, series: str) -> SeriesPalette:
        """Return a series' palette, an empty one where there is none.

        Raises:
            BadRequest: its file was changed by somebody and is no palette any more. TooLarge, InternalError
        """
        return self._read(self._folder(series) / _FILE) or _empty(series)

    def has(self, series: str) -> bool:
        """Tell whether a series has a palette."""
        return (self._folder(series) / _FILE).is_file()

    def every(self) -> list[SeriesPalette]:
        """Return all palettes, by the names of their series; what is none is left out with a line in the log."""
        found = []
        for path in sorted(self._root.glob(f"*/{_FILE}")):
            try:
                palette = self._read(path)
            except IrodoriError as exc:
                _LOG.warning("a palette is left out: %s", exc.message)
                continue
            if palette is not None:
                found.append(palette)
        return sorted(found, key=lambda one: one.series)

    def change(
        self, series: str, edit: Callable[[SeriesPalette], SeriesPalette]
    ) -> tuple[SeriesPalette, SeriesPalette]:
        """Change a palette and return it as it was and as it is; the version before is kept.

        Raises:
            Busy, DiskFull, InternalError, and whatever `edit` raises: nothing is changed then.
        """
        folder = self._folder(series)
        with self._held(folder):
            before = self.get(series)
            after = edit(before)
            if after != before:
                data = encode(after)
                with disk_errors("a palette"):
                    versions = self._versions(folder)
                    last = int(versions[-1].stem) if versions else 0
                    write_synced(folder / f"{last + 1:08}.json", encode(before))
                    self._replace(folder, data)
                    for old in versions[: -(VERSIONS_KEPT - 1)]:
                        old.unlink(missing_ok=True)
        return before, after

    def undo(self, series: str) -> tuple[SeriesPalette, SeriesPalette]:
        """Take the last change back; return the palette as it was and as it is.

        Raises:
            NotFound: there is none to take back. Busy, DiskFull, InternalError, BadRequest
        """
        folder = self._folder(series)
        with self._held(folder):
            versions = self._versions(folder)
            if not versions:
                raise NotFound("There is no change to take back.", "The palette is as it was first kept.")
            before, after = self.get(series), self._read(versions[-1]) or _empty(series)
            with disk_errors("a palette"):
                self._replace(folder, encode(after))
                versions[-1].unlink(missing_ok=True)
        return before, after

    def can_undo(self, series: str) -> bool:
        """Tell whether there is a change to take back."""
        return bool(self._versions(self._folder(series)))

    def _folder(self, series: str) -> Path:
        return self._root / series_key(series)

    @staticmethod
    def _versions(folder: Path) -> list[Path]:
        return sorted(path for path in folder.glob("*.json") if path.stem.isdecimal())

    @staticmethod
    def _read(path: Path) -> SeriesPalette | None:
        try:
            with path.open("rb") as file:
                data = file.read(BYTES_MAX + 1)
        except (FileNotFoundError, NotADirectoryError):  # in a home that takes no folder
            return None
        except OSError as exc:
            message = f"The palette cannot be read: {exc.strerror or exc}."
            raise InternalError(message, "`irodori doctor` checks the folders.") from exc
        return decode(data)

    @staticmethod
    def _replace(folder: Path, data: bytes) -> None:
        temporary = folder / f"{secrets.token_hex(8)}.new"
        write_synced(temporary, data)
        temporary.replace(folder / _FILE)

    @contextmanager
    def _held(self, folder: Path) -> Iterator[None]:
        with self._lock, disk_errors("a palette"):
            folder.mkdir(parents=True, exist_ok=True)
            lock, deadline = ProcessLock(folder / "lock"), time.monotonic() + _WAIT_S
        with self._lock:
            try:
                while not lock.try_acquire():
                    if time.monotonic() > deadline:
                        raise Busy("Another host is changing this palette.", "Try again in a moment.")
                    time.sleep(0.01)
                yield
            finally:
                lock.close()


def encode(palette: SeriesPalette) -> bytes:
    """Return a palette as its file holds it."""
    return msgspec.json.format(msgspec.json.encode(palette), indent=1) + b"\n"


def decode(data: bytes) -> SeriesPalette:
    """Return the palette that a file holds.

    Raises:
        TooLarge. BadRequest: it is none; says where.
    """
    if len(data) > BYTES_MAX:
        raise TooLarge("The palette is too large.", f"At most {BYTES_MAX >> 20} MiB.")
    try:
        palette = msgspec.json.decode(data, type=SeriesPalette)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise BadRequest(
            f"It is no valid palette: {exc}.", "docs/schemas/palette.schema.json says what one is."
        ) from exc
    for what, ids in (
        ("character", [one.character_id for one in palette.characters]),
        ("place", [one.place_id for one in palette.places]),
    ):
        if len(set(ids)) < len(ids):
            raise BadRequest(
                f"It is no valid palette: two {what}s have one id.", f"Give every {what} an id of its own."
            )
    return palette


def _empty(series: str) -> SeriesPalette:
    return SeriesPalette(version=1, series=series)
