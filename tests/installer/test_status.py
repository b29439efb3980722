import json
from dataclasses import replace
from pathlib import Path

import pytest

from installer.machine import Machine
from installer.register import Plan, manifest_paths, register
from installer.registry_windows import Hive, NoRegistry, View
from installer.sandbox import sandboxed_browsers
from installer.status import status
from installer.table import Row
from tests.installer.machines import make_launcher, make_machine, start_browser_once


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return make_machine(tmp_path, "linux")


@pytest.fixture
def launcher(tmp_path: Path) -> Path:
    return make_launcher(tmp_path / "venv")


@pytest.fixture
def chromium(machine: Machine, launcher: Path) -> Row:
    row = next(row for row in machine.rows() if row.browser == "chromium")
    start_browser_once(machine, row)
    register(machine, [row], Plan(launcher))
    return row


def rewrite(machine: Machine, row: Row, **changes: object) -> None:
    path = manifest_paths(machine, row)[0]
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_registered_browser_says_so(machine: Machine, chromium: Row, launcher: Path) -> None:
    assert status(machine, chromium, launcher).state == "registered"


def test_a_browser_that_never_ran_is_told_apart_from_an_unregistered_one(machine: Machine, launcher: Path) -> None:
    row = machine.rows()[0]
    assert status(machine, row, launcher).state == "no such browser"
    start_browser_once(machine, row)
    assert status(machine, row, launcher).state == "not registered"


def test_after_a_move_the_registration_is_stale(machine: Machine, chromium: Row, tmp_path: Path) -> None:
    moved = make_launcher(tmp_path / "elsewhere")
    found = status(machine, chromium, moved)
    assert found.state == "stale"
    assert str(moved) in found.detail


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"name": "app.irodori.other"}, "name"),
        ({"description": ""}, "description"),
        ({"type": "pipe"}, "stdio"),
        ({"path": "irodori-native-host"}, "absolute"),
        ({"allowed_origins": []}, "lacks"),
        ({"allowed_origins": ["chrome-extension://jladhcmjphcoaffkabhjbopmnbmjpbbi"]}, "lacks"),
        ({"allowed_origins": ["chrome-extension://jladhcmjphcoaffkabhjbopmnbmjpbbi/", "*"]}, "wildcard"),
        ({"allowed_origins": "all"}, "lacks"),
    ],
)
def test_each_flaw_that_a_browser_refuses_is_named(machine, chromium, launcher, changes, word) -> None:
    rewrite(machine, chromium, **changes)
    found = status(machine, chromium, launcher)
    assert found.state == "broken"
    assert word in found.detail


@pytest.mark.parametrize("text", ['{"name": ', "[]", "\0"])
def test_a_manifest_that_is_no_json_object_is_broken(machine, chromium, launcher, text) -> None:
    manifest_paths(machine, chromium)[0].write_text(text)
    assert status(machine, chromium, launcher).state == "broken"


def test_a_key_that_names_another_file_is_stale(tmp_path: Path, launcher: Path) -> None:
    machine = make_machine(tmp_path, "windows")
    row = next(row for row in machine.rows() if row.browser == "edge")
    start_browser_once(machine, row)
    register(machine, [row], Plan(launcher))
    assert status(machine, row, launcher).state == "registered"
    machine.registry.write(r"Software\Microsoft\Edge\NativeMessagingHosts\app.irodori.host", r"C:\gone.json")
    assert status(machine, row, launcher).state == "stale"


def test_sandboxed_browsers_are_named_on_linux_only(machine: Machine, tmp_path: Path) -> None:
    assert sandboxed_browsers(machine) == []
    (machine.home / "snap" / "chromium").mkdir(parents=True)
    (machine.home / ".var/app/com.brave.Browser").mkdir(parents=True)
    assert [each.label for each in sandboxed_browsers(machine)] == ["Brave (Flatpak)", "Chromium (Snap)"]
    elsewhere = Machine("macos", machine.roots)
    assert sandboxed_browsers(elsewhere) == []


def test_a_manifest_that_cannot_be_read_is_broken(machine, chromium, launcher) -> None:
    path = manifest_paths(machine, chromium)[0]
    path.unlink()
    path.mkdir()
    found = status(machine, chromium, launcher)
    assert found.state == "broken"
    assert f"{path}: cannot be read (" in found.detail


def test_a_manifest_that_is_not_there_is_not_registered(machine, chromium, launcher) -> None:
    path = manifest_paths(machine, chromium)[0]
    path.unlink()
    found = status(machine, chromium, launcher)
    assert (found.state, found.detail) == ("not registered", f"no {path}")


def test_on_windows_the_key_of_32_bits_counts_first_as_in_chrome(tmp_path: Path) -> None:
    machine, launcher = make_machine(tmp_path, "windows"), make_launcher(tmp_path / "venv")
    row = next(row for row in machine.rows() if row.browser == "chrome")
    start_browser_once(machine, row)
    register(machine, [row], Plan(launcher))
    asked: list[int] = []
    theirs: str | None = r"C:\other.json"

    class Viewed(NoRegistry):
        """Has another program's manifest in the view of 32 bits."""

        def read(self, key: str, hive: Hive = "HKEY_CURRENT_USER", view: View = 64) -> str | None:
            asked.append(view)
            return theirs if view == 32 else machine.registry.read(key, hive, view)

    viewed = replace(machine, registry=Viewed())
    assert (status(viewed, row, launcher).state, asked) == ("stale", [32])
    theirs = None
    assert (status(viewed, row, launcher).state, asked) == ("registered", [32, 32, 64])
