"""Say, browser by browser, whether the host is registered, and registered where it is now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from installer import manifest
from installer.register import is_present, manifest_paths, registry_keys

if TYPE_CHECKING:
    from pathlib import Path

    from installer.machine import Machine
    from installer.table import Family, Row

State = Literal["registered", "stale", "broken", "not registered", "no such browser"]


@dataclass(frozen=True, slots=True)
class BrowserStatus:
    """One row's state; `detail` says where, or what is wrong with it."""

    row: Row
    state: State
    detail: str


def status(machine: Machine, row: Row, launcher: Path) -> BrowserStatus:
    """Return how the row stands against the launcher in force. Only reads.

    `stale`: a good manifest that names another launcher, as after a move; `broken`: the browser refuses what is there.
    """
    if not is_present(machine, row):
        return BrowserStatus(row, "no such browser", str(machine.locate(row.presence)))
    worst: BrowserStatus | None = None
    for path in manifest_paths(machine, row):
        state, detail = _of_file(path, row.family, launcher)
        if worst is None or (worst.state == "registered" and state != "registered"):
            worst = BrowserStatus(row, state, detail)
    for key in registry_keys(row):
        state, detail = _of_key(machine, key, manifest_paths(machine, row)[0])
        if worst is None or (worst.state == "registered" and state != "registered"):
            worst = BrowserStatus(row, state, detail)
    return worst or BrowserStatus(row, "not registered", "")


def _of_file(path: Path, family: Family, launcher: Path) -> tuple[State, str]:
    try:
        found = manifest.read(path)
    except ValueError as exc:
        return "broken", f"{path}: not JSON ({exc})"
    except OSError as exc:
        return "broken", f"{path}: cannot be read ({exc.strerror})"
    if found is None:
        return "not registered", f"no {path}"
    flaws = manifest.flaws(found, family, path.name)
    if flaws:
        return "broken", f"{path}: {flaws[0]}"
    if found["path"] != str(launcher):
        return "stale", f"{path} starts {found['path']}, but the host is {launcher}"
    return "registered", str(path)


def _of_key(machine: Machine, key: str, path: Path) -> tuple[State, str]:
    shown = rf"HKEY_CURRENT_USER\{key}"
    for view in (32, 64):  # the order in which Chrome looks
        found = machine.registry.read(key, view=view)
        if found is not None:
            return ("registered", shown) if found == str(path) else ("stale", f"{shown} names {found}, not {path}")
    return "not registered", f"no {shown}"
