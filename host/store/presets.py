"""Presets: ways of colouring that the reader named; one readable JSON file, for browser and command line."""

from __future__ import annotations

import secrets
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct, field, structs

from host.errors import BadRequest, Busy, InternalError, NotFound, TooLarge
from host.locks import ProcessLock
from host.messaging.messages import Options, Preset
from host.store.disk import disk_errors, write_synced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PRESETS_MAX: Final = 200
_BYTES_MAX: Final = 4 << 20
_WAIT_S: Final = 5.0
_SHOWN: Final = 128


class _File(Struct, frozen=True, kw_only=True, omit_defaults=True):
    version: Literal[1]
    presets: Annotated[list[Preset], Meta(max_length=PRESETS_MAX)] = field(default_factory=list)


class PresetFile:
    """Thread-safe, and safe beside another process on the same home."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()

    def every(self) -> list[Preset]:
        """Return all presets by their names.

        Raises:
            BadRequest: the file was changed by somebody and holds none any more. TooLarge, InternalError
        """
        return sorted(self._read(), key=lambda one: one.name.casefold())

    def get(self, name: str) -> Preset:
        """Return a preset; case does not count.

        Raises:
            NotFound: there is none of this name; the hint tells those that are. Errors as `every`.
        """
        known = self.every()
        found = next((one for one in known if _key(one.name) == _key(name)), None)
        if found is None:
            names = ", ".join(one.name for one in known) or "none yet"
            raise NotFound(f"There is no preset {name[:_SHOWN]!r}.", f"The presets are: {names}.", name=name[:_SHOWN])
        return found

    def save(self, preset: Preset) -> list[Preset]:
        """Keep a preset, in the place of one of its name; return all.

        Raises:
            BadRequest: its name says nothing. TooLarge: there are too many. Busy, DiskFull, InternalError
        """
        kept = structs.replace(preset, name=" ".join(preset.name.split()))
        if not kept.name:
            raise BadRequest("The preset has no name.", "Give it one.")

        def saved(presets: list[Preset]) -> list[Preset]:
            others = [one for one in presets if _key(one.name) != _key(kept.name)]
            if len(others) >= PRESETS_MAX:
                raise TooLarge(f"There are {PRESETS_MAX} presets already.", "Remove some.")
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
            data = msgspec.json.encode(_File(version=1, presets=edit(self._read())))
            temporary = self._path.with_suffix(f".{secrets.token_hex(8)}.new")
            with disk_errors("the presets"):
                write_synced(temporary, msgspec.json.format(data, indent=1) + b"\n")
                temporary.replace(self._path)
            return self.every()

    def _read(self) -> list[Preset]:
        try:
            with self._path.open("rb") as file:
                data = file.read(_BYTES_MAX + 1)
        except (FileNotFoundError, NotADirectoryError):  # in a home that takes no folder
            return []
        except OSError as exc:
            message = f"The presets cannot be read: {exc.strerror or exc}."
            raise InternalError(message, "`irodori doctor` checks the folders.") from exc
        if len(data) > _BYTES_MAX:
            raise TooLarge("The file of presets is too large.", f"At most {_BYTES_MAX >> 20} MiB.")
        try:
            return list(msgspec.json.decode(data, type=_File).presets)
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            raise BadRequest(f"{self._path.name} holds no presets: {exc}.", "Mend it, or move it away.") from exc

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


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()
