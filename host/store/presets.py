"""Presets: ways of colouring that the reader named; one readable JSON file, for browser and command line."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from msgspec import Raw, Struct, field, structs

from host.errors import BadRequest, Busy, NotFound, TooLarge
from host.locks import ProcessLock
from host.messaging.messages import Options, Preset
from host.store.disk import disk_errors, keep_aside, read_kept, write_synced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LOG = logging.getLogger(__name__)
PRESETS_MAX: Final = 200
_BYTES_MAX: Final = 4 << 20
_WAIT_S: Final = 5.0
_SHOWN: Final = 128
_UNREADABLE: Final = (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _File(Struct, frozen=True, kw_only=True, omit_defaults=True):
    version: Literal[1]
    presets: list[Raw] = field(default_factory=list)


class PresetFile:
    """Thread-safe, and safe beside another process on the same home.

    What cannot be read in the file is left out with a line in the log; a file that held such is kept aside before
    another takes its place.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()

    def every(self) -> list[Preset]:
        """Return all presets that can be read, by their names."""
        return sorted(self._read()[0], key=lambda one: one.name.casefold())

    def get(self, name: str) -> Preset:
        """Return a preset; case does not count.

        Raises:
            NotFound: there is none of this name; the hint tells those that are.
        """
        known = self.every()
        found = next((one for one in known if _key(one.name) == _key(name)), None)
        if found is None:
            names = ", ".join(one.name for one in known) or "none yet"
            raise NotFound(
                f"There is no preset {name[:_SHOWN]!r}.",
                f"The presets are: {names}.",
                name=name[:_SHOWN],
                told=("no_preset", name[:_SHOWN]),
            )
        return found

    def save(self, preset: Preset) -> list[Preset]:
        """Keep a preset, in the place of one of its name; return all.

        Raises:
            BadRequest: its name says nothing. TooLarge: there are too many, or they are too large together. Busy,
            DiskFull, InternalError
        """
        kept = structs.replace(preset, name=" ".join(preset.name.split()))
        if not kept.name:
            raise BadRequest("The preset has no name.", "Give it one.", told=("preset_nameless",))

        def saved(presets: list[Preset]) -> list[Preset]:
            others = [one for one in presets if _key(one.name) != _key(kept.name)]
            if len(others) >= PRESETS_MAX:
                raise TooLarge(
                    f"There are {PRESETS_MAX} presets already.",
                    "Remove some.",
                    told=("too_many_presets", f"{PRESETS_MAX}"),
                )
            return [*others, kept]

        return self._change(saved)

    def remove(self, name: str) -> list[Preset]:
        """Forget a preset; return those that are left.

        Raises:
            NotFound: there is none of this name. Busy, DiskFull, InternalError
        """

        def removed(presets: list[Preset]) -> list[Preset]:
            gone = self.get(name)
            return [one for one in presets if one != gone]

        return self._change(removed)

    def _change(self, edit: Callable[[list[Preset]], list[Preset]]) -> list[Preset]:
        with self._held():
            presets, is_whole = self._read()
            edited = [Raw(msgspec.json.encode(one)) for one in edit(presets)]
            data = msgspec.json.format(msgspec.json.encode(_File(version=1, presets=edited)), indent=1) + b"\n"
            if len(data) > _BYTES_MAX:
                raise TooLarge(
                    f"The presets would take {len(data) >> 10} KiB.",
                    f"At most {_BYTES_MAX >> 20} MiB.",
                    told=("presets_large", f"{_BYTES_MAX >> 20}"),
                )
            temporary = self._path.with_suffix(f".{secrets.token_hex(8)}.new")
            with disk_errors("the presets"):
                write_synced(temporary, data)
                if not is_whole:
                    keep_aside(self._path)
                temporary.replace(self._path)
            return self.every()

    def _read(self) -> tuple[list[Preset], bool]:
        """Return the presets that can be read, and whether that is all that the file holds."""
        try:
            stored = msgspec.json.decode(read_kept(self._path, _BYTES_MAX), type=_File).presets
        except (FileNotFoundError, NotADirectoryError):  # in a home that takes no folder
            return [], True
        except _UNREADABLE as exc:
            _LOG.warning("%s holds no presets that can be read: %s", self._path.name, exc)
            return [], False
        found = [one for one in map(_preset, stored[:PRESETS_MAX]) if one is not None]
        return found, len(found) == len(stored)

    @contextmanager
    def _held(self) -> Iterator[None]:
        with self._lock:
            with disk_errors("the presets"):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                lock, deadline = ProcessLock(self._path.with_suffix(".lock")), time.monotonic() + _WAIT_S
            try:
                while not lock.try_acquire():
                    if time.monotonic() > deadline:
                        raise Busy("Another host is changing the presets.", "Try again in a moment.")
                    time.sleep(0.01)
                yield
            finally:
                lock.close()


def with_preset(preset: Preset | None, engine: str | None, options: Options) -> tuple[str | None, Options]:
    """Return engine and options of a preset; what is said besides goes before it."""
    if preset is None:
        return engine, options
    said = {name: value for name in Options.__struct_fields__ if (value := getattr(options, name)) is not None}
    return engine or preset.engine, structs.replace(preset.options, **said)


def _preset(stored: Raw) -> Preset | None:
    try:
        return msgspec.json.decode(stored, type=Preset)
    except _UNREADABLE as exc:
        _LOG.warning("a preset is left out: %s", exc)
        return None


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()
