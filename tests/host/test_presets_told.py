"""How presets and settings are spelled on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host.cli.presets import _lora, _told
from host.cli.settings import change_setting, print_settings
from host.errors import BadRequest, NotFound
from host.messaging.messages import LoraChoice, Options
from host.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("a.safetensors", LoraChoice(name="a.safetensors")),
        ("a=0.8", LoraChoice(name="a", weight=0.8)),
        ("a=b=-1", LoraChoice(name="a=b", weight=-1)),
        ("=0.8", LoraChoice(name="=0.8")),
    ],
)
def test_a_lora_is_a_name_with_or_without_a_weight(text: str, choice: LoraChoice) -> None:
    assert _lora(text) == choice


def test_what_is_no_weight_is_refused_in_short() -> None:
    with pytest.raises(BadRequest, match="is no weight") as told:
        _lora("a=" + "x" * 9000)
    assert len(told.value.message) < 100
    assert told.value.hint == "Write NAME or NAME=0.8."


def test_a_preset_s_options_are_told_in_words() -> None:
    assert _told(Options()) == "–"
    assert _told(Options(seed=5)) == "seed 5"
    told = _told(Options(keep_coloured=False, loras=(LoraChoice(name="a", weight=0.5), LoraChoice(name="b"))))
    assert set(told.split("; ")) == {"keep coloured False", "loras a 0.5, b 1"}


def test_settings_are_printed_all_or_one(irodori_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_settings(None)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" = ")[0] for line in lines] == list(Settings.__struct_fields__)
    print_settings("default_engine")
    assert capsys.readouterr().out == "compact\n"
    with pytest.raises(NotFound, match=r"There is no setting 'x+'") as told:
        print_settings("x" * 9000)
    assert len(told.value.message) < 200
    assert "default_engine" in told.value.hint


def test_a_setting_that_the_environment_overrides_is_told(
    irodori_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change_setting("seed", "5")
    assert capsys.readouterr() == ("seed = 5\n", "")
    with pytest.raises(BadRequest, match="There is no engine 'gone'"):
        change_setting("default_engine", "gone")
    change_setting("default_engine", "compact")
    capsys.readouterr()
    monkeypatch.setenv("IRODORI_SEED", "9")
    change_setting("seed", "6")
    assert capsys.readouterr() == ("seed = 9\n", "IRODORI_SEED in the environment goes before what was written.\n")
