"""The machine that is registered on: its system, its folders, its registry. Tests make their own."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from installer.registry_windows import NoRegistry, Registry, WindowsRegistry
from installer.table import TABLE, Folder, Root, Row, System

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Machine:
    """One user's account on one machine.

    Attributes:
        roots: the folders that the table's rows hang from.
        base: the root of the file system, where administrators' policies stand.
    """

    system: System
    roots: Mapping[Root, Path]
    registry: Registry = field(default_factory=NoRegistry)
    base: Path = Path("/")

    @property
    def home(self) -> Path:
        """The user's home."""
        return self.roots["home"]

    def locate(self, folder: Folder) -> Path:
        """Return the table's folder as a path on this machine."""
        return self.roots[folder.root] / folder.path

    def rows(self) -> tuple[Row, ...]:
        """Return the table's rows for this system."""
        return tuple(row for row in TABLE if row.system == self.system)


def this_machine(environ: Mapping[str, str] = os.environ) -> Machine:
    """Return the machine and account that this process runs on."""
    system = _system()
    home = Path(environ.get("HOME") or Path.home()) if system != "windows" else Path.home()
    registry: Registry = WindowsRegistry.of_this_machine() if system == "windows" else NoRegistry()
    return Machine(system, _roots(home, environ), registry)


def _system() -> System:
    if sys.platform.startswith("win"):
        return "windows"
    return "macos" if sys.platform == "darwin" else "linux"


def _roots(home: Path, environ: Mapping[str, str]) -> dict[Root, Path]:
    xdg = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return {
        "home": home,
        "config": Path(environ.get("CHROME_CONFIG_HOME") or xdg),
        "xdg": xdg,
        "support": home / "Library" / "Application Support",
        "local": Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local"),
        "roaming": Path(environ.get("APPDATA") or home / "AppData" / "Roaming"),
    }
