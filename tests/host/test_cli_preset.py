"""`irodori preset`, and pages that are coloured by one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from host.cli.app import app
from host.messaging.messages import LoraChoice, Options
from host.paths import state_paths
from host.store.presets import PresetFile

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("irodori_home")


def irodori(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "200", "NO_COLOR": "1"})
    return done.exit_code, done.output


@pytest.mark.slow
def test_a_preset_is_saved_shown_and_deleted() -> None:
    said = ("--engine", "sdxl", "--steps", 12, "--quality", "best", "--lora", "a=b=0.5", "--lora", "ink", "--wish", "x")
    assert irodori("preset", "save", "Soft ink", *said, "--avoid", "y", "--strength", 0.5) == (0, "")
    kept = PresetFile(state_paths().presets_file).get("soft INK")
    assert kept.engine == "sdxl"
    assert kept.options == Options(
        steps=12,
        quality="best",
        loras=[LoraChoice(name="a=b", weight=0.5), LoraChoice(name="ink")],
        prompt="x",
        negative_prompt="y",
        strength=0.5,
    )
    status, text = irodori("preset", "list")
    assert status == 0
    assert "Soft ink" in text
    assert "loras a=b 0.5, ink 1" in text
    assert json.loads(irodori("preset", "show", "soft ink")[1])["options"]["steps"] == 12
    assert irodori("preset", "delete", "SOFT INK")[0] == 0
    assert "Soft ink" not in irodori("preset", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("preset", "save", "a", "--engine", "no-such"), "no engine 'no-such'"),
        (("preset", "save", "a", "--lora", "x=heavy"), "no weight"),
        (("preset", "save", "a", "--lora", "x=40"), "no preset"),
        (("preset", "save", "  "), "no name"),
        (("preset", "show", "none"), "no preset 'none'"),
        (("preset", "delete", "none"), "no preset 'none'"),
        (("colorize", "a.png", "-o", "out", "--preset", "none"), "no preset 'none'"),
        (("library", "colour", ".", "-o", "out", "--preset", "none"), "no preset 'none'"),
    ],
)
def test_what_cannot_be_done_is_said_with_status_2(arguments: tuple[str, ...], words: str) -> None:
    status, text = irodori(*arguments)
    assert status == 2
    assert words in text


@pytest.mark.slow
def test_pages_are_coloured_by_a_preset_and_what_is_said_goes_before_it(pages: Path, tmp_path: Path) -> None:
    irodori("preset", "save", "Pale", "--engine", "compact", "--strength", 0.25)

    def strength(*more: object) -> float:
        out = tmp_path / f"out{len(more)}"
        status, text = irodori("colorize", pages / "dragons-ja.png", "-o", out, "--runmeta", "--preset", "pale", *more)
        assert status == 0, text
        [record] = out.glob("*.runmeta.json")
        found: float = json.loads(record.read_text())["plan"]["strength_01"]
        return found

    assert strength() == 0.25
    assert strength("--strength", 0.75) == 0.75
