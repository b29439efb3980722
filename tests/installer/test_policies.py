import json
import plistlib
from pathlib import Path

import pytest

from installer.machine import Machine
from installer.policies import obstacle
from installer.registry_windows import WindowsRegistry
from installer.table import Row
from tests.installer.machines import make_machine

BLOCKED = {"NativeMessagingBlocklist": ["*"]}
ALLOWED = BLOCKED | {"NativeMessagingAllowlist": ["app.irodori.host"]}
NOT_FOR_USERS = {"NativeMessagingUserLevelHosts": False}


def set_policies(machine: Machine, row: Row, policies: dict[str, object]) -> None:
    if machine.system == "linux":
        path = machine.base / row.policies.lstrip("/") / "company.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(policies))
    elif machine.system == "macos":
        path = machine.base / "Library/Managed Preferences" / f"{row.policies}.plist"
        path.parent.mkdir(parents=True)
        path.write_bytes(plistlib.dumps(policies))
    else:
        assert isinstance(machine.registry, WindowsRegistry)
        keys = machine.registry._winreg.hives["HKLM"]
        keys[row.policies] = {name: int(value) for name, value in policies.items() if isinstance(value, bool)}
        for name, value in policies.items():
            if isinstance(value, list):
                keys[rf"{row.policies}\{name}"] = {str(index): each for index, each in enumerate(value, 1)}


@pytest.mark.parametrize("system", ["linux", "macos", "windows"])
@pytest.mark.parametrize(
    ("policies", "word"),
    [
        ({}, None),
        (BLOCKED, "Blocklist"),
        ({"NativeMessagingBlocklist": ["app.irodori.host"]}, "Blocklist"),
        ({"NativeMessagingBlocklist": ["com.other"]}, None),
        (ALLOWED, None),
        (BLOCKED | {"NativeMessagingAllowlist": ["com.other"]}, "Blocklist"),
        (NOT_FOR_USERS, "UserLevelHosts"),
    ],
)
def test_an_administrator_s_word_is_read(tmp_path: Path, system, policies, word) -> None:
    machine = make_machine(tmp_path, system)
    row = next(row for row in machine.rows() if row.browser == "chrome")
    set_policies(machine, row, policies)
    found = obstacle(machine, row)
    assert found is None if word is None else word in (found or "")


def test_broken_policy_files_are_passed_over_as_browsers_do(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, "linux")
    row = machine.rows()[0]
    set_policies(machine, row, BLOCKED)
    (tmp_path / row.policies.lstrip("/") / "a.json").write_text("{")
    assert obstacle(machine, row)


def test_no_policies_are_no_obstacle(tmp_path: Path) -> None:
    for system in ("linux", "macos", "windows"):
        (tmp_path / system).mkdir()
        machine = make_machine(tmp_path / system, system)
        assert [obstacle(machine, row) for row in machine.rows()] == [None] * len(machine.rows())
