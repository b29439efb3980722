"""Presets: kept by name, found whatever their case, safe beside damage."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from host.errors import BadRequest, Busy, NotFound, TooLarge
from host.locks import ProcessLock
from host.messaging.messages import LoraChoice, Options, Preset
from host.store import presets
from host.store.presets import PresetFile, with_preset

if TYPE_CHECKING:
    from collections.abc import Callable
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


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"null", b"[]", b'{"version": 2}', b"[" * 100_000, b'{"a":' * 100_000,
        b'{"version": 1, "presets": [{"name": "\xff", "options": {}}]}',
        b'{"version": 1, "presets": [{"name": "", "options": {}}]}', b'{"version": 1, "presets": {}}',
        b" " * ((4 << 20) + 1),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_left_out_and_kept_aside_before_others_are_written(
    kept: PresetFile, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "data" / "presets.json"
    file.parent.mkdir()
    file.write_bytes(content)
    assert kept.every() == []
    assert file.read_bytes() == content
    assert kept.save(SOFT) == [SOFT]
    assert (tmp_path / "data" / "presets.broken.json").read_bytes() == content
    file.write_bytes(b"{")
    assert kept.save(LOUD) == [LOUD]
    assert (tmp_path / "data" / "presets.broken.json").read_bytes() == content
    assert (tmp_path / "data" / "presets.broken2.json").read_bytes() == b"{"


@pytest.mark.parametrize("bad", ['{"name": 5}', '{"name": "x"}', "7", '{"name": "x", "options": {"seed": -1}}'])
def test_one_that_cannot_be_read_takes_no_other_with_it(kept: PresetFile, tmp_path: Path, bad: str) -> None:
    kept.save(SOFT)
    file = tmp_path / "data" / "presets.json"
    content = file.read_text().replace('"presets": [', f'"presets": [{bad},')
    file.write_text(content)
    assert kept.every() == [SOFT]
    assert kept.save(LOUD) == [LOUD, SOFT]
    assert (tmp_path / "data" / "presets.broken.json").read_text() == content
    assert kept.remove("loud") == [SOFT]
    assert not (tmp_path / "data" / "presets.broken2.json").exists()


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: path.symlink_to(path.name)])
def test_what_is_no_file_is_never_opened(kept: PresetFile, tmp_path: Path, make: Callable[[Path], None]) -> None:
    (tmp_path / "data").mkdir()
    make(tmp_path / "data" / "presets.json")
    assert kept.every() == []
    assert kept.save(SOFT) == [SOFT]
    assert kept.every() == [SOFT]


def test_presets_that_would_make_a_file_too_large_to_be_read_are_refused(kept: PresetFile) -> None:
    def large(name: str) -> Preset:
        return Preset(name=name, options=Options(engine_options={"a": "x" * 1_500_000}))

    kept.save(large("1"))
    kept.save(large("2"))
    with pytest.raises(TooLarge, match="KiB"):
        kept.save(large("3"))
    assert [one.name for one in kept.every()] == ["1", "2"]
    assert [one.name for one in kept.remove("1")] == ["2"]


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
