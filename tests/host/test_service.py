"""The service: every method of the wire has a handler, and each does what the protocol says."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import msgspec
import numpy as np
import pytest

from host import __version__
from host.application import COMFYUI_KEY
from host.errors import BadRequest, NotFound, SecretsUnavailable, UnknownMethod
from host.messaging.messages import (
    METHODS,
    CacheClear,
    Hello,
    Message,
    ModelProgress,
    ModelPull,
    ModelQuery,
    Options,
    PageKeep,
    PageRegion,
    PageRegionQuery,
    Preset,
    PresetRemove,
    ReferenceAdd,
    ReferenceChange,
    ReferenceList,
    ReferenceRemove,
    ReferenceSearch,
    ReferenceThumbnails,
    SecretDelete,
    SecretSet,
)
from host.messaging.wire.requests import THUMBNAILS_MAX
from host.model_library import HF_TOKEN
from host.service import HostService
from tests.host.jobs.conftest import Listener

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def service(irodori_home: Path, listener: Listener) -> Iterator[HostService]:
    opened = HostService(listener)
    yield opened
    importing = opened._application.board._stages._importing
    if importing is not None:  # or it imports into the next test, where others look through the modules
        importing.join()
    opened.close(2.0)


def picture(hue: int = 20) -> bytes:
    rows = np.linspace(60, 200, 64, dtype=np.uint8)
    hsv = np.dstack([np.full((64, 64), hue, np.uint8), np.full((64, 64), 180, np.uint8), np.tile(rows, (64, 1))])
    return bytes(cv2.imencode(".png", cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR))[1])


def empty(method: str) -> Any:
    return METHODS[method].params()


def test_every_method_of_the_wire_has_a_handler_and_no_other(service: HostService) -> None:
    assert set(service.handlers) == set(METHODS)
    with pytest.raises(UnknownMethod):
        service.handle("no.such", {})


@pytest.mark.parametrize(
    "method",
    [
        "engine.list",
        "job.status",
        "model.list",
        "preset.list",
        "settings.get",
        "words.list",
        "cache.stats",
        "cache.clear",
        "host.doctor",
    ],
)
def test_what_a_method_returns_is_of_its_declared_type(service: HostService, method: str) -> None:
    result = service.handle(method, empty(method))
    assert msgspec.convert(msgspec.to_builtins(result), METHODS[method].result) == result


def test_hello_tells_engines_device_and_settings(service: HostService) -> None:
    welcome: Any = service.handle("session.hello", Hello(protocol=(1, 1), extension_version="1", browser="test"))
    assert welcome.host_version == __version__
    assert welcome.default_engine in {engine.id for engine in welcome.engines}
    assert welcome.device.memory_mib > 0
    assert welcome.settings == service.handle("settings.get", empty("settings.get"))


def test_libraries_are_imported_ahead_from_hello_on(service: HostService) -> None:
    stages = service._application.board._stages
    assert stages._importing is None
    service.handle("session.hello", Hello(protocol=(1, 1), extension_version="1", browser="test"))
    assert stages._importing is not None
    stages._importing.join(60)
    assert stages._made is not None


def test_the_version_is_the_packages() -> None:
    root = Path(__file__).parents[2]
    place = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["version"]["path"]
    assert f'__version__ = "{__version__}"' in (root / place).read_text()


def test_ping_tells_an_idle_host(service: HostService) -> None:
    pong: Any = service.handle("session.ping", empty("session.ping"))
    assert (pong.busy, pong.queue_depth) == (False, 0)
    assert pong.uptime_s >= 0


@pytest.mark.slow
def test_references_are_added_found_and_removed(service: HostService) -> None:
    warm: Any = service.handle("reference.add", ReferenceAdd(image=picture(10), series="S"))
    cold: Any = service.handle("reference.add", ReferenceAdd(image=picture(110)))
    assert service.handle("reference.list", ReferenceList(series="S")) == [warm]
    hits: Any = service.handle("reference.search", ReferenceSearch(k=5, image=picture(112)))
    assert [hit.reference_id for hit in hits] == [cold.reference_id, warm.reference_id]
    for wrong in (ReferenceSearch(k=1), ReferenceSearch(k=1, image=b"x", reference_id="y")):
        with pytest.raises(BadRequest):
            service.handle("reference.search", wrong)
    service.handle("reference.remove", ReferenceRemove(reference_id=warm.reference_id))
    with pytest.raises(NotFound):
        service.handle("reference.search", ReferenceSearch(k=1, reference_id=warm.reference_id))


def test_thumbnails_are_given_by_themselves_a_few_at_a_time(service: HostService) -> None:
    warm: Any = service.handle("reference.add", ReferenceAdd(image=picture(10)))
    cold: Any = service.handle("reference.add", ReferenceAdd(image=picture(110)))
    bare: Any = service.handle("reference.list", ReferenceList(thumbnails=False))
    assert {(one.reference_id, one.thumbnail) for one in bare} == {(warm.reference_id, b""), (cold.reference_id, b"")}
    wanted = ReferenceThumbnails(reference_ids=[cold.reference_id, "0" * 32, warm.reference_id])
    found: Any = service.handle("reference.thumbnails", wanted)
    assert [(one.reference_id, one.thumbnail) for one in found] == [
        (cold.reference_id, cold.thumbnail), (warm.reference_id, warm.thumbnail),
    ]  # fmt: skip
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"reference_ids": ["0" * 32] * (THUMBNAILS_MAX + 1)}, ReferenceThumbnails)


def test_references_are_called_otherwise(service: HostService) -> None:
    warm: Any = service.handle("reference.add", ReferenceAdd(image=picture(10), name="warm", series="S"))
    change = ReferenceChange(reference_id=warm.reference_id, name=" Aki at dusk ", series="", character="Aki")
    called: Any = service.handle("reference.change", change)
    assert (called.name, called.series, called.character) == ("Aki at dusk", None, "Aki")
    assert (called.thumbnail, called.palette) == (warm.thumbnail, warm.palette)
    assert service.handle("reference.list", ReferenceList()) == [called]
    with pytest.raises(NotFound):
        service.handle("reference.change", ReferenceChange(reference_id="0" * 32, name="x"))


def test_presets_are_kept_for_browser_and_command_line(service: HostService, irodori_home: Path) -> None:
    soft = Preset(name="Soft", engine="sdxl", options=Options(steps=20))
    assert service.handle("preset.save", soft) == [soft]
    assert json.loads((irodori_home / "data" / "presets.json").read_text())["presets"][0]["name"] == "Soft"
    with pytest.raises(NotFound, match="no engine"):
        service.handle("preset.save", Preset(name="x", engine="no-such", options=Options()))
    assert service.handle("preset.list", empty("preset.list")) == [soft]
    assert service.handle("preset.remove", PresetRemove(name="soft")) == []


def test_settings_take_effect_and_strangers_are_refused(service: HostService, irodori_home: Path) -> None:
    changed: Any = service.handle("settings.set", {"strength": 0.25, "cache_limit_mib": 7})
    assert changed["strength"] == 0.25
    stats: Any = service.handle("cache.stats", empty("cache.stats"))
    assert stats.limit_bytes == 7 * 2**20
    assert json.loads((irodori_home / "config" / "settings.json").read_text())["strength"] == 0.25
    for wrong in ({"strenght": 1}, {"default_engine": "no such"}, {"default_engine": 3}):
        with pytest.raises(BadRequest):
            service.handle("settings.set", wrong)
    assert service.handle("settings.get", empty("settings.get")) == changed


def test_shipped_models_are_verified_and_stay(service: HostService, listener: Listener) -> None:
    models: Any = service.handle("model.list", empty("model.list"))
    compact = next(model for model in models if model.model_id == "compact")
    assert compact.state == "ready"
    task: Any = service.handle("model.pull", ModelPull(model_id="compact"))
    listener.wait(ModelProgress, task_id=task.task_id, state="ready")
    told = [message.bytes for message in listener.of(ModelProgress, task_id=task.task_id)]
    assert told == sorted(told)
    assert told[-1] == compact.bytes
    with pytest.raises(BadRequest, match="ships"):
        service.handle("model.remove", ModelQuery(model_id="compact"))
    for method, query in (("model.pull", ModelPull), ("model.remove", ModelQuery)):
        with pytest.raises(NotFound):
            service.handle(method, query(model_id="no such"))


def test_secrets_go_to_the_keyring_and_never_come_back(
    service: HostService, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keyring = pytest.importorskip("keyring")
    kept: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(keyring, "set_password", lambda *parts: kept.__setitem__(parts[:2], parts[2]))
    monkeypatch.setattr(keyring, "get_password", lambda *parts: kept.get(parts))
    monkeypatch.setattr(keyring, "delete_password", lambda *parts: kept.pop(parts))
    service.handle("secret.set", SecretSet(name="hub", value="hunter2"))
    assert list(kept.values()) == ["hunter2"]
    for method in ("settings.get", "host.doctor", "model.list"):
        assert "hunter2" not in repr(service.handle(method, empty(method)))
    assert "hunter2" not in caplog.text
    service.handle("secret.delete", SecretDelete(name="hub"))
    service.handle("secret.delete", SecretDelete(name="hub"))
    assert kept == {}


def test_a_secret_is_kept_for_the_server_that_is_set_at_that_time(
    irodori_home: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IRODORI_MODEL_HUB", "https://mirror.example")
    monkeypatch.setenv("IRODORI_COMFYUI_URL", "http://127.0.0.1:8188/")
    keyring = pytest.importorskip("keyring")
    kept: dict[str, str] = {}
    monkeypatch.setattr(keyring, "set_password", lambda _, name, value: kept.__setitem__(name, value))
    monkeypatch.setattr(keyring, "get_password", lambda _, name: kept.get(name))
    monkeypatch.setattr(keyring, "delete_password", lambda _, name: kept.pop(name))
    service = HostService(listener)
    for name in (HF_TOKEN, COMFYUI_KEY, "hub"):
        service.handle("secret.set", SecretSet(name=name, value="hunter2"))
    service.close(2.0)
    bound = {HF_TOKEN: "https://mirror.example", COMFYUI_KEY: "http://127.0.0.1:8188"}
    assert {name: value for name, value in kept.items() if value != "hunter2"} == {
        f"{name}.origin": origin for name, origin in bound.items()
    }


def test_without_a_keyring_secrets_are_refused_with_a_hint(
    service: HostService, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = pytest.importorskip("keyring")
    fail = pytest.importorskip("keyring.backends.fail")
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    try:
        with pytest.raises(SecretsUnavailable) as refused:
            service.handle("secret.set", SecretSet(name="hub", value="hunter2"))
    finally:
        keyring.set_keyring(before)
    assert refused.value.hint
    assert "hunter2" not in refused.value.message


def test_the_doctor_names_what_is_wrong_and_what_mends_it(service: HostService, irodori_home: Path) -> None:
    checks: Any = service.handle("host.doctor", empty("host.doctor"))
    assert {check.check for check in checks} >= {"folders", "disk", "database", "engines", "weights", "lane", "log"}
    assert all(check.ok for check in checks), checks
    (irodori_home / "config").mkdir()
    (irodori_home / "config" / "settings.json").write_text("{broken")
    other = HostService(lambda message: None)
    found: Any = {check.check: check for check in other.handle("host.doctor", empty("host.doctor"))}
    other.close()
    assert not found["settings"].ok
    assert found["settings"].fix


def test_close_may_be_called_twice(service: HostService) -> None:
    service.close(0.5)
    service.close(0.5)
    assert service.load() == (False, 0)


def test_clear_empties_the_cache(service: HostService) -> None:
    cleared: Any = service.handle("cache.clear", CacheClear())
    assert cleared.removed == 0
    assert isinstance(cleared, Message)


def test_the_region_of_a_dot_is_told_once_the_page_s_bytes_are_here(service: HostService) -> None:
    page = np.full((360, 480, 3), 255, np.uint8)
    cv2.circle(page, (240, 180), 120, (0, 0, 0), 4)
    image = bytes(cv2.imencode(".png", page)[1])
    asked = PageRegionQuery(sha256=hashlib.sha256(image).hexdigest(), point=(0.5, 0.5))
    with pytest.raises(NotFound, match="bytes"):
        service.handle("page.region", asked)
    service.handle("page.keep", PageKeep(sha256=asked.sha256, image=image))
    told = service.handle("page.region", asked)
    assert isinstance(told, PageRegion)
    assert told.by == "lines"
    assert told.share == pytest.approx(np.pi * 120**2 / (360 * 480), rel=0.1)
    assert all(0 <= place <= 1 for one in told.outlines for point in one for place in point)
