"""What the wire asks of the studio, done by a real application on drawn and real pages."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import zipfile
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import msgspec
import numpy as np
import pytest
import resvg_py
from PIL import Image

from engines.base import ColorizeRequest, ColorizeResult, EngineUnavailable, OnStep
from engines.info import EngineInfo, Supports
from engines.oklab import srgb_to_oklab
from engines.testing.stepped import SteppedEngine
from host.application import Application
from host.errors import JobCancelled
from host.messaging.messages import (
    FilterStep,
    PageKeep,
    ReferenceAdd,
    StudioDone,
    StudioFailed,
    StudioProgress,
    StudioTask,
)
from host.palette_records import ElementSet, PaletteSet
from host.paths import state_paths
from host.studio.networks import networks
from host.studio.page import mask_text
from host.studio.tools import look
from tests.host.jobs.conftest import Engines, Listener

if TYPE_CHECKING:
    from collections.abc import Iterator

GREEN = (20, 160, 60)


class Painter(SteppedEngine):
    """Paints all that it is shown green; waits at its step where a test says so."""

    def __init__(self) -> None:
        super().__init__(0.0, 2, "painter")
        self.info = EngineInfo(
            id="painter", label="Painter", version="1", licence="AGPL-3.0-or-later", models=(), device="cpu",
            supports=Supports(references_max=1, inpaint=True),
        )  # fmt: skip
        self.asked: list[ColorizeRequest] = []
        self.waits = False

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        self.asked.append(request)
        while self.waits:
            on_step(1, 2)
        on_step(1, 2)
        return ColorizeResult(oklab=srgb_to_oklab(np.full((*request.size, 3), GREEN, np.uint8)), weights={})


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def painter() -> Painter:
    return Painter()


@pytest.fixture
def application(irodori_home: Path, listener: Listener, painter: Painter) -> Iterator[Application]:
    del irodori_home
    with Application.open(state_paths(), listener, engines=Engines(SteppedEngine(), painter)) as opened:
        yield opened


def png(rgb: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", np.ascontiguousarray(rgb[..., ::-1]))[1])


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def drawn() -> np.ndarray:
    rgb = np.full((240, 320, 3), 255, np.uint8)
    cv2.rectangle(rgb, (10, 10), (309, 229), (0, 0, 0), 3)
    cv2.rectangle(rgb, (12, 12), (307, 227), (90, 150, 220), -1)
    cv2.circle(rgb, (160, 120), 50, (200, 60, 40), -1)
    cv2.circle(rgb, (160, 120), 50, (0, 0, 0), 3)
    return rgb


PAGE = drawn()


def done(application: Application, listener: Listener, image: bytes | None = None, **facts: Any) -> StudioDone:
    task = StudioTask(task_id=f"t{len(listener.messages)}", image=png(PAGE) if image is None else image, **facts)
    application.desk.start(task)
    made: StudioDone = listener.wait(StudioDone, task_id=task.task_id, timeout_s=180)[0]
    return made


def failed(application: Application, listener: Listener, image: bytes | None = None, **facts: Any) -> StudioFailed:
    task = StudioTask(task_id=f"t{len(listener.messages)}", image=png(PAGE) if image is None else image, **facts)
    application.desk.start(task)
    fault: StudioFailed = listener.wait(StudioFailed, task_id=task.task_id, timeout_s=180)[0]
    return fault


def test_filters_are_laid_and_their_chain_is_told(application: Application, listener: Listener) -> None:
    steps = [FilterStep(filter="brightness", amount=0.5), FilterStep(filter="levels", black=10, white=200)]
    made = done(application, listener, tool="filter", filters=steps)
    assert (made.mime, made.width, made.height) == ("image/png", 320, 240)
    assert pixels(made.data)[20, 20].tolist() == [47, 87, 134]
    assert [one["filter"] for one in made.record["filters"]] == ["brightness", "levels"]
    assert len(made.record["pixels_sha256"]) == 64


def test_a_look_at_filters_is_small_and_like_the_whole() -> None:
    small = cv2.resize(PAGE, (160, 120), interpolation=cv2.INTER_AREA)
    image, mime = look(png(small), [FilterStep(filter="brightness", amount=0.5)], 0.5)
    assert mime == "image/jpeg"
    assert np.abs(pixels(image)[10, 10].astype(int) - (45, 75, 110)).max() <= 4


def test_a_figure_stands_alone(application: Application, listener: Listener, pages: Path) -> None:
    made = done(application, listener, (pages / "figures-en.webp").read_bytes(), tool="cut_out")
    alpha = pixels(made.data)[..., 3]
    assert made.mime == "image/png"
    assert 0.01 < (alpha > 128).mean() < 0.9
    fault = failed(application, listener, (pages / "figures-en.webp").read_bytes(), tool="cut_out", figures=[99])
    assert fault.error.code == "E_BAD_REQUEST"


def test_the_figures_of_a_page_are_told_and_outlined(application: Application, listener: Listener, pages: Path) -> None:
    image = (pages / "figures-en.webp").read_bytes()
    told = done(application, listener, image, tool="parts")
    figures = told.record["figures"]
    assert len(figures) > 1
    assert [one["index"] for one in figures] == sorted(one["index"] for one in figures)
    for one in figures[:2]:
        left, top, right, bottom = one["box"]
        assert 0 <= left < right <= told.width
        assert 0 <= top < bottom <= told.height
        mask = pixels(done(application, listener, image, tool="outline", figures=[one["index"]]).data) > 0
        assert mask[top:bottom, left:right].sum() > 0.9 * mask.sum() > 0
    assert failed(application, listener, image, tool="outline", figures=[99]).error.code == "E_BAD_REQUEST"


def test_a_drawing_of_curves_is_opened_by_another_library(application: Application, listener: Listener) -> None:
    made = done(application, listener, tool="vectorise")
    assert made.mime == "image/svg+xml"
    shown = pixels(bytes(resvg_py.svg_to_bytes(svg_string=made.data.decode())))[..., :3]
    assert np.abs(shown[120, 160].astype(int) - (200, 60, 40)).max() < 12


@pytest.mark.parametrize(("film", "mime"), [("webm", "video/webm"), ("mp4", "video/mp4"), ("gif", "image/gif")])
def test_a_film_is_opened_by_another_program(
    film: Any, mime: str, application: Application, listener: Listener, pages: Path
) -> None:
    image = (pages / "panels-en.webp").read_bytes()
    made = done(application, listener, image, tool="animate", film=film, panels=[1], seconds=0.5, size_px=128)
    assert made.mime == mime
    with av.open(io.BytesIO(made.data)) as container:
        frames = list(container.decode(video=0))
    assert len(frames) == 12
    assert (frames[0].width, frames[0].height) == (made.width, made.height)
    told = [one.fraction for one in listener.of(StudioProgress, task_id=made.task_id)]
    assert told == sorted(told)
    assert len(told) > 8
    assert not list(application.store.scratch.glob("*"))


@pytest.mark.filterwarnings("ignore")  # what the libraries say of each other
def test_a_network_moves_a_panel_and_is_cancelled_after_a_step(
    application: Application, listener: Listener, pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.engines.toys.ltx2 import build_folder

    def unreadable(_: str) -> None:
        raise EngineUnavailable("nothing here reads balloons")

    monkeypatch.setattr("engines.words.registry.open_word_reader", unreadable)
    monkeypatch.setenv("IRODORI_MODELS", str(tmp_path))
    facts: dict[str, Any] = {"tool": "animate", "by": "network", "panels": [1], "size_px": 64, "steps": 2}
    image = (pages / "panels-en.webp").read_bytes()
    missing = failed(application, listener, image, **facts)
    assert (missing.error.code, str(tmp_path) in missing.error.hint) == ("E_MODEL_MISSING", True)
    (lacking,) = networks()
    assert (lacking.tool, lacking.name, lacking.ready) == ("animate", "LTX-2", False)
    assert lacking.error is not None
    assert str(tmp_path) in lacking.error.hint

    build_folder(tmp_path / "Lightricks" / "ltx2")
    assert [(one.name, one.ready) for one in networks()] == [("ltx2", True)]
    made = done(application, listener, image, seconds=0.5, words="rain falls", seed=3, **facts)
    with av.open(io.BytesIO(made.data)) as container:
        assert len(list(container.decode(video=0))) == 12
    assert made.record == {
        "by": "ltx2", "panels": [1], "seconds": 0.5, "words": "rain falls", "steps": 2, "seed": 3, "size_px": 64,
    }  # fmt: skip
    told = [one.fraction for one in listener.of(StudioProgress, task_id=made.task_id)]
    assert told == sorted(told)
    assert 0.5 < told[-2] < 1.0

    application.desk.start(StudioTask(task_id="long", image=image, **(facts | {"seconds": 1.0, "steps": 50})))
    listener.wait(StudioProgress, 3, task_id="long", timeout_s=180)
    assert application.desk.cancel("long").cancelled
    assert done(application, listener, tool="extend", left=16, engine="fill").width == 336  # the lane is free again


def test_an_outline_is_found_where_a_place_is_pointed_at(application: Application, listener: Listener) -> None:
    made = done(application, listener, tool="outline", inside=[(160, 120)])
    mask = pixels(made.data)
    assert (mask[120, 160], mask[20, 20]) == (255, 0)
    for facts in ({}, {"inside": [(320, 0)]}):
        assert failed(application, listener, tool="outline", **facts).error.code == "E_BAD_REQUEST"


def test_a_part_is_made_anew_by_the_reader_s_engine(
    application: Application, listener: Listener, painter: Painter
) -> None:
    reference = application.store.references.add(ReferenceAdd(image=png(PAGE[:64, :64]), name="r"))
    mask = np.zeros((240, 320, 3), np.uint8)
    mask[100:140, 140:180] = 255
    made = done(
        application, listener, tool="inpaint", mask=png(mask), words="grass", seed=7,
        references=[reference.reference_id],
    )  # fmt: skip
    new = pixels(made.data)
    assert np.abs(new[120, 160].astype(int) - GREEN).max() <= 3
    assert np.array_equal(new[mask[..., 0] == 0], PAGE[mask[..., 0] == 0])
    told = {"by": "Painter", "engine": "", "words": "grass", "seed": 7, "references": [reference.reference_id]}
    assert made.record == told | {"mask": mask_text(mask[..., 0] > 0)}
    assert painter.asked[0].references[0].shape == (64, 64, 3)
    assert failed(application, listener, tool="inpaint").error.code == "E_BAD_REQUEST"
    small = failed(application, listener, tool="inpaint", mask=png(mask[:10]))
    assert (small.error.code, "320 x 240" in small.error.message) == ("E_BAD_REQUEST", True)


def test_what_is_recorded_of_each_step_makes_the_picture_again(application: Application, listener: Listener) -> None:
    mask = np.zeros((240, 320, 3), np.uint8)
    mask[100:110, 140:200] = 255
    steps: list[dict[str, Any]] = [
        {"tool": "inpaint", "mask": png(mask), "engine": "fill"},
        {"tool": "extend", "left": 8, "bottom": 5, "words": "a wall", "seed": 9},
        {"tool": "filter", "filters": [FilterStep(filter="levels", black=10, white=240, gamma=1.2)]},
        {"tool": "upscale", "scale": 3},
    ]
    before, records, made = png(PAGE), [], []
    for step in steps:
        one = done(application, listener, before, **step)
        before = one.data
        made.append(one.data)
        records.append((step["tool"], json.loads(json.dumps(one.record))))

    before = png(PAGE)
    for (tool, record), expected in zip(records, made, strict=True):
        names = {name for name in StudioTask.__struct_fields__ if name in record}
        facts = {name: record[name] for name in names} | {"engine": record.get("engine") or None}
        if "mask" in facts:
            facts["mask"] = b64decode(facts["mask"])
        if "filters" in facts:
            facts["filters"] = msgspec.convert(facts["filters"], list[FilterStep])
        before = done(application, listener, before, tool=tool, **facts).data
        assert before == expected


def test_a_painting_is_cancelled_between_its_steps(
    application: Application, listener: Listener, painter: Painter
) -> None:
    painter.waits = True
    application.desk.start(StudioTask(task_id="long", tool="extend", image=png(PAGE), right=32))
    listener.wait(StudioProgress, 2, task_id="long", timeout_s=180)
    assert application.desk.cancel("long").cancelled
    assert listener.wait(StudioFailed, task_id="long")[0].error.code == JobCancelled.code
    painter.waits = False
    made = done(application, listener, tool="extend", left=16, engine="fill")  # the lane is free again
    assert (made.width, made.height, made.record["by"]) == (336, 240, "fill")


def test_a_page_is_made_larger(application: Application, listener: Listener) -> None:
    made = done(application, listener, tool="upscale", scale=2)
    assert pixels(made.data).shape == (480, 640, 3)


def test_a_page_is_made_larger_by_a_network_that_was_pulled(
    application: Application, listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch, arch = pytest.importorskip("torch"), "spandrel.architectures.ESRGAN.__arch.RRDB"
    from safetensors.torch import save_file

    from engines.torch_runtime import prepare_torch

    prepare_torch()
    pytest.importorskip("spandrel")
    monkeypatch.setenv("IRODORI_MODELS", str(tmp_path))
    order = StudioTask(task_id="none", tool="upscale", image=png(PAGE), model="real-esrgan-x4")
    application.desk.start(order)
    assert "irodori models pull real-esrgan-x4" in listener.wait(StudioFailed, task_id="none")[0].error.hint
    torch.manual_seed(0)
    network = importlib.import_module(arch).RRDBNet(in_nc=3, out_nc=3, num_filters=8, num_blocks=1, scale=2)
    (tmp_path / "real-esrgan-x4").mkdir()
    save_file(network.state_dict(), tmp_path / "real-esrgan-x4" / "RealESRGAN_x4plus.safetensors")
    made = done(application, listener, tool="upscale", model="real-esrgan-x4")
    assert pixels(made.data).shape == (480, 640, 3)
    assert made.record == {"by": "RealESRGAN_x4plus", "scale": 2}


def test_what_is_written_is_read_in_order(application: Application, listener: Listener, pages: Path) -> None:
    pytest.importorskip("rapidocr_onnxruntime")
    made = done(application, listener, (pages / "insets-en.jpg").read_bytes(), tool="words")
    assert made.mime == "text/plain"
    assert len(made.data.decode().split()) > 3


def test_a_chapter_becomes_a_storyboard_and_what_is_gone_is_told(application: Application, listener: Listener) -> None:
    pages = [png(PAGE), png(PAGE[::-1])]
    digests = [hashlib.sha256(one).hexdigest() for one in pages]
    for digest, page in zip(digests, pages, strict=True):
        application.board.keep(PageKeep(sha256=digest, image=page))
    wanted = [digests[0], "0" * 64, digests[1]]
    made = done(application, listener, b"", tool="storyboard", pages=wanted, words="Rain Town")
    assert made.mime == "application/zip"
    assert made.record["missing"] == [2]
    assert made.record["shots"] == 2
    assert made.record["script"].startswith("Title: Rain Town")
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        board = json.loads(archive.read("storyboard.json"))
        sheet = archive.read("storyboard.html").decode()
    assert [shot["source"]["page"] for scene in board["scenes"] for shot in scene["shots"]] == ["001", "003"]
    assert sheet.count("data:image/") == 2
    assert failed(application, listener, b"", tool="storyboard", pages=["1" * 64]).error.code == "E_BAD_REQUEST"


def test_a_storyboard_says_what_balloons_say_where_something_reads_them(
    application: Application, listener: Listener, pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("rapidocr_onnxruntime")
    page = (pages / "insets-en.jpg").read_bytes()
    digest = hashlib.sha256(page).hexdigest()
    application.board.keep(PageKeep(sha256=digest, image=page))
    made = done(application, listener, b"", tool="storyboard", pages=[digest])
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        board = json.loads(archive.read("storyboard.json"))
    said = " ".join(shot["dialogue"] or "" for scene in board["scenes"] for shot in scene["shots"])
    assert len(said.split()) > 3
    assert made.record["letters"] is True

    def nobody() -> None:
        raise EngineUnavailable("no reader", "pip install")

    monkeypatch.setattr(application.desk._tools, "_open_words", nobody)
    silent = done(application, listener, b"", tool="storyboard", pages=[digest])
    assert silent.record["letters"] is False
    assert silent.record["shots"] == made.record["shots"]


def test_words_and_shots_mean_the_elements_of_their_series(
    application: Application, listener: Listener, painter: Painter
) -> None:
    reference = application.store.references.add(ReferenceAdd(image=png(PAGE[:64, :64]), name="r")).reference_id
    hero = ElementSet(name="Figure", trigger="@Hero", description="in a red coat", pictures=[reference])
    application.palettes.set(PaletteSet(series="Rain", element=hero))
    made = done(application, listener, tool="extend", right=8, words="@hero waits", series="Rain")
    assert (made.record["words"], made.record["references"]) == ("Figure (in a red coat) waits", [reference])
    assert painter.asked[0].references[0].shape == (64, 64, 3)
    assert done(application, listener, tool="extend", right=8, words="@hero waits").record["references"] == []

    page = (Path(__file__).parents[2] / "pages" / "figures-en.webp").read_bytes()
    digest = hashlib.sha256(page).hexdigest()
    application.board.keep(PageKeep(sha256=digest, image=page))
    board = done(application, listener, b"", tool="storyboard", pages=[digest], series="Rain")
    assert board.record["matches"]
    assert {one["element"] for one in board.record["matches"]} == {"Figure"}
    first = board.record["matches"][0]
    assert (first["page"], first["confidence"]) == ("001", 0.85)
    assert first["signals"] == ["name_in_action", "action_keywords"]


def test_what_is_no_picture_is_told(application: Application, listener: Listener) -> None:
    assert failed(application, listener, b"no picture", tool="vectorise").error.code == "E_IMAGE"
    assert failed(application, listener, tool="filter").error.code == "E_BAD_REQUEST"
    levels = [FilterStep(filter="levels", black=100, white=50)]
    assert failed(application, listener, tool="filter", filters=levels).error.code == "E_BAD_REQUEST"
