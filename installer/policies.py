"""What an administrator may have forbidden: the three policies that decide about native messaging.

`NativeMessagingBlocklist`, `NativeMessagingAllowlist` and `NativeMessagingUserLevelHosts`, as Chrome's policy list
defines them.
"""

from __future__ import annotations

import json
import plistlib
from typing import TYPE_CHECKING, Any

from host.paths import HOST_NAME

if TYPE_CHECKING:
    from installer.machine import Machine
    from installer.registry_windows import Hive
    from installer.table import Row

_LISTS = ("NativeMessagingBlocklist", "NativeMessagingAllowlist")
_USER_LEVEL = "NativeMessagingUserLevelHosts"


def obstacle(machine: Machine, row: Row) -> str | None:
    """Return the policy that keeps this browser from our host, in words; None if none does."""
    policies = _policies(machine, row)
    blocked = _names(policies.get(_LISTS[0]))
    allowed = _names(policies.get(_LISTS[1]))
    if blocked & {HOST_NAME, "*"} and HOST_NAME not in allowed:
        return f"the policy {_LISTS[0]} blocks {HOST_NAME}"
    if policies.get(_USER_LEVEL) in (False, 0):
        return f"the policy {_USER_LEVEL} forbids hosts that a user registered"
    return None


def _names(value: object) -> set[str]:
    return {str(each) for each in value} if isinstance(value, list) else set()


def _policies(machine: Machine, row: Row) -> dict[str, Any]:
    if not row.policies:
        return {}
    if machine.system == "linux":
        return _from_json_files(machine, row.policies)
    if machine.system == "macos":
        return _from_property_list(machine, row.policies)
    return _from_registry(machine, row.policies)


def _from_json_files(machine: Machine, folder: str) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for path in sorted((machine.base / folder.lstrip("/")).glob("*.json")):
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # the browser passes over it as well
        if isinstance(found, dict):
            merged |= found
    return merged


def _from_property_list(machine: Machine, domain: str) -> dict[str, Any]:
    path = machine.base / "Library" / "Managed Preferences" / f"{domain}.plist"
    try:
        found = plistlib.loads(path.read_bytes())
    except (OSError, ValueError, plistlib.InvalidFileException):
        return {}
    return found if isinstance(found, dict) else {}


def _from_registry(machine: Machine, key: str) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    hives: tuple[Hive, ...] = ("HKEY_CURRENT_USER", "HKEY_LOCAL_MACHINE")  # the machine's word comes last and counts
    for hive in hives:
        merged |= machine.registry.values(key, hive)
        for name in _LISTS:
            listed = machine.registry.values(rf"{key}\{name}", hive)
            if listed:
                merged[name] = list(listed.values())
    return merged
