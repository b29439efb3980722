"""Every check of the host's own doctor, sound and not, each with what mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from host import doctor
from host.application import Application
from host.errors import DiskFull
from host.locks import ProcessLock
from host.paths import state_paths
from tests.host.jobs.conftest import Engines, Watched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHECKS = ["folders", "disk", "settings", "database", "cache", "engines", "weights", "words", "lane", "log"]


@pytest.fixture
def application(irodori_home: Path) -> Iterator[Application]:
    engines = Engines(Watched(engine_id="toy"), Watched(engine_id="other"))
    with Application.open(
        state_paths(), lambda message: None, engines=engines, explicit={"default_engine": "toy"}
    ) as opened:
        yield opened


def told(application: Application, check: str) -> Any:
    found = {one.check: one for one in doctor.examine(application)}
    assert list(found) == CHECKS
    return found[check]


def test_a_fresh_home_is_sound(application: Application) -> None:
    assert [one.check for one in doctor.examine(application) if not one.ok] == []
    assert all(one.detail and not one.fix for one in doctor.examine(application))
    assert told(application, "lane").detail == "free"
    assert told(application, "engines").detail == "toy: ready; other: ready"
    assert "0 pages, 0 of" in told(application, "cache").detail


def test_a_page_under_way_is_told_and_is_no_fault_and_the_lane_is_let_go(application: Application) -> None:
    other = ProcessLock(state_paths().lane_lock)
    assert other.try_acquire()
    found = told(application, "lane")
    assert (found.ok, found.detail) == (True, "a page is being coloured")
    other.release()
    assert told(application, "lane").detail == "free"
    assert other.try_acquire()
    other.close()


def test_folders_that_cannot_be_written_to_are_named(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    application.paths.logs.mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(doctor.os, "access", lambda folder, mode: folder != application.paths.logs)
    found = told(application, "folders")
    assert not found.ok
    assert found.detail == f"not writable: {application.paths.logs}"
    assert "IRODORI_HOME" in found.fix


@pytest.mark.parametrize(("free_mib", "ok"), [(511, False), (512, True)])
def test_half_a_gibibyte_has_to_be_free(
    application: Application, monkeypatch: pytest.MonkeyPatch, free_mib: int, ok: bool
) -> None:
    class Usage:
        free = (free_mib << 20) + 5

    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: Usage)
    found = told(application, "disk")
    assert (found.ok, found.detail) == (ok, f"{free_mib} MiB are free")
    assert ("cache_limit_mib" in found.fix) is not ok


def test_settings_that_were_set_aside_are_told(irodori_home: Path) -> None:
    state_paths().settings_file.parent.mkdir(parents=True, exist_ok=True)
    state_paths().settings_file.write_text('{"seed": "x"}')
    with Application.open(state_paths(), lambda message: None) as application:
        found = told(application, "settings")
    assert not found.ok
    assert "seed" in found.detail
    assert str(state_paths().settings_file) in found.fix


def test_a_database_is_told_that_is_damaged_or_was(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    database = application.store.database
    monkeypatch.setattr(type(database), "is_sound", lambda self: False)
    found = told(application, "database")
    assert not found.ok
    assert f"{database.path} is damaged" == found.detail
    assert "remove the file" in found.fix
    monkeypatch.undo()
    monkeypatch.setattr(database, "moved_aside", database.path.with_name("old"))
    found = told(application, "database")
    assert found.ok
    assert "a damaged one was moved to" in found.detail


@pytest.mark.parametrize(("default", "words"), [("gone", "there is no engine 'gone'"), ("broken", "broken: no card")])
def test_a_default_engine_that_cannot_run_is_a_fault(
    application: Application, monkeypatch: pytest.MonkeyPatch, default: str, words: str
) -> None:
    from engines.base import Viability

    def viability(engines: Any, engine_id: str) -> Viability:
        return Viability(ok=False, reason="no card", fix="Buy one.") if engine_id == "other" else Viability(ok=True)

    monkeypatch.setattr(doctor, "viability_of", viability)
    assert told(application, "engines").ok
    name = "other" if default == "broken" else default
    changed = type(application.settings.current)(default_engine=name)
    monkeypatch.setattr(type(application.settings), "current", changed)
    found = told(application, "engines")
    assert not found.ok
    assert words.replace("broken", "other") in found.detail
    assert found.fix == ("Buy one." if default == "broken" else "Choose another default engine.")


def test_weights_that_are_damaged_are_named(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(application.models), "damaged", lambda self: ["a.onnx", "b.onnx"])
    found = told(application, "weights")
    assert (found.ok, found.detail) == (False, "missing or damaged: a.onnx, b.onnx")
    assert found.fix == "Install Irodori again."


@pytest.mark.parametrize(
    ("fault", "detail", "fix"),
    [
        (DiskFull("It is full.", "Make room."), "It is full.", "Make room."),
        (OSError("gone"), "gone", "Look into the log."),
        (RuntimeError("of its own"), "the check failed (RuntimeError)", "Look into the log."),
    ],
)
def test_a_check_that_fails_is_told_and_the_others_too(
    application: Application, monkeypatch: pytest.MonkeyPatch, fault: Exception, detail: str, fix: str
) -> None:
    def fails(self: object) -> None:
        raise fault

    monkeypatch.setattr(type(application.store.results), "stats", fails)
    found = told(application, "cache")
    assert not found.ok
    assert detail in found.detail
    assert found.fix == fix


def test_steps_that_are_switched_on_and_lack_their_models_are_named(
    irodori_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host.jobs.word_models.missing_libraries", lambda _: [])
    explicit = {"default_engine": "toy", "caption": True}
    with Application.open(
        state_paths(), lambda message: None, engines=Engines(Watched(engine_id="toy")), explicit=explicit
    ) as opened:
        found = told(opened, "words")
        assert (found.ok, found.detail) == (False, "missing: florence-2-base")
        assert found.fix == "irodori models pull florence-2-base"
        assert found.told == ["words_lack", "florence-2-base", "irodori models pull florence-2-base"]
        opened.change_settings({"caption_model": "own"})
        monkeypatch.setattr("host.jobs.word_models.lacking", lambda _: [])
        assert told(opened, "words").told == ["words_ready"]
