"""A page through every engine on diffusers at toy size: by the command line, and over the wire by the host's process.

Each lies where its card would be pulled to and is found, checked, loaded and run by the real classes; analysis,
composition and the review of what is composed are those of any page.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

pytest.importorskip("torch")

import torch

from engines.base import ColorizeEngine, ColorizeRequest, ColorizeResult, OnStep
from engines.oklab import srgb_to_oklab
from engines.registry import EngineRegistry
from host.cli.app import app
from host.messaging.client import HostClient
from tests.engines.toys import klein, qwen, sd35, sdxl, tinted
from tests.engines.toys.registered import register

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")]

PAGES: Final = {"panels": "panels-ja.jpg", "figures": "figures-en.webp", "strip": "", "night": "night-en.webp"}
"""Kinds of pages, each shrunk: panels with lettering, figures, a webtoon's strip, and a dark page."""
WIDTH: Final = 160
FIGURE: Final = "0.23,0.63"
"""A place of the page of figures where somebody is seen."""
ROOT: Final = Path(__file__).parents[2]
PATIENCE_S: Final = 300.0
HEARD_S: Final = 20.0
HOST: Final = (
    "from tests.engines.toys.registered import register; register(setattr)\nfrom host.__main__ import main; main()"
)
# Each kind by each engine was tried once; all of them at every run would take too long.
BY_COMMAND: Final = {
    "flux2-klein": ("panels", "strip", "figures"), "qwen-image-edit": ("night", "figures"), "sd35": ("figures",),
    "sdxl": ("panels", "figures"),
}  # fmt: skip
OVER_THE_WIRE: Final = {
    "flux2-klein": "figures", "qwen-image-edit": "panels", "sd35": "night", "sdxl": "figures",
}  # fmt: skip
BUILDERS: Final[dict[str, Any]] = {
    "flux2-klein": ("flux2-klein-4b", klein.build_folder),
    "qwen-image-edit": ("qwen-image-edit", qwen.build_folder),
    "sd35": ("sd35", sd35.build_folder),
    "sdxl": ("sdxl", sdxl.build_folder),
}


WORN: Final = {"point": [0.5, 0.5], "hair": [200, 60, 60]}


def png(pixels: Any) -> bytes:
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "PNG")
    return held.getvalue()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for card, build in BUILDERS.values():
        tinted.tint(build(folder / card))
    return folder


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the pages, small enough for a network without training."""
    folder, found = tmp_path_factory.mktemp("pages"), {}
    source = Path(__file__).parents[1] / "pages"
    for kind, name in PAGES.items():
        if kind == "strip":
            rows = [np.asarray(Image.open(found[one])) for one in ("panels", "figures") for _ in range(2)]
            picture = Image.fromarray(np.vstack(rows))
        else:
            with Image.open(source / name) as page:
                picture = page.convert("L").resize((WIDTH, round(page.height * WIDTH / page.width)))
        found[kind] = folder / f"{kind}.png"
        picture.save(found[kind])
    with Image.open(source / "coloured-en.webp") as cover:
        found["reference"] = folder / "reference.png"
        cover.convert("RGB").resize((WIDTH, round(cover.height * WIDTH / cover.width))).save(found["reference"])
    return found


@pytest.fixture(autouse=True)
def here(irodori_home: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(models))


def is_coloured(picture: Path | Any, page: Path) -> bool:
    rgb = np.asarray(Image.open(picture).convert("RGB"))
    chroma = np.hypot(*np.moveaxis(srgb_to_oklab(np.ascontiguousarray(rgb))[..., 1:], -1, 0))
    return rgb.shape[:2] == np.asarray(Image.open(page)).shape[:2] and float((chroma > 0.01).mean()) > 0.05


@pytest.mark.parametrize("engine", BUILDERS)
def test_pages_are_coloured_by_the_command_line(
    engine: str, drawn: dict[str, Path], models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a reference, a LoRA that was dropped (by a preset), and on one page a figure of its own colours."""
    register(monkeypatch.setattr)
    lora = write_lora(models / BUILDERS[engine][0], models / f"{engine}-style.safetensors")
    kept = CliRunner().invoke(app, ["preset", "save", "mine", "--engine", engine, "--lora", f"{lora}=0.8"])
    assert kept.exit_code == 0, kept.output
    heard: list[ColorizeRequest] = []
    colorize = ColorizeEngine.colorize

    def noted(self: ColorizeEngine, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        heard.append(request)
        return colorize(self, request, on_step)

    monkeypatch.setattr(ColorizeEngine, "colorize", noted)
    pages = {kind: drawn[kind] for kind in BY_COMMAND[engine]}
    asked = [
        "colorize", *map(str, pages.values()), "-o", str(tmp_path / "out"), "--preset", "mine", "--runmeta",
        "-r", str(drawn["reference"]), "--palette", f"figures.png:{FIGURE}:hair=#c83c3c",
    ]  # fmt: skip
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    own = [region.prompt for request in heard for region in request.regions if region.prompt]
    takes_figures = {info.id: info.regions for info in EngineRegistry().infos()}[engine]
    assert ["red hair" in words for words in own] == ([True] if takes_figures else [])
    for kind, page in pages.items():
        assert is_coloured(tmp_path / "out" / f"{kind}.png", page), kind
        record = json.loads((tmp_path / "out" / f"{kind}.png.runmeta.json").read_text("utf-8"))
        assert record["engine"]["id"] == engine
        assert f"lora/{lora}" in record["engine"]["weights"]
        assert record["plan"]["loras"][0]["weight"] == 0.8
        assert len(record["references"]) == 1
        assert [one["hair"] for one in record.get("palettes", [])] == ([[200, 60, 60]] if kind == "figures" else [])


@pytest.mark.parametrize("engine", BUILDERS)
def test_a_part_is_made_anew_by_the_command_line(
    engine: str, drawn: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch.setattr)
    page = np.asarray(Image.open(drawn["reference"]).convert("RGB"))
    Image.fromarray(page[:96, :96]).save(tmp_path / "page.png")
    asked = ["page", "inpaint", str(tmp_path / "page.png"), "-o", str(tmp_path / "out.png"), "--box", "16,16,64,64"]
    done = CliRunner().invoke(app, [*asked, "--engine", engine, "--words", "a ball"])
    assert done.exit_code == 0, done.output
    made, before = np.asarray(Image.open(tmp_path / "out.png").convert("RGB")), page[:96, :96]
    inside = np.zeros(made.shape[:2], bool)
    inside[16:64, 16:64] = True
    assert (made[~inside] == before[~inside]).all()
    assert (made[inside] != before[inside]).any()


def awaited(client: HostClient, method: str, **facts: Any) -> dict[str, Any]:
    """Return a notification, and be heard meanwhile: a host ends where nobody is."""
    for _ in range(int(PATIENCE_S / HEARD_S)):
        try:
            return client.wait_for(method, HEARD_S, **facts)
        except TimeoutError:
            client.call("session.ping", {}, PATIENCE_S)
    raise TimeoutError(method)


def write_lora(source: Path, path: Path) -> str:
    """Drop a LoRA on one layer of a toy's attention; return its name on the wire."""
    from safetensors.torch import load_file, save_file

    part = "unet" if (source / "unet").is_dir() else "transformer"
    weights = load_file(next((source / part).glob("*.safetensors")))
    name = next(one for one in sorted(weights) if one.endswith((".attn.to_q.weight", ".attn1.to_q.weight")))
    out, into = weights[name].shape
    layer = f"{part}.{name.removesuffix('.weight')}"
    made = torch.Generator().manual_seed(1)
    ends = {"lora_A": torch.randn(4, into, generator=made), "lora_B": torch.randn(out, 4, generator=made)}
    save_file({f"{layer}.{end}.weight": value for end, value in ends.items()}, path)
    return path.name


@pytest.mark.parametrize("engine", BUILDERS)
def test_pages_are_coloured_over_the_wire(
    engine: str, drawn: dict[str, Path], irodori_home: Path, models: Path
) -> None:
    """With a reference, a figure of its own colours, and a LoRA that was dropped; then a part is made anew."""
    lora = write_lora(models / BUILDERS[engine][0], models / f"{engine}-style.safetensors")
    images = {kind: page.read_bytes() for kind, page in drawn.items() if kind == OVER_THE_WIRE[engine]}
    with HostClient.spawn(
        [sys.executable, "-c", HOST], home=irodori_home, environment={"PYTHONPATH": str(ROOT)}
    ) as client:
        client.hello()
        pages = [
            {"page_id": kind, "index": place, "sha256": hashlib.sha256(image).hexdigest(), "palettes": [WORN]}
            for place, (kind, image) in enumerate(images.items())
        ]
        added = client.call("reference.add", {"image": drawn["reference"].read_bytes(), "name": "cover"})
        chapter = {
            "series": "s", "chapter": "c", "direction": "rtl", "pages": pages, "engine": engine,
            "references": [added["reference_id"]], "options": {"loras": [{"name": lora}]},
        }  # fmt: skip
        job = client.call("pipeline.run_chapter", chapter, PATIENCE_S)
        for kind in job["need"]:
            client.put_page(job["job_id"], kind, images[kind])
        for kind in images:
            done = awaited(client, "page.done", page_id=kind)
            assert is_coloured(io.BytesIO(done["image"]), drawn[kind]), kind
            assert done["runmeta"]["engine"]["id"] == engine
            assert f"lora/{lora}" in done["runmeta"]["engine"]["weights"]
            assert len(done["runmeta"]["references"]) == 1
            assert done["runmeta"]["palettes"][0]["hair"] == WORN["hair"]
        mask = np.zeros((96, 96), np.uint8)
        mask[16:64, 16:64] = 255
        part = {"image": png(np.asarray(Image.open(drawn["reference"]))[:96, :96]), "mask": png(mask)}
        asked = {"task_id": "t", "tool": "inpaint", **part, "engine": engine, "words": "a ball"}
        client.call("studio.start", asked)
        made = awaited(client, "studio.done", task_id="t")
        assert Image.open(io.BytesIO(made["data"])).size == (96, 96)
