"""Presets: kept by name, found whatever their case, safe beside damage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from host.errors import BadRequest, Busy, NotFound, TooLarge
from host.locks import ProcessLock
from host.messaging.messages import LoraChoice, Options, Preset
from host.store import presets
from host.store.presets import PresetFile, with_preset

if TYPE_CHECKING:
    from pathlib import Path

SOFT = Preset(name="Soft", engine="sdxl", options=Options(steps=20, strength=0.6, loras=[LoraChoice(name="ink")]))
LOUD = Preset(name="loud", options=Options(prompt="neon"))


@pytest.fixture
def kept(tmp_path: Path) -> PresetFile:
    return PresetFile(tmp_path / "data" / "presets.json")


def test_presets_are_kept_by_name_for_all_who_ask(kept: PresetFile, tmp_path: Path) -> None:
    assert kept.every() == []
    assert kept.save(SOFT) == [SOFT]
    assert kept.save(LOUD) == [LOUD, SOFT]
    assert PresetFile(tmp_path / "data" / "presets.json").get("LOUD ") == LOUD
    text = json.loads((tmp_path / "data" / "presets.json").read_text())
    assert text["version"] == 1
    assert [one["name"] for one in text["presets"]] == ["Soft", "loud"]


def test_one_of_the_same_name_takes_its_place(kept: PresetFile) -> None:
    kept.save(SOFT)
    other = Preset(name="  SOFT ", options=Options(steps=4))
    assert kept.save(other) == [Preset(name="SOFT", options=Options(steps=4))]
    assert kept.remove("soft") == []
    with pytest.raises(NotFound, match="no preset 'soft'"):
        kept.remove("soft")


def test_what_cannot_be_kept_is_refused(kept: PresetFile, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadRequest, match="no name"):
        kept.save(Preset(name="   ", options=Options()))
    monkeypatch.setattr(presets, "PRESETS_MAX", 1)
    kept.save(SOFT)
    with pytest.raises(TooLarge, match="1 presets already"):
        kept.save(LOUD)
    assert kept.save(SOFT) == [SOFT]


def test_a_file_that_holds_none_is_said_and_stays(kept: PresetFile, tmp_path: Path) -> None:
    file = tmp_path / "data" / "presets.json"
    file.parent.mkdir()
    for content in ("{", '{"version": 2}', '{"version": 1, "presets": [{"name": "", "options": {}}]}'):
        file.write_text(content)
        for ask in (kept.every, lambda: kept.save(SOFT)):
            with pytest.raises(BadRequest, match="holds no presets"):
                ask()
        assert file.read_text() == content
    file.write_bytes(b" " * (presets._BYTES_MAX + 1))
    with pytest.raises(TooLarge):
        kept.every()


def test_another_host_that_changes_them_is_waited_for(
    kept: PresetFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presets, "_WAIT_S", 0.05)
    other = ProcessLock(tmp_path / "data" / "presets.lock")
    assert other.try_acquire()
    with pytest.raises(Busy):
        kept.save(SOFT)
    other.close()
    assert kept.save(SOFT) == [SOFT]


def test_what_is_said_goes_before_a_preset() -> None:
    assert with_preset(None, "compact", Options(seed=1)) == ("compact", Options(seed=1))
    engine, options = with_preset(SOFT, None, Options(strength=0.9, keep_coloured=False))
    assert engine == "sdxl"
    assert options == Options(steps=20, strength=0.9, loras=[LoraChoice(name="ink")], keep_coloured=False)
    assert with_preset(SOFT, "compact", Options()) == ("compact", SOFT.options)
