"""Put the host's manifest where browsers look, and take it away again.

Both walk the table's rows; a failure in one place is reported and the others go on. Nothing is written for a browser
that is not there, nothing that is not ours is removed, and folders that had to be made go with the last thing in them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from host.paths import HOST_NAME
from installer import manifest
from installer.table import Folder, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from installer.machine import Machine

Action = Literal["registered", "updated", "unchanged", "removed", "failed"]
_MADE_BY_US: Final = ".made-by-irodori"  # in a browser's folder that we made for another browser's sake
_OURS: Final = frozenset({_MADE_BY_US, "NativeMessagingHosts"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened (with `dry_run`: would happen) at one place for one browser."""

    label: str
    place: str
    action: Action
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to register: the launcher's absolute path, and ids beside our own; `dry_run` changes nothing."""

    launcher: Path
    extra_ids: tuple[str, ...] = ()
    dry_run: bool = False


def profile_row(folder: Path) -> Row:
    """Return a row for a Chromium profile in a folder of its own (`--user-data-dir`), where manifests follow it."""
    place = str(folder.absolute())
    hosts = Folder("home", str(folder.absolute() / "NativeMessagingHosts"))
    return Row("profile", f"Profile {place}", "linux", "chromium", Folder("home", place), (hosts,))


def is_present(machine: Machine, row: Row) -> bool:
    """Say whether the browser has run here; a folder that only we made does not count."""
    folder = machine.locate(row.presence)
    if not os.path.isdir(folder):  # noqa: PTH112
        return False
    only_ours = (folder / _MADE_BY_US).exists() and {each.name for each in folder.iterdir()} <= _OURS
    return not only_ours


def manifest_paths(machine: Machine, row: Row) -> tuple[Path, ...]:
    """Return every place where the row wants the manifest."""
    return tuple(machine.locate(folder) / manifest.FILE_NAME for folder in row.manifests)


def registry_keys(row: Row) -> tuple[str, ...]:
    """Return every key that the row wants to name the manifest."""
    return tuple(rf"{key}\{HOST_NAME}" for key in row.registry)


def register(machine: Machine, rows: Iterable[Row], plan: Plan) -> list[Outcome]:
    """Write manifests and keys of these rows; the caller has chosen rows whose browser is here."""
    return [outcome for row in rows for outcome in _register_row(machine, row, plan)]


def unregister(machine: Machine, rows: Sequence[Row], *, dry_run: bool = False) -> list[Outcome]:
    """Remove what `register` wrote for these rows, save what another browser that is here shares with them."""
    others = [row for row in machine.rows() if row not in rows and is_present(machine, row)]
    shared_paths = {path for row in others for path in manifest_paths(machine, row)}
    shared_keys = {key for row in others for key in registry_keys(row)}
    outcomes = []
    for row in rows:
        keys = [key for key in registry_keys(row) if key not in shared_keys]
        paths = [path for path in manifest_paths(machine, row) if path not in shared_paths]
        outcomes += [_attempt(row, _shown(key), partial(_drop_key, machine, key, dry_run)) for key in keys]
        outcomes += [_attempt(row, str(path), partial(_drop_file, machine, row, path, dry_run)) for path in paths]
    return [outcome for outcome in outcomes if outcome.action != "unchanged"]


def _register_row(machine: Machine, row: Row, plan: Plan) -> list[Outcome]:
    wanted = manifest.compose(row.family, plan.launcher, plan.extra_ids)
    paths = manifest_paths(machine, row)
    files = [_attempt(row, str(path), partial(_put_file, machine, path, wanted, plan.dry_run)) for path in paths]
    keys = [
        _attempt(row, _shown(key), partial(_put_key, machine, key, paths[0], plan.dry_run))
        for key in registry_keys(row)
    ]
    return files + keys


def _attempt(row: Row, place: str, act: Callable[[], Action]) -> Outcome:
    try:
        return Outcome(row.label, place, act())
    except OSError as exc:
        return Outcome(row.label, place, "failed", exc.strerror or str(exc))


def _put_file(machine: Machine, path: Path, wanted: dict[str, object], dry_run: bool) -> Action:
    try:
        found = manifest.read(path)
    except ValueError:
        found = {}
    if found == wanted:
        return "unchanged"
    if not dry_run:
        _make_folders(machine, path.parent)
        manifest.write(path, wanted)
    return "registered" if found is None else "updated"


def _put_key(machine: Machine, key: str, path: Path, dry_run: bool) -> Action:
    found = machine.registry.read(key)
    if found == str(path):
        return "unchanged"
    if not dry_run:
        machine.registry.write(key, str(path))
    return "registered" if found is None else "updated"


def _drop_file(machine: Machine, row: Row, path: Path, dry_run: bool) -> Action:
    if not (path.exists() and manifest.is_ours(path)):
        return "unchanged"
    if not dry_run:
        path.unlink()
        _remove_empty_folders(machine, row, path.parent)
    return "removed"


def _drop_key(machine: Machine, key: str, dry_run: bool) -> Action:
    if machine.registry.read(key) is None:
        return "unchanged"
    if not dry_run:
        machine.registry.delete(key)
    return "removed"


def _make_folders(machine: Machine, folder: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in set(missing) & {machine.locate(row.presence) for row in machine.rows()}:
        (each / _MADE_BY_US).touch()


def _remove_empty_folders(machine: Machine, row: Row, folder: Path) -> None:
    browsers = {machine.locate(each.presence) for each in (*machine.rows(), row)}
    while folder not in machine.roots.values():
        if folder in browsers:
            if not (folder / _MADE_BY_US).exists():
                return
            (folder / _MADE_BY_US).unlink()
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _shown(key: str) -> str:
    return rf"HKEY_CURRENT_USER\{key}"
