"""`irodori preset` in this process, by its words: kept, listed, shown, forgotten."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from host.cli.app import app
from host.cli.presets import chosen_preset
from host.errors import NotFound
from host.messaging.messages import LoraChoice, Options, Preset

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch, irodori_home: Path) -> None:
    """Let tables be as wide as they are."""
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("NO_COLOR", "1")


def preset(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["preset", *arguments])
    return done.exit_code, done.stdout, done.stderr


def listed() -> list[list[str]]:
    status, out, _ = preset("list")
    assert status == 0
    return [re.split(r" {2,}", line.strip()) for line in out.splitlines()[1:]]


def test_every_option_is_kept_under_its_own_name() -> None:
    said = ("--engine", "compact", "--steps", "7", "--strength", "0.5", "--quality", "best", "--lora", "ink=0.8")
    more = ("--lora", "tone", "--wish", "rain", "--avoid", "sun", "--seed", "5", "--recolour")
    assert preset("save", "Night", *said, *more) == (0, "", "")
    options = Options(
        seed=5, strength=0.5, steps=7, prompt="rain", negative_prompt="sun", keep_coloured=False, quality="best",
        loras=[LoraChoice(name="ink", weight=0.8), LoraChoice(name="tone")],
    )  # fmt: skip
    assert chosen_preset("Night") == Preset(name="Night", engine="compact", options=options)
    status, out, _ = preset("show", "Night")
    assert status == 0
    assert json.loads(out)["options"]["loras"][0] == {"name": "ink", "weight": 0.8}
    assert '\n "name": "Night"' in out


def test_what_is_left_out_is_left_to_the_settings() -> None:
    assert preset("save", "Plain")[0] == 0
    assert chosen_preset("Plain") == Preset(name="Plain", options=Options())
    assert chosen_preset(None) is None


def test_the_list_tells_name_engine_and_what_is_set() -> None:
    assert listed() == []
    preset("save", "Plain")
    preset("save", "Night", "--engine", "compact", "--seed", "5", "--lora", "ink=0.8", "--lora", "tone")
    assert preset("list")[1].split()[:2] == ["name", "engine"]
    assert sorted(listed()) == [
        ["Night", "compact", "seed 5; loras ink 0.8, tone 1"],
        ["Plain", "–", "–"],
    ]


def test_one_that_is_forgotten_is_gone_and_no_other() -> None:
    preset("save", "One")
    preset("save", "Two")
    assert preset("delete", "One")[0] == 0
    assert [line[0] for line in listed()] == ["Two"]
    for command in ("delete", "show"):
        status, out, err = preset(command, "One")
        assert (status, out) == (2, "")
        assert "One" in err
    with pytest.raises(NotFound):
        chosen_preset("One")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("  ",), "The preset has no name."),
        (("n" * 81,), "This is no preset: "),
        (("One", "--engine", "nothing"), "nothing"),
        (("One", "--lora", "ink=much"), "'much' is no weight."),
        (("One", "--steps", "0"), "--steps"),
        (("One", "--steps", "201"), "--steps"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(arguments: tuple[str, ...], words: str) -> None:
    status, out, err = preset("save", *arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert listed() == []
