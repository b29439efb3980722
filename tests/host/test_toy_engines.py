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

from engines.oklab import srgb_to_oklab
from host.cli.app import app
from host.messaging.client import HostClient
from tests.engines.toys import klein, qwen, sd35, sdxl, tinted
from tests.engines.toys.registered import register

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")]

PAGES: Final = {"panels": "panels-ja.jpg", "figures": "figures-en.webp", "strip": "", "night": "night-en.webp"}
"""Kinds of pages, each shrunk: panels with lettering, figures, a webtoon's strip, and a dark page."""
WIDTH: Final = 160
ROOT: Final = Path(__file__).parents[2]
PATIENCE_S: Final = 300.0
HOST: Final = (
    "from tests.engines.toys.registered import register; register(setattr)\nfrom host.__main__ import main; main()"
)
# Each kind by each engine was tried once; all of them at every run would take too long.
BY_COMMAND: Final = {
    "flux2-klein": ("panels", "strip"), "qwen-image-edit": ("night",), "sd35": ("figures",), "sdxl": ("panels",),
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
    engine: str, drawn: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch.setattr)
    pages = {kind: drawn[kind] for kind in BY_COMMAND[engine]}
    asked = ["colorize", *map(str, pages.values()), "-o", str(tmp_path / "out"), "--engine", engine, "--runmeta"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    for kind, page in pages.items():
        assert is_coloured(tmp_path / "out" / f"{kind}.png", page), kind
        record = json.loads((tmp_path / "out" / f"{kind}.png.runmeta.json").read_text("utf-8"))
        assert record["engine"]["id"] == engine
        assert record["engine"]["weights"]


@pytest.mark.parametrize("engine", BUILDERS)
def test_pages_are_coloured_over_the_wire(engine: str, drawn: dict[str, Path], irodori_home: Path) -> None:
    images = {kind: page.read_bytes() for kind, page in drawn.items() if kind == OVER_THE_WIRE[engine]}
    with HostClient.spawn(
        [sys.executable, "-c", HOST], home=irodori_home, environment={"PYTHONPATH": str(ROOT)}
    ) as client:
        client.hello()
        pages = [
            {"page_id": kind, "index": place, "sha256": hashlib.sha256(image).hexdigest()}
            for place, (kind, image) in enumerate(images.items())
        ]
        chapter = {"series": "s", "chapter": "c", "direction": "rtl", "pages": pages, "references": []}
        job = client.call("pipeline.run_chapter", {**chapter, "engine": engine}, PATIENCE_S)
        for kind in job["need"]:
            client.put_page(job["job_id"], kind, images[kind])
        for kind in images:
            done = client.wait_for("page.done", PATIENCE_S, page_id=kind)
            assert is_coloured(io.BytesIO(done["image"]), drawn[kind]), kind
            assert done["runmeta"]["engine"]["id"] == engine
