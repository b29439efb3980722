"""The Windows registry, as little of it as registration needs.

`WindowsRegistry` takes the `winreg` module as an argument, so that the very same code runs in tests on any system.
"""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

Hive = Literal["HKEY_CURRENT_USER", "HKEY_LOCAL_MACHINE"]
View = Literal[32, 64]
_STOP: Final = "Software"


class Registry(Protocol):
    """What the installer asks of a registry. Keys are paths below a hive; a key's text is its default value."""

    def read(self, key: str, hive: Hive = "HKEY_CURRENT_USER", view: View = 64) -> str | None:
        """Return the key's text, None where there is no such key or it has none."""

    def values(self, key: str, hive: Hive = "HKEY_CURRENT_USER") -> dict[str, object]:
        """Return the key's named values; empty where there is no such key."""

    def write(self, key: str, text: str) -> None:
        """Set the text of a key of the current user, making the key where it is missing."""

    def delete(self, key: str) -> None:
        """Delete a key of the current user, and the keys above it that are empty then."""


class NoRegistry:
    """The registry of a system that has none."""

    def read(self, key: str, hive: Hive = "HKEY_CURRENT_USER", view: View = 64) -> str | None:  # noqa: ARG002
        """Return None."""
        return None

    def values(self, key: str, hive: Hive = "HKEY_CURRENT_USER") -> dict[str, object]:  # noqa: ARG002
        """Return nothing."""
        return {}

    def write(self, key: str, text: str) -> None:  # noqa: ARG002
        """Refuse."""
        raise OSError(f"this system has no registry to write {key} to")

    def delete(self, key: str) -> None:
        """Do nothing: what is not there is deleted."""


class WindowsRegistry:
    """The registry behind Python's `winreg`, or behind a module that looks like it."""

    def __init__(self, winreg: Any) -> None:
        self._winreg = winreg

    @classmethod
    def of_this_machine(cls) -> WindowsRegistry:
        """Open this machine's registry (Windows only)."""
        return cls(importlib.import_module("winreg"))

    def read(self, key: str, hive: Hive = "HKEY_CURRENT_USER", view: View = 64) -> str | None:
        """Return the key's text, None where there is no such key or it has none."""
        with contextlib.suppress(FileNotFoundError), self._open(hive, key, view) as handle:
            text, _ = self._winreg.QueryValueEx(handle, "")
            return str(text)
        return None

    def values(self, key: str, hive: Hive = "HKEY_CURRENT_USER") -> dict[str, object]:
        """Return the key's named values; empty where there is no such key."""
        with contextlib.suppress(FileNotFoundError), self._open(hive, key, 64) as handle:
            return dict(self._named_values(handle))
        return {}

    def write(self, key: str, text: str) -> None:
        """Set the text of a key of the current user, making the key where it is missing."""
        with self._winreg.CreateKey(self._winreg.HKEY_CURRENT_USER, key) as handle:
            self._winreg.SetValueEx(handle, "", 0, self._winreg.REG_SZ, text)

    def delete(self, key: str) -> None:
        """Delete a key of the current user, and the keys above it that are empty then."""
        with contextlib.suppress(FileNotFoundError):
            self._winreg.DeleteKey(self._winreg.HKEY_CURRENT_USER, key)
        above = key.rpartition("\\")[0]
        while above and above != _STOP and self._is_empty(above):
            self._winreg.DeleteKey(self._winreg.HKEY_CURRENT_USER, above)
            above = above.rpartition("\\")[0]

    def _open(self, hive: Hive, key: str, view: View) -> Any:
        flag = self._winreg.KEY_WOW64_64KEY if view == 64 else self._winreg.KEY_WOW64_32KEY
        return self._winreg.OpenKey(getattr(self._winreg, hive), key, 0, self._winreg.KEY_READ | flag)

    def _named_values(self, handle: Any) -> Iterator[tuple[str, object]]:
        for index in range(self._winreg.QueryInfoKey(handle)[1]):
            name, value, _ = self._winreg.EnumValue(handle, index)
            yield name, value

    def _is_empty(self, key: str) -> bool:
        try:
            with self._open("HKEY_CURRENT_USER", key, 64) as handle:
                subkeys, values, _ = self._winreg.QueryInfoKey(handle)
                return bool(subkeys == 0 and values == 0)
        except FileNotFoundError:
            return False
