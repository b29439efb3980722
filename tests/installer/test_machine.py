"""On which machine this runs, and where its folders lie."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from installer.machine import this_machine
from installer.registry_windows import NoRegistry


@pytest.mark.parametrize(("platform", "system"), [("linux", "linux"), ("darwin", "macos"), ("freebsd14", "linux")])
def test_the_system_is_told_by_its_name(platform: str, system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    machine = this_machine({"HOME": "/home/reader"})
    assert machine.system == system
    assert isinstance(machine.registry, NoRegistry)
    assert {row.system for row in machine.rows()} <= {system}
    assert machine.home == Path("/home/reader")


def test_the_home_is_the_account_s_where_the_environment_names_none() -> None:
    assert this_machine({}).home == Path.home()
    assert this_machine({"HOME": ""}).home == Path.home()


@pytest.mark.parametrize(
    ("environ", "root", "folder"),
    [
        ({}, "config", "/home/reader/.config"),
        ({"XDG_CONFIG_HOME": "/x"}, "config", "/x"),
        ({"XDG_CONFIG_HOME": "/x", "CHROME_CONFIG_HOME": "/c"}, "config", "/c"),
        ({}, "support", "/home/reader/Library/Application Support"),
        ({}, "local", "/home/reader/AppData/Local"),
        ({"LOCALAPPDATA": "/l"}, "local", "/l"),
    ],
)
def test_folders_lie_where_the_environment_says_or_the_system_has_them(
    environ: dict[str, str], root: str, folder: str
) -> None:
    machine = this_machine({"HOME": "/home/reader", **environ})
    assert machine.roots[root] == Path(folder)  # type: ignore[index]


def test_without_a_registry_nothing_is_read_and_nothing_can_be_written() -> None:
    registry = NoRegistry()
    assert registry.read("Software\\A") is None
    with pytest.raises(OSError, match=r"no registry to write Software\\A to"):
        registry.write("Software\\A", "b")
