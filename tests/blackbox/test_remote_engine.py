"""A chapter on a ComfyUI server, through the installed host: pass2's whole way with an engine that draws."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from host.messaging.client import HostClient
from host.settings import SettingsFile
from tests.engines.comfyui.fake_server import FakeComfy, Script

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parents[1] / "pages" / "manga-library-ja.png").read_bytes()
REFERENCE = (Path(__file__).parents[2] / "demo" / "reference" / "comic.webp").read_bytes()


class Desk:
    """A host that speaks to a server, and one page of it."""

    def __init__(self, client: HostClient, comfy: FakeComfy) -> None:
        self.client = client
        self.comfy = comfy

    def colour(self, engine: str = "comfyui", **options: Any) -> tuple[str, dict[str, Any]]:
        reference = self.client.call("reference.add", {"image": REFERENCE, "character": "Pepper"})["reference_id"]
        page = {"page_id": "p", "index": 0, "sha256": hashlib.sha256(PAGE).hexdigest()}
        asked = {"series": "s", "chapter": "c", "direction": "rtl", "pages": [page], "references": [reference]}
        job = self.client.call("pipeline.run_chapter", {**asked, "engine": engine, "options": options})
        if job["need"]:
            self.client.call("page.put", {"job_id": job["job_id"], "page_id": "p", "image": PAGE})
        self.client.wait_for("job.done", 60, job_id=job["job_id"])
        return next(
            (method, told)
            for method, told in reversed(self.client.notifications)
            if method in ("page.done", "page.failed") and told["job_id"] == job["job_id"]
        )


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def desk(tmp_path: Path, script: Script) -> Iterator[Desk]:
    with FakeComfy(script) as comfy, HostClient.spawn(home=tmp_path) as client:
        client.hello()
        SettingsFile(tmp_path / "config" / "settings.json").update({"comfyui_url": comfy.url})
        yield Desk(client, comfy)


def test_a_chapter_is_coloured_by_the_server_and_keeps_its_ink(desk: Desk) -> None:
    engine = next(one for one in desk.client.call("engine.list") if one["id"] == "comfyui")
    assert engine["ready"]
    how, told = desk.colour(prompt="autumn", negative_prompt="snow")
    assert how == "page.done", told
    runmeta = told["runmeta"]
    assert runmeta["verdicts"]["protected_changed"] == 0
    assert runmeta["verdicts"]["line_dice"] >= 0.97
    assert runmeta["attempts"][-1]["grade"] == "acceptable"
    assert set(runmeta["engine"]["weights"]) == {
        "flux-2-klein-4b.safetensors", "qwen_3_4b.safetensors", "flux2-vae.safetensors"
    }  # fmt: skip
    words = [node["inputs"]["text"] for node in desk.comfy.graphs[0].values() if node["class_type"] == "CLIPTextEncode"]
    assert "Autumn" in words[0]
    assert "Pepper in " in words[0]
    coloured = np.asarray(Image.open(io.BytesIO(told["image"])).convert("RGB"), np.int16)
    assert np.ptp(coloured, axis=2).mean() > 5


def test_sdxl_colours_on_the_server_in_two_passes_of_the_directors_numbers(desk: Desk) -> None:
    how, told = desk.colour("comfyui-sdxl", prompt="autumn", negative_prompt="snow")
    assert how == "page.done", told
    runmeta = told["runmeta"]
    assert runmeta["verdicts"]["protected_changed"] == 0
    assert runmeta["verdicts"]["line_dice"] >= 0.97
    assert "animagine-xl-3.1.safetensors" in runmeta["engine"]["weights"]
    nodes = list(desk.comfy.graphs[0].values())
    first, second = (node["inputs"] for node in nodes if node["class_type"] == "KSampler")
    assert 0 < second["denoise"] < first["denoise"] <= 1
    words = [node["inputs"]["text"] for node in nodes if node["class_type"] == "CLIPTextEncode"]
    assert len(words) == 4
    assert "autumn" in words[0]
    assert "snow" in words[1]
    assert any(node["class_type"] == "IPAdapterAdvanced" for node in nodes)


def test_a_page_from_the_cache_does_not_ask_the_server_again(desk: Desk) -> None:
    desk.colour()
    graphs = len(desk.comfy.graphs)
    assert desk.colour()[1]["cached"]
    assert len(desk.comfy.graphs) == graphs


def test_another_name_for_the_character_is_another_picture(desk: Desk) -> None:
    desk.colour()
    desk.client.call("reference.add", {"image": REFERENCE, "character": "Saffron"})
    graphs = len(desk.comfy.graphs)
    page = {"page_id": "p", "index": 0, "sha256": hashlib.sha256(PAGE).hexdigest()}
    reference = desk.client.call("reference.list", {})[0]["reference_id"]
    asked = {"series": "s", "chapter": "c", "direction": "rtl", "pages": [page], "references": [reference]}
    job = desk.client.call("pipeline.run_chapter", {**asked, "engine": "comfyui"})
    assert job["need"] == ["p"]
    desk.client.call("page.put", {"job_id": job["job_id"], "page_id": "p", "image": PAGE})
    desk.client.wait_for("job.done", 60, job_id=job["job_id"])
    assert len(desk.comfy.graphs) > graphs


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (Script(crash=("torch.OutOfMemoryError", "CUDA out of memory")), "E_OUT_OF_MEMORY"),
        (Script(crash=("ValueError", "broken")), "E_REMOTE"),
        (Script(refuse_graph={"1": {"class_type": "X", "errors": [{"message": "no", "details": ""}]}}), "E_REMOTE"),
        (Script(without_nodes=("Flux2Scheduler",)), "E_ENGINE_UNAVAILABLE"),
        (Script(broken_picture=True), "E_REMOTE"),
        (Script(blank_picture=True), "E_QUALITY"),
    ],
)
def test_every_failure_of_the_server_fails_the_page_with_its_own_code(desk: Desk, code: str) -> None:
    how, told = desk.colour()
    assert how == "page.failed"
    assert told["error"]["code"] == code
    assert told["error"]["hint"]
