"""Every command as it is declared: what it hands on with nothing said and with everything, its status, its bounds."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import pytest
import typer.main
from typer.testing import CliRunner

from host import __version__
from host.cli.app import app
from tests.host.cli import declared, declared_library

if TYPE_CHECKING:
    from pathlib import Path

    from tests.host.cli.declared import Call

STATUS: Final = 7
"""What a command that has a status answers here."""
COMMANDS: Final = declared.COMMANDS + declared_library.COMMANDS


def invoked(line: str) -> Any:
    return CliRunner().invoke(app, line.split(), env={"COLUMNS": "300", "NO_COLOR": "1"})


@pytest.mark.parametrize(("line", "target", "expected", "has_status"), COMMANDS, ids=[one[0][:60] for one in COMMANDS])
def test_a_command_hands_on_what_was_said(
    line: str, target: str, expected: Call, has_status: bool, monkeypatch: pytest.MonkeyPatch, irodori_home: Path
) -> None:
    heard: list[Call] = []

    def listen(*positional: Any, **named: Any) -> int:
        heard.append((positional, named))
        return STATUS

    monkeypatch.setattr(import_module(f"host.cli.{target.rpartition('.')[0]}"), target.rpartition(".")[2], listen)
    done = invoked(line)
    assert heard == [expected], done.output
    assert done.exit_code == (STATUS if has_status else 0)


def test_every_command_is_in_the_table() -> None:
    def leaves(command: Any, words: tuple[str, ...]) -> set[str]:
        inner = getattr(command, "commands", None)
        if inner is None:
            return {" ".join(words)}
        return {leaf for name, one in inner.items() for leaf in leaves(one, (*words, name))}

    declared = leaves(typer.main.get_command(app), ())
    elsewhere = {f"preset {one}" for one in ("list", "show", "save", "delete")} | {"version", "library color"}
    tried = {leaf for leaf in declared if any(f"{line} ".startswith(f"{leaf} ") for line, *_ in COMMANDS)}
    assert declared - tried == elsewhere


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("colorize a -o out --seed -1", "--seed"),
        ("colorize a -o out --strength 1.1", "--strength"),
        ("colorize a -o out --strength -0.1", "--strength"),
        ("library colour a -o out --workers 0", "--workers"),
        ("library colour a -o out --workers 257", "--workers"),
        ("library analyse a -o out --temperature 2.1", "--temperature"),
        ("library analyse a -o out --max-tokens 0", "--max-tokens"),
        ("library analyse a -o out --max-tokens 1048577", "--max-tokens"),
        ("library analyse a -o out --max-workers 257", "--max-workers"),
        ("library analyse a -o out --per-minute 0.001", "--per-minute"),
        ("library analyse a -o out --attempts 101", "--attempts"),
        ("library analyse a -o out --attempts 0", "--attempts"),
        ("library analyse a -o out --timeout 3601", "--timeout"),
        ("library analyse a -o out --price-in -1", "--price-in"),
        ("library analyse a -o out --price-out -1", "--price-out"),
        ("library analyse a -o out --max-images -1", "--max-images"),
        ("library cast a -o out --pictures 0", "--pictures"),
        ("library cast a -o out --pictures 9", "--pictures"),
        ("library align -o t --min-score 1.1", "--min-score"),
        ("library align -o t --min-text-coverage 1.1", "--min-text-coverage"),
        ("library align -o t --limit 0", "--limit"),
        ("library duplicates t --distance 17", "--distance"),
        ("library duplicates t --distance -1", "--distance"),
        ("library embed a -o out --max-panels 65", "--max-panels"),
        ("library embed a -o out --max-panels 0", "--max-panels"),
        ("library embed a -o out --max-samples -1", "--max-samples"),
        ("library progress s --poll 0.01", "--poll"),
        ("library search s w --top 0", "--top"),
        ("library search s w --top 1001", "--top"),
        ("page filter p -o o --undo -1", "--undo"),
        ("page cut-out p -o o --figure -1", "--figure"),
        ("page animate p -o o --panel 0", "--panel"),
        ("page animate p -o o --seconds 61", "--seconds"),
        ("page animate p -o o --rate 0", "--rate"),
        ("page animate p -o o --rate 61", "--rate"),
        ("page animate p -o o --size 63", "--size"),
        ("page animate p -o o --size 2161", "--size"),
        ("page animate p -o o --steps 0", "--steps"),
        ("page animate p -o o --steps 101", "--steps"),
        ("page animate p -o o --seed -1", "--seed"),
        ("page inpaint p -o o --seed -1", "--seed"),
        ("page extend p -o o --left -1", "--left"),
        ("page extend p -o o --bottom 20001", "--bottom"),
        ("page upscale p -o o --scale 1", "--scale"),
        ("page upscale p -o o --scale 9", "--scale"),
    ],
)
def test_a_number_out_of_bounds_is_wrong_usage(line: str, option: str, irodori_home: Path) -> None:
    done = invoked(line)
    assert done.exit_code == 2
    assert f"Invalid value for '{option}'" in done.stderr


@pytest.mark.parametrize("line", ["version", "--version"])
def test_the_version_is_told(line: str) -> None:
    done = invoked(line)
    assert (done.exit_code, done.stdout) == (0, f"{__version__}\n")


@pytest.mark.parametrize("group", ["", "cache", "library dataspec"])
def test_a_group_without_a_command_shows_its_help(group: str) -> None:
    done = invoked(group)
    assert "Usage: " in done.output
    assert invoked(f"{group} -h").stdout == invoked(f"{group} --help").stdout


def test_the_command_s_end_is_the_process_s(monkeypatch: pytest.MonkeyPatch) -> None:
    module, steps = sys.modules["host.cli.app"], []
    monkeypatch.setattr(module, "end_on_signals", lambda: steps.append("signals"))
    monkeypatch.setattr(module, "exit_after", steps.append)
    monkeypatch.setattr(sys, "argv", ["irodori", "version"])
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert steps == ["signals", ended.value]
