"""Settings: explicit, then environment, then file, then default."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import BadRequest, InternalError
from host.settings import Settings, SettingsFile

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, **stored: object) -> Path:
    path.write_text(json.dumps(stored))
    return path


def test_what_is_nearer_to_the_reader_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "settings.json", strength=0.2, quality="best", seed=1)
    monkeypatch.setenv("IRODORI_QUALITY", "preview")
    monkeypatch.setenv("IRODORI_SEED", "2")
    monkeypatch.setenv("IRODORI_KEEP_COLOURED", "false")
    settings = SettingsFile(path, {"seed": 3}).current
    assert (settings.strength, settings.quality, settings.seed, settings.keep_coloured) == (0.2, "preview", 3, False)
    assert settings.output_format == Settings().output_format


def test_a_change_is_written_and_in_force_in_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "config" / "settings.json"
    changed = SettingsFile(path).update({"strength": 0.5, "default_engine": "other"})
    assert (changed.strength, changed.default_engine) == (0.5, "other")
    assert SettingsFile(path).update({"seed": 4}) == SettingsFile(path).current
    assert json.loads(path.read_text()) == {"strength": 0.5, "default_engine": "other", "seed": 4}
    assert [entry.name for entry in path.parent.iterdir()] == ["settings.json"]


@pytest.mark.parametrize(
    "changes",
    [
        {"unknown": 1},
        {"strength": 1.5},
        {"strength": "0.5"},
        {"strength": None},
        {"quality": "great"},
        {"cache_limit_mib": 0},
        {"keep_coloured": 1},
        {"output_format": "bmp"},
        {"seed": 1, "seeds": 2},
    ],
)
def test_what_makes_no_sense_is_refused_by_name_and_changes_nothing(tmp_path: Path, changes: dict[str, object]) -> None:
    settings = SettingsFile(tmp_path / "settings.json")
    with pytest.raises(BadRequest) as refused:
        settings.update(changes)
    assert refused.value.data["key"] == list(changes)[-1]
    assert settings.current == Settings()
    assert not (tmp_path / "settings.json").exists()


@pytest.mark.parametrize("content", [b"{not json", b"[1, 2]", b"\xff\xfe\x00", b"", b'{"strength": NaN'])
def test_a_broken_file_gives_the_defaults_and_is_kept_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings = SettingsFile(path)
    assert settings.current == Settings()
    assert len(settings.warnings) == 1
    assert (tmp_path / "settings.broken.json").read_bytes() == content
    assert settings.update({"seed": 9}).seed == 9


def test_a_bad_value_in_the_file_or_the_environment_is_left_out_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "settings.json", strength=7, seed=5, from_a_later_version=True)
    monkeypatch.setenv("IRODORI_REFERENCES_MAX", "many")
    settings = SettingsFile(path)
    assert (settings.current.strength, settings.current.seed, settings.current.references_max) == (1.0, 5, 8)
    assert len(settings.warnings) == 3
    settings.update({"seed": 6})
    assert json.loads(path.read_text())["from_a_later_version"] is True


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file stands where the folder should be")
    settings = SettingsFile(tmp_path / "config" / "settings.json")
    with pytest.raises(InternalError):
        settings.update({"seed": 1})
    assert settings.current == Settings()


@given(st.dictionaries(st.text(max_size=20), st.none() | st.booleans() | st.integers() | st.floats() | st.text()))
def test_any_map_is_taken_whole_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, object]
) -> None:
    settings = SettingsFile(tmp_path_factory.mktemp("settings") / "settings.json")
    try:
        resolved = settings.update(changes)
    except BadRequest:
        assert settings.current == Settings()
    else:
        assert {key: getattr(resolved, key) for key in changes} == changes


def test_no_setting_shadows_the_home(tmp_path: Path) -> None:
    assert "home" not in Settings.__struct_fields__
    assert os.sep not in Settings().default_engine


def test_the_comfyui_engine_speaks_to_the_server_of_the_settings_and_to_a_far_one_with_its_key(tmp_path, monkeypatch):
    from host.application import Application
    from host.paths import state_paths

    asked: list[tuple[str, str]] = []
    monkeypatch.setattr("host.application.secret_for", lambda *names: asked.append(names) or "sesame")
    monkeypatch.setenv("IRODORI_HOME", str(tmp_path))
    with Application.open(state_paths(), lambda message: None) as application:
        engine: Any = application.engines.get("comfyui")
        assert not engine._server().is_set
        application.change_settings({"comfyui_url": "http://127.0.0.1:8188"})
        assert (engine._server().url, engine._server().api_key) == ("http://127.0.0.1:8188", "")
        application.change_settings({"comfyui_url": "https://far.example"})
        assert engine._server().api_key == "sesame"
    assert asked == [("comfyui_key", "https://far.example:443")]
