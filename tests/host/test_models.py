"""The library of models behind `model.*`, the LoRAs of a request, and `irodori models`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from engines.base import Viability
from engines.info import EngineInfo, Supports
from host.cli.app import app
from host.errors import BadRequest, Busy, NotFound, RemoteFailed, WeightsMissing
from host.jobs.recipe import _lora
from host.messaging.messages import LoraChoice, ModelChanged, ModelProgress
from host.model_library import ModelLibrary
from models.catalog import load_catalog
from models.store import models_folder
from tests.models.test_identify import KLEIN_4B, safetensors
from tests.models.test_pull import CARD, WEIGHTS, FakeHub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

LORA = {
    "transformer.single_transformer_blocks.0.attn.to_out.lora_A.weight": (16, 12288),
    "transformer.single_transformer_blocks.0.attn.to_out.lora_B.weight": (3072, 16),
}
FLUX1_LORA = {
    "transformer.single_transformer_blocks.30.proj_mlp.lora_A.weight": (16, 3072),
    "transformer.single_transformer_blocks.30.proj_mlp.lora_B.weight": (12288, 16),
}
KLEIN = EngineInfo("flux2-klein", "Klein", "1", "Apache-2.0", Supports(4, lora=True), (), "cuda")


class Listener:
    def __init__(self) -> None:
        self.messages: list[object] = []
        self._changed = threading.Condition()

    def __call__(self, message: object) -> None:
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def wait(self, condition) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: any(condition(one) for one in self.messages), 15), self.messages


@pytest.fixture
def hub(irodori_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    catalog = dict(load_catalog()) | {"tiny": CARD}
    monkeypatch.setattr("host.model_library.load_catalog", lambda: catalog)
    monkeypatch.setattr("host.model_library.secret_for", lambda name, _: {"hf_token": "hf_secret"}.get(name))
    with FakeHub() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def state_of(library: ModelLibrary, model_id: str) -> str:
    return next(one.state for one in library.list() if one.model_id == model_id)


def test_a_pull_over_the_wire_reports_and_ends_ready(hub: FakeHub) -> None:
    hub.token = "hf_secret"
    heard = Listener()
    library = ModelLibrary(heard)
    assert state_of(library, "tiny") == "missing"
    assert {one.model_id: one.ships for one in library.list()}.items() >= {"tiny": False, "compact": True}.items()
    library.pull("tiny")
    heard.wait(lambda one: isinstance(one, ModelProgress) and one.state == "ready")
    heard.wait(lambda one: isinstance(one, ModelChanged))
    assert state_of(library, "tiny") == "ready"
    progress = [one for one in heard.messages if isinstance(one, ModelProgress)]
    assert all(0 <= one.bytes <= one.total_bytes for one in progress)
    assert library.remove("tiny") >= len(WEIGHTS)
    assert state_of(library, "tiny") == "missing"
    library.close()


def test_a_mirror_that_the_owner_set_is_asked_in_place_of_the_hub(hub: FakeHub, monkeypatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    ModelLibrary(lambda _: None, mirror=lambda: hub.url).bring(CARD, lambda *_: None)
    assert [path for path, _, _ in hub.asked if path.startswith("/api/models/someone/tiny")]
    with pytest.raises(RemoteFailed):
        ModelLibrary(lambda _: None).bring(CARD, lambda *_: None)


def test_a_pull_that_fails_says_so_and_can_be_tried_again(hub: FakeHub) -> None:
    hub.cut_at = 100_000
    heard = Listener()
    library = ModelLibrary(heard)
    library.pull("tiny")
    heard.wait(lambda one: isinstance(one, ModelProgress) and one.state == "failed")
    heard.wait(lambda one: isinstance(one, ModelChanged))
    errors = [one.error for one in heard.messages if isinstance(one, ModelProgress)]
    assert errors[:-1] == [None] * (len(errors) - 1)
    assert errors[-1] is not None
    assert (errors[-1].code, bool(errors[-1].data and errors[-1].data["told"])) == ("E_REMOTE", True)
    library.pull("tiny")
    heard.wait(lambda one: isinstance(one, ModelProgress) and one.state == "ready")
    library.close()


def test_what_is_being_pulled_is_neither_pulled_again_nor_removed(hub: FakeHub) -> None:
    library = ModelLibrary(lambda message: None)
    library._pulling.add("tiny")
    for ask in (library.remove, library.pull):
        with pytest.raises(Busy, match="is being pulled") as told:
            ask("tiny")
        assert told.value.hint == "Wait for it."


def test_a_licence_that_forbids_commercial_use_is_accepted_first(irodori_home: Path) -> None:
    with pytest.raises(BadRequest, match="non-commercial"):
        ModelLibrary(lambda _: None).pull("flux2-klein-9b")
    forbidding = {one.model_id: one.non_commercial for one in ModelLibrary(lambda _: None).list()}
    assert (forbidding["flux2-klein-9b"], forbidding["flux2-klein-4b"], forbidding["compact"]) == (True, False, False)


def test_what_ships_is_verified_by_a_pull_and_cannot_be_removed(irodori_home: Path) -> None:
    heard = Listener()
    library = ModelLibrary(heard)
    library.pull("compact")
    heard.wait(lambda one: isinstance(one, ModelProgress) and one.state == "ready")
    with pytest.raises(BadRequest, match="ships"):
        library.remove("compact")
    with pytest.raises(WeightsMissing):
        library.remove("flux2-klein-4b")
    with pytest.raises(NotFound):
        library.pull("no")


def test_dropped_files_are_listed_with_what_they_are(irodori_home: Path) -> None:
    (models_folder() / "mine").mkdir(parents=True)
    safetensors(models_folder() / "mine" / "style.safetensors", **LORA)
    (models_folder() / "evil.ckpt").write_bytes(b"x")
    found = {one.model_id: one for one in ModelLibrary(lambda _: None).list() if one.role}
    assert (found["mine/style.safetensors"].role, found["mine/style.safetensors"].state) == ("lora", "ready")
    assert found["evil.ckpt"].state == "invalid"
    assert "run code" in (found["evil.ckpt"].detail or "")


def test_a_watched_folder_tells_when_something_is_dropped(irodori_home: Path, monkeypatch) -> None:
    monkeypatch.setattr("models.drop_folder._QUIET_S", 0.1)
    heard = Listener()
    library = ModelLibrary(heard)
    library.watch()
    assert library._folder.watching.wait(10)
    safetensors(models_folder() / "klein.safetensors", **KLEIN_4B)
    heard.wait(lambda one: isinstance(one, ModelChanged))
    library.close()


def test_a_lora_is_found_by_its_name_and_never_by_a_path(irodori_home: Path) -> None:
    models_folder().mkdir(parents=True)
    path = safetensors(models_folder() / "style.safetensors", **LORA)
    safetensors(models_folder() / "klein.safetensors", **KLEIN_4B)
    use = _lora(LoraChoice(name="style.safetensors", weight=0.5), KLEIN)
    assert (use.path, use.weight, len(use.sha256)) == (str(path), 0.5, 64)
    for name in ("../style.safetensors", str(path), "klein.safetensors", "no"):
        with pytest.raises(NotFound):
            _lora(LoraChoice(name=name), KLEIN)
    safetensors(models_folder() / "flux1.safetensors", **FLUX1_LORA)
    with pytest.raises(BadRequest, match=r"flux1.safetensors is a LoRA for FLUX.1"):
        _lora(LoraChoice(name="flux1.safetensors"), KLEIN)
    with pytest.raises(BadRequest, match="takes no LoRAs"):
        _lora(LoraChoice(name="style.safetensors"), EngineInfo("c", "C", "1", "x", Supports(1), (), "cpu"))
    remote = EngineInfo("r", "R", "1", "x", Supports(1, lora=True), (), "remote")
    assert _lora(LoraChoice(name="on the server"), remote).path == ""


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["models", *arguments])
    return result.exit_code, result.output


def test_the_command_pulls_verifies_and_removes(hub: FakeHub) -> None:
    assert run("verify", "tiny")[0] == 1
    status, said = run("pull", "tiny")
    assert status == 0
    assert "Tiny: 1.3 MB of 1.3 MB are still to come, from someone/tiny." in said
    assert said.strip().endswith("Tiny is here.")
    assert run("verify", "tiny")[1].strip() == "Tiny is whole."
    (models_folder() / "tiny" / "vae" / "config.json").write_text("[]")
    status, said = run("verify", "tiny")
    assert status == 1
    assert "vae/config.json" in said
    assert run("remove", "tiny")[0] == 0
    assert "missing" in run("list")[1]


def test_the_command_shows_a_licence_before_it_pulls(irodori_home: Path) -> None:
    status, said = run("pull", "flux2-klein-9b")
    assert status == 2
    assert "non-commercial" in said.lower() or "commercially" in said


def test_the_command_tells_what_a_file_is(irodori_home: Path, tmp_path: Path) -> None:
    path = safetensors(tmp_path / "x.safetensors", **KLEIN_4B)
    status, said = run("identify", str(path))
    assert status == 0
    assert "klein 4B" in said
    assert run("identify", str(tmp_path / "none.safetensors"))[0] == 2
    (tmp_path / "x.ckpt").write_bytes(b"")
    assert run("identify", str(tmp_path / "x.ckpt"))[0] == 1


def test_a_hub_that_is_away_is_a_remote_failure(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(RemoteFailed):
        ModelLibrary(lambda _: None).bring(CARD, lambda *_: None)


def test_a_dropped_part_says_what_its_engine_waits_for(irodori_home: Path) -> None:
    models_folder().mkdir(parents=True)
    safetensors(models_folder() / "klein.safetensors", **KLEIN_4B)
    waiting = Viability(ok=False, reason="the text encoder is not there", fix="put it there")
    found = ModelLibrary(lambda _: None, lambda _: waiting).list()
    assert "waits: the text encoder is not there (put it there)" in (found[-1].detail or "")
    assert "waits" not in (ModelLibrary(lambda _: None, lambda _: Viability(ok=True)).list()[-1].detail or "")
