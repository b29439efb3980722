import json
from pathlib import Path

import pytest

from host.paths import EXTENSION_IDS, GECKO_ID, HOST_NAME
from installer.machine import Machine
from installer.register import Plan, is_present, manifest_paths, profile_row, register, registry_keys, unregister
from installer.table import TABLE, Row
from tests.installer.machines import FakeWinreg, make_launcher, make_machine, snapshot, start_browser_once

SYSTEMS = ("linux", "macos", "windows")


def rows_of(machine: Machine, browser: str) -> list[Row]:
    return [row for row in machine.rows() if row.browser == browser]


def row_name(row: Row) -> str:
    return f"{row.system}-{row.label}"


@pytest.mark.parametrize("row", TABLE, ids=row_name)
def test_every_row_is_registered_where_its_browser_looks_and_leaves_nothing_behind(row: Row, tmp_path: Path) -> None:
    machine = make_machine(tmp_path, row.system)
    launcher = make_launcher(tmp_path / "venv")
    start_browser_once(machine, row)
    before = snapshot(machine)

    outcomes = register(machine, [row], Plan(launcher, ("a" * 32,)))

    assert {outcome.action for outcome in outcomes} == {"registered"}
    places = [str(path) for path in manifest_paths(machine, row)]
    assert [outcome.place for outcome in outcomes] == [
        *places,
        *(f"HKEY_CURRENT_USER\\{key}" for key in registry_keys(row)),
    ]
    for path in manifest_paths(machine, row):
        manifest = json.loads(path.read_text())
        assert path.name == f"{manifest['name']}.json" == f"{HOST_NAME}.json"
        assert manifest["type"] == "stdio"
        assert manifest["description"]
        assert manifest["path"] == str(launcher)
        if row.family == "gecko":
            assert manifest["allowed_extensions"] == [GECKO_ID]
            assert "allowed_origins" not in manifest
        else:
            assert manifest["allowed_origins"] == [f"chrome-extension://{each}/" for each in (*EXTENSION_IDS, "a" * 32)]
    for key in registry_keys(row):
        assert machine.registry.read(key) == str(manifest_paths(machine, row)[0])

    assert {outcome.action for outcome in unregister(machine, [row])} == {"removed"}
    assert snapshot(machine) == before


@pytest.mark.parametrize("system", SYSTEMS)
def test_all_browsers_at_once_leave_nothing_behind(system, tmp_path: Path) -> None:
    machine = make_machine(tmp_path, system)
    for row in machine.rows():
        machine.locate(row.presence).mkdir(parents=True, exist_ok=True)  # empty folders must survive as well
    before = snapshot(machine)
    register(machine, machine.rows(), Plan(make_launcher(tmp_path / "venv")))
    assert all(is_present(machine, row) for row in machine.rows())
    unregister(machine, machine.rows())
    assert snapshot(machine) == before


@pytest.mark.parametrize("system", SYSTEMS)
def test_registering_again_changes_nothing(system, tmp_path: Path) -> None:
    machine = make_machine(tmp_path, system)
    plan = Plan(make_launcher(tmp_path / "venv"))
    for row in machine.rows():
        start_browser_once(machine, row)
    register(machine, machine.rows(), plan)
    once = snapshot(machine)
    assert {outcome.action for outcome in register(machine, machine.rows(), plan)} == {"unchanged"}
    assert snapshot(machine) == once


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_dry_run_writes_and_removes_nothing(system, tmp_path: Path) -> None:
    machine = make_machine(tmp_path, system)
    launcher = make_launcher(tmp_path / "venv")
    for row in machine.rows():
        start_browser_once(machine, row)
    before = snapshot(machine)
    assert {each.action for each in register(machine, machine.rows(), Plan(launcher, dry_run=True))} == {"registered"}
    assert snapshot(machine) == before
    register(machine, machine.rows(), Plan(launcher))
    registered = snapshot(machine)
    assert {each.action for each in unregister(machine, machine.rows(), dry_run=True)} == {"removed"}
    assert snapshot(machine) == registered


def test_a_moved_launcher_is_registered_anew(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, "linux")
    row = rows_of(machine, "chromium")[0]
    start_browser_once(machine, row)
    register(machine, [row], Plan(make_launcher(tmp_path / "old")))
    new = make_launcher(tmp_path / "new")
    assert [outcome.action for outcome in register(machine, [row], Plan(new))] == ["updated"]
    assert json.loads(manifest_paths(machine, row)[0].read_text())["path"] == str(new)


def test_a_broken_manifest_is_replaced(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, "linux")
    row = rows_of(machine, "chromium")[0]
    path = manifest_paths(machine, row)[0]
    path.parent.mkdir(parents=True)
    path.write_text('{"name": "app.iro')
    assert [outcome.action for outcome in register(machine, [row], Plan(make_launcher(tmp_path)))] == ["updated"]
    assert json.loads(path.read_text())["name"] == HOST_NAME


def test_one_failing_browser_does_not_stop_the_others(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, "linux")
    for browser in ("chrome", "chromium", "firefox"):
        start_browser_once(machine, rows_of(machine, browser)[0])
    blocked = machine.locate(rows_of(machine, "chromium")[0].manifests[0])
    blocked.write_text("a file where a folder should be")
    present = [row for row in machine.rows() if is_present(machine, row)]

    actions = {outcome.label: outcome.action for outcome in register(machine, present, Plan(make_launcher(tmp_path)))}

    assert actions == {"Google Chrome": "registered", "Chromium": "failed", "Firefox": "registered"}
    assert not list(machine.home.rglob(".app.irodori*"))


def test_one_refused_registry_key_does_not_stop_the_others(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, "windows")
    winreg = machine.registry._winreg
    assert isinstance(winreg, FakeWinreg)
    winreg.forbidden.add(r"Software\Google")
    outcomes = register(machine, rows_of(machine, "brave"), Plan(make_launcher(tmp_path)))
    assert [outcome.action for outcome in outcomes] == ["registered", "registered", "failed"]
    assert outcomes[-1].detail == "Access is denied"


def test_another_program_s_manifest_stays(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, "linux")
    row = rows_of(machine, "chrome")[0]
    register(machine, [row], Plan(make_launcher(tmp_path)))
    theirs = manifest_paths(machine, row)[0].with_name("org.keepassxc.keepassxc_browser.json")
    theirs.write_text("{}")
    unregister(machine, [row])
    assert list(theirs.parent.iterdir()) == [theirs]


def test_a_file_of_our_name_that_names_another_host_stays(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, "linux")
    row = rows_of(machine, "chrome")[0]
    path = manifest_paths(machine, row)[0]
    path.parent.mkdir(parents=True)
    path.write_text('{"name": "somebody.else"}')
    assert unregister(machine, [row]) == []
    assert path.exists()


def test_other_keys_beside_ours_stay(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, "windows")
    theirs = r"Software\Google\Chrome\NativeMessagingHosts\com.other"
    machine.registry.write(theirs, r"C:\other.json")
    row = rows_of(machine, "chrome")[0]
    register(machine, [row], Plan(make_launcher(tmp_path)))
    unregister(machine, [row])
    assert machine.registry.read(theirs) == r"C:\other.json"
    assert machine.registry.read(registry_keys(row)[0]) is None


def test_what_another_browser_needs_stays_when_one_is_unregistered(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, "windows")
    chrome, brave = rows_of(machine, "chrome")[0], rows_of(machine, "brave")[0]
    for row in (chrome, brave):
        start_browser_once(machine, row)
    register(machine, [chrome, brave], Plan(make_launcher(tmp_path)))
    unregister(machine, [brave])
    assert machine.registry.read(registry_keys(chrome)[0]) == str(manifest_paths(machine, chrome)[0])
    assert manifest_paths(machine, chrome)[0].exists()
    assert machine.registry.read(registry_keys(brave)[0]) is None


def test_brave_on_macos_is_registered_in_chromes_folder_too_without_chrome_counting_as_present(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, "macos")
    brave, chrome = rows_of(machine, "brave")[0], rows_of(machine, "chrome")[0]
    start_browser_once(machine, brave)
    before = snapshot(machine)
    register(machine, [brave], Plan(make_launcher(tmp_path)))
    assert manifest_paths(machine, chrome)[0].exists()
    assert not is_present(machine, chrome)
    start_browser_once(machine, chrome)
    assert is_present(machine, chrome)
    (machine.locate(chrome.presence) / "Local State").unlink()
    unregister(machine, [brave])
    assert snapshot(machine) == before


def test_a_profile_with_a_folder_of_its_own_gets_its_own_manifest(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, "linux")
    row = profile_row(tmp_path / "profile")
    register(machine, [row], Plan(make_launcher(tmp_path)))
    assert (tmp_path / "profile" / "NativeMessagingHosts" / f"{HOST_NAME}.json").exists()
    unregister(machine, [row])
    assert not (tmp_path / "profile" / "NativeMessagingHosts").exists()
