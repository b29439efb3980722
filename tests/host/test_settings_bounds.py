"""No value of a setting, from wherever it comes, stops the host or reaches what it is not meant for."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs
from typer.testing import CliRunner

from bench.faults.hostile import HOSTILE
from host.application import Application
from host.cli.app import app
from host.errors import BadRequest
from host.messaging.messages import METHODS
from host.paths import state_paths
from host.service import HostService
from host.settings import Settings, SettingsFile
from host.viability import viability_of
from tests.host.jobs.conftest import Engines, Watched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engines.base import Viability

KEYS = tuple(Settings.__struct_fields__)


@pytest.fixture
def service(irodori_home: Path) -> Iterator[HostService]:
    opened = HostService(lambda message: None)
    yield opened
    opened.close(2.0)


def answers(service: HostService) -> Settings:
    """Ask all that must always answer; return the settings."""
    for method in ("engine.list", "host.doctor"):
        service.handle(method, METHODS[method].params())
    return Settings(**service.handle("settings.get", METHODS["settings.get"].params()))  # type: ignore[arg-type]


@pytest.mark.parametrize("key", KEYS)
def test_over_the_wire_a_hostile_value_is_taken_or_refused_and_the_host_answers(service: HostService, key: str) -> None:
    for value in HOSTILE:
        before = service.handle("settings.get", METHODS["settings.get"].params())
        try:
            after: Any = service.handle("settings.set", {key: value})
        except BadRequest as exc:
            assert len(exc.message) < 1000  # noqa: PT017
            assert service.handle("settings.get", METHODS["settings.get"].params()) == before
        else:
            assert after[key] == value
    answers(service)


@pytest.mark.parametrize("key", KEYS)
def test_in_the_file_a_hostile_value_is_set_aside_with_one_warning(tmp_path: Path, key: str) -> None:
    path = tmp_path / "settings.json"
    for value in HOSTILE:
        path.write_text(json.dumps({key: value}))
        settings = SettingsFile(path)
        assert len(settings.warnings) <= 1
        assert getattr(settings.current, key) == (getattr(Settings(), key) if settings.warnings else value)
        assert all(len(warning) < 1000 for warning in settings.warnings)


@pytest.mark.parametrize("key", KEYS)
def test_in_the_environment_a_hostile_value_is_set_aside(
    tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in HOSTILE:
        text = str(value) if not isinstance(value, str) else value
        if "\0" in text or len(text) > 100_000:
            continue  # the system itself does not carry these
        monkeypatch.setitem(os.environ, f"IRODORI_{key.upper()}", text)
        settings = SettingsFile(tmp_path / "settings.json")
        assert settings.warnings == [] or getattr(settings.current, key) == getattr(Settings(), key)


@pytest.mark.parametrize("value", ["\0", "a\0b", "\udc80", "x" * 2**20])
@pytest.mark.parametrize("key", ["default_engine", "comfyui_url", "detector_weights", "embedder_folder", "prompt"])
def test_a_text_that_no_library_can_take_is_refused(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(BadRequest):
        SettingsFile(tmp_path / "settings.json").update({key: value})


@pytest.mark.parametrize("key", ["idle_unload_s", "strength"])
def test_a_number_that_is_not_finite_is_refused(tmp_path: Path, key: str) -> None:
    for value in (float("nan"), float("inf"), -float("inf"), 1e308):
        with pytest.raises(BadRequest):
            SettingsFile(tmp_path / "settings.json").update({key: value})


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b" " * 2_000_000,
        b'{"seed": ' + b"9" * 10_000 + b"}",
        b'{"seed": NaN}',
        b"null",
    ],
)
def test_a_hostile_file_gives_the_defaults(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings = SettingsFile(path)
    assert settings.current == Settings()
    assert len(settings.warnings) == 1
    assert settings.update({"seed": 9}).seed == 9


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_place_of_the_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "settings.json")
    settings = SettingsFile(tmp_path / "settings.json")
    assert settings.current == Settings()
    assert len(settings.warnings) == 1


def test_what_another_process_writes_is_in_force_at_once(tmp_path: Path) -> None:
    settings = SettingsFile(tmp_path / "settings.json")
    SettingsFile(tmp_path / "settings.json").update({"seed": 77})
    assert settings.current.seed == 77


def test_a_stored_default_engine_that_does_not_exist_gives_way_to_one_that_does(irodori_home: Path) -> None:
    SettingsFile(state_paths().settings_file).update({"default_engine": "gone"})
    with Application.open(state_paths(), lambda message: None) as application:
        assert application.settings.current.default_engine == "compact"
        assert len(application.settings.warnings) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("comfyui_url", "http://10.0.0.7:8188"),
        ("model_hub", "https://mirror.example"),
        ("detector_weights", "/tmp/x.onnx"),
        ("embedder_folder", "/tmp"),
    ],
)
def test_paths_and_addresses_are_the_owners_to_set(service: HostService, key: str, value: str) -> None:
    with pytest.raises(BadRequest) as refused:
        service.handle("settings.set", {key: value, "seed": 3})
    assert f"irodori settings set {key}" in refused.value.hint
    assert answers(service) == Settings()
    told = CliRunner().invoke(app, ["settings", "set", key, value])
    assert told.exit_code == 0, told.output
    assert getattr(answers(service), key) == value
    # A page of options that sends back all that it got changes nothing.
    everything = structs.asdict(answers(service))
    assert service.handle("settings.set", everything) == everything


@pytest.mark.slow
def test_the_command_line_says_what_is_set_and_refuses_what_makes_no_sense(irodori_home: Path) -> None:
    run = CliRunner().invoke
    assert run(app, ["settings", "set", "strength", "0.5"]).output == "strength = 0.5\n"
    assert run(app, ["settings", "get", "strength"]).output == "0.5\n"
    assert "strength = 0.5" in run(app, ["settings", "get"]).output
    for wrong in (["set", "strength", "nan"], ["set", "no", "1"], ["get", "no"], ["set", "comfyui_url", "http://["]):
        told = run(app, ["settings", *wrong])
        assert told.exit_code == 2, told.output


class Broken(Watched):
    """Cannot even say whether it can run."""

    def viability(self) -> Viability:
        raise self.failure or OverflowError("of its own")


def test_an_engine_whose_check_fails_is_not_ready_and_touches_no_other(irodori_home: Path) -> None:
    engines = Engines(Broken(engine_id="broken"), Watched(engine_id="whole"))
    application = Application.open(
        state_paths(), lambda message: None, engines=engines, explicit={"default_engine": "whole"}
    )
    service = HostService(lambda message: None, application)
    listed: Any = service.handle("engine.list", METHODS["engine.list"].params())
    assert [one.ready for one in listed] == [False, True]
    assert "OverflowError: of its own" in listed[0].reason
    doctor: Any = service.handle("host.doctor", METHODS["host.doctor"].params())
    assert next(one for one in doctor if one.check == "engines").ok
    assert not viability_of(engines, "no such").ok
    service.close(2.0)
