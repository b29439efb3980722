"""Machines to register on: folders in a temporary place, and a registry made of a dictionary."""

# ruff: noqa: N802 (the names are those of winreg)
from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from installer.machine import Machine, _roots
from installer.registry_windows import NoRegistry, WindowsRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from installer.table import Row, System


class FakeWinreg(SimpleNamespace):
    """Python's `winreg`, as far as we use it, over `{hive: {key: {value name: value}}}`."""

    HKEY_CURRENT_USER = "HKCU"
    HKEY_LOCAL_MACHINE = "HKLM"
    KEY_READ = 1
    KEY_WOW64_64KEY = 256
    KEY_WOW64_32KEY = 512
    REG_SZ = 1

    def __init__(self) -> None:
        super().__init__(hives={"HKCU": {"Software": {}}, "HKLM": {"Software": {}}})
        self.forbidden: set[str] = set()

    @contextlib.contextmanager
    def OpenKey(self, hive: str, key: str, reserved: int, access: int) -> Iterator[tuple[str, str]]:
        if key not in self.hives[hive]:
            raise FileNotFoundError(2, "no such key")
        yield hive, key

    @contextlib.contextmanager
    def CreateKey(self, hive: str, key: str) -> Iterator[tuple[str, str]]:
        if any(key.startswith(each) for each in self.forbidden):
            raise PermissionError(13, "Access is denied")
        parts = key.split("\\")
        for depth in range(1, len(parts) + 1):
            self.hives[hive].setdefault("\\".join(parts[:depth]), {})
        yield hive, key

    def QueryValueEx(self, handle: tuple[str, str], name: str) -> tuple[Any, int]:
        values = self.hives[handle[0]][handle[1]]
        if name not in values:
            raise FileNotFoundError(2, "no such value")
        return values[name], self.REG_SZ

    def SetValueEx(self, handle: tuple[str, str], name: str, reserved: int, kind: int, value: str) -> None:
        self.hives[handle[0]][handle[1]][name] = value

    def QueryInfoKey(self, handle: tuple[str, str]) -> tuple[int, int, int]:
        hive, key = handle
        return len(self._subkeys(hive, key)), len(self.hives[hive][key]), 0

    def EnumValue(self, handle: tuple[str, str], index: int) -> tuple[str, Any, int]:
        name, value = list(self.hives[handle[0]][handle[1]].items())[index]
        return name, value, self.REG_SZ

    def DeleteKey(self, hive: str, key: str) -> None:
        if key not in self.hives[hive]:
            raise FileNotFoundError(2, "no such key")
        if self._subkeys(hive, key):
            raise PermissionError(13, "the key has subkeys")
        del self.hives[hive][key]

    def _subkeys(self, hive: str, key: str) -> list[str]:
        return [each for each in self.hives[hive] if each.startswith(f"{key}\\")]


def make_machine(root: Path, system: System) -> Machine:
    home = root / "home"
    home.mkdir()
    roots = _roots(home, {})
    for folder in roots.values():
        folder.mkdir(parents=True, exist_ok=True)
    registry = WindowsRegistry(FakeWinreg()) if system == "windows" else NoRegistry()
    return Machine(system, roots, registry, base=root)


def start_browser_once(machine: Machine, row: Row) -> None:
    """Leave behind what a browser leaves when it has run: its folder, with something in it."""
    folder = machine.locate(row.presence)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Local State").write_text("{}")


def snapshot(machine: Machine) -> dict[str, object]:
    """Everything on the machine: files with their bytes, folders, keys."""
    files = {str(each): each.read_bytes() if each.is_file() else "folder" for each in machine.home.rglob("*")}
    if isinstance(machine.registry, WindowsRegistry):
        hives = machine.registry._winreg.hives
        return files | {f"{hive}:{key}": dict(values) for hive, keys in hives.items() for key, values in keys.items()}
    return dict(files)


def make_launcher(folder: Path, name: str = "irodori-native-host") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    launcher = folder / name
    launcher.write_text("#!/bin/sh\nexit 0\n")
    launcher.chmod(0o755)
    return launcher
