"""Palettes on the disk: one JSON file a series, and the versions before it, so that changes can be taken back."""

from __future__ import annotations

import logging
import re
import secrets
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from host.errors import BadRequest, Busy, IrodoriError, NotFound, TooLarge
from host.locks import ProcessLock
from host.palette_records import SeriesPalette
from host.palettes.sightings import series_key
from host.store.disk import disk_errors, keep_aside, read_kept, write_synced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LOG = logging.getLogger(__name__)
BYTES_MAX: Final = 16 << 20
VERSIONS_KEPT: Final = 50
_WAIT_S: Final = 5.0
_FILE: Final = "palette.json"
_UNREADABLE: Final = (OSError, IrodoriError)


class PaletteFiles:
    """Thread-safe, and safe beside another process on the same home.

    Where a series' file cannot be read as a palette, its newest version that can be is in force, with a line in the
    log; the file is kept aside before another takes its place.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.RLock()

    def get(self, series: str) -> SeriesPalette:
        """Return a series' palette, an empty one where there is none."""
        return self._in_force(self._folder(series))[0] or _empty(series)

    def has(self, series: str) -> bool:
        """Tell whether a series has a palette."""
        return (self._folder(series) / _FILE).is_file()

    def every(self) -> list[SeriesPalette]:
        """Return all palettes, by the names of their series."""
        folders = [path.parent for path in sorted(self._root.glob(f"*/{_FILE}"))]
        found = (self._in_force(folder)[0] for folder in folders)
        return sorted((palette for palette in found if palette is not None), key=lambda one: one.series)

    def change(
        self, series: str, edit: Callable[[SeriesPalette], SeriesPalette]
    ) -> tuple[SeriesPalette, SeriesPalette]:
        """Change a palette and return it as it was and as it is; the version before is kept.

        Raises:
            TooLarge: it would be one that is not read. Busy, DiskFull, InternalError, and whatever `edit` raises:
            nothing is changed then.
        """
        folder = self._folder(series)
        with self._held(folder):
            kept, is_whole = self._in_force(folder)
            before = kept or _empty(series)
            after = edit(before)
            if after != before:
                data = encode(after)
                _require_fitting(data)
                with disk_errors("a palette"):
                    versions = self._versions(folder)
                    last = int(versions[-1].stem) if versions else 0
                    write_synced(folder / f"{last + 1:08}.json", encode(before))
                    self._replace(folder, data, is_whole=is_whole)
                    for old in versions[: -(VERSIONS_KEPT - 1)]:
                        old.unlink(missing_ok=True)
        return before, after

    def undo(self, series: str) -> tuple[SeriesPalette, SeriesPalette]:
        """Take the last change back; return the palette as it was and as it is.

        Raises:
            NotFound: there is none to take back. Busy, DiskFull, InternalError
        """
        folder = self._folder(series)
        with self._held(folder):
            readable = ((path, _palette_or_none(path)) for path in reversed(self._versions(folder)))
            last, after = next(((path, palette) for path, palette in readable if palette is not None), (None, None))
            if last is None or after is None:
                words = "There is no change to take back."
                raise NotFound(words, "The palette is as it was first kept.", told=("nothing_to_undo",))
            kept, is_whole = self._in_force(folder)
            with disk_errors("a palette"):
                self._replace(folder, encode(after), is_whole=is_whole)
                for path in self._versions(folder):
                    if path.stem >= last.stem:
                        path.unlink(missing_ok=True)
        return kept or _empty(series), after

    def can_undo(self, series: str) -> bool:
        """Tell whether there is a change to take back."""
        return bool(self._versions(self._folder(series)))

    def _folder(self, series: str) -> Path:
        return self._root / series_key(series)

    @staticmethod
    def _versions(folder: Path) -> list[Path]:
        return sorted(path for path in folder.glob("*.json") if path.stem.isdecimal())

    def _in_force(self, folder: Path) -> tuple[SeriesPalette | None, bool]:
        """Return a folder's palette, None for none, and whether its file is whole or not there."""
        try:
            return _palette_in(folder / _FILE), True
        except _UNREADABLE as exc:
            _LOG.warning("%s/%s is no palette that can be read: %s", folder.name, _FILE, _words(exc))
        return next(filter(None, map(_palette_or_none, reversed(self._versions(folder)))), None), False

    @staticmethod
    def _replace(folder: Path, data: bytes, *, is_whole: bool) -> None:
        temporary = folder / f"{secrets.token_hex(8)}.new"
        write_synced(temporary, data)
        if not is_whole:
            keep_aside(folder / _FILE)
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
    _require_fitting(data)
    try:
        palette = msgspec.json.decode(data, type=SeriesPalette)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise BadRequest(
            f"It is no valid palette: {exc}.",
            "docs/schemas/palette.schema.json says what one is.",
            told=("palette_invalid", _where(exc)),
        ) from exc
    for what, ids in (
        ("character", [one.character_id for one in palette.characters]),
        ("place", [one.place_id for one in palette.places]),
    ):
        if len(set(ids)) < len(ids):
            raise BadRequest(
                f"It is no valid palette: two {what}s have one id.",
                f"Give every {what} an id of its own.",
                told=("palette_invalid", f"$.{what}s"),
            )
    return palette


def _palette_in(path: Path) -> SeriesPalette | None:
    """Return the palette of a file, None where there is no file; raise any of `_UNREADABLE` where it is none."""
    try:
        return decode(read_kept(path, BYTES_MAX))
    except (FileNotFoundError, NotADirectoryError):  # in a home that takes no folder
        return None


def _palette_or_none(path: Path) -> SeriesPalette | None:
    try:
        return _palette_in(path)
    except _UNREADABLE:
        return None


def _require_fitting(data: bytes) -> None:
    if len(data) > BYTES_MAX:
        raise TooLarge(
            "The palette is too large.", f"At most {BYTES_MAX >> 20} MiB.", told=("palette_large", f"{BYTES_MAX >> 20}")
        )


def _where(exc: Exception) -> str:
    """Return the place in a palette that is wrong; the whole of it where the error names none."""
    found = re.search(r"`(\$[^`]*)`", str(exc))
    return found[1] if found else "$"


def _words(exc: Exception) -> str:
    return exc.message if isinstance(exc, IrodoriError) else str(exc)


def _empty(series: str) -> SeriesPalette:
    return SeriesPalette(version=1, series=series)
