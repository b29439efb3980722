"""What is read of real pages and made of them, step by step, as it was when a person last looked at it."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import cv2
import numpy as np
import pytest

from engines.base import Device, Plan
from engines.testing.stepped import SteppedEngine
from host.corrections import ColourHint, Corrections, FigurePalette
from host.pipeline.analysis.read import TwoOpinionReader
from host.pipeline.analysis.shipped import shipped_reader
from host.pipeline.decode import as_page, decode_page
from host.pipeline.encode import encode_page
from host.pipeline.job import PageJob
from host.pipeline.page import PagePipeline
from host.pipeline.prepared import PreparedPage
from host.pipeline.quick import quick_colours
from host.pipeline.records.masks import named_maps, named_masks
from host.pipeline.strips import cut
from host.vocabulary import PageFormat

if TYPE_CHECKING:
    from engines.base import ColorizeRequest, ColorizeResult, OnStep
    from host.pipeline.analysis.reader import PageReading
    from host.pipeline.decode import DecodedPage
    from tests.recorded import Recorded

pytestmark = pytest.mark.slow

PAGES = Path(__file__).parents[2] / "pages"
# Differs by run, or by how a processor rounds: a shift is a whole half pixel or none, and what is judged follows it.
UNSTEADY = {
    "pixels_sha256", "result_sha256", "duration_ms", "peak_memory_mib", "engine", "shift_px", "verdicts",
    "reading_version",
}  # fmt: skip


@cache
def page(name: str, side: int) -> DecodedPage:
    """Return a page of the folder, made so high."""
    bgr = cv2.imread(str(PAGES / name), cv2.IMREAD_COLOR)
    assert bgr is not None
    width = round(side * bgr.shape[1] / bgr.shape[0])
    small = cv2.cvtColor(cv2.resize(bgr, (width, side), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    coloured = np.ptp(small.astype(int), axis=2).max() > 40
    return as_page(np.asarray(small, np.uint8) if coloured else None, np.asarray(grey, np.uint8))


def told(reading: PageReading) -> dict[str, Any]:
    """Return what a reading says, but for digests, which any rounding changes."""
    meta = reading.meta.model_dump(exclude={"pixels_sha256", "masks", "maps"})
    layers = named_masks(reading.masks) | (named_maps(reading.maps) if reading.maps is not None else {})
    return {"meta": meta, **layers}


@pytest.mark.parametrize(
    ("name", "networks"),
    [
        ("insets-en.jpg", True), ("manga-rain-ja.webp", True), ("figures-en.webp", True),
        ("insets-en.jpg", False), ("panels-ja.jpg", False), ("manga-rain-ja.webp", False), ("night-en.webp", False),
        ("dragons-ja.png", False), ("panels-en.webp", False),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("float_networks")
def test_what_is_read(name: str, recorded: Recorded, *, networks: bool) -> None:
    reader = shipped_reader() if networks else TwoOpinionReader()
    recorded.values(
        f"{name} {'with' if networks else 'without'} networks", told(reader.read(page(name, 800), "auto")), pixels=1
    )


class Painter(SteppedEngine):
    """Paints by place: redder to the right, bluer at the foot, darker than the page."""

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        result = super()._infer(request, on_step)
        down, across = np.indices(result.oklab.shape[:2], np.float32)
        result.oklab[..., 0] *= 0.92
        result.oklab[..., 1] = 0.12 * across / across.max() - 0.03
        result.oklab[..., 2] = 0.06 - 0.14 * down / down.max()
        return result


CORRECTIONS = Corrections(
    hints=(
        ColourHint(points=((0.3, 0.25),), rgb=(200, 40, 60)),
        ColourHint(points=((0.6, 0.5), (0.7, 0.55), (0.8, 0.5)), rgb=(30, 120, 200), radius_01=0.02),
    ),
    palettes=(
        FigurePalette(point=(0.5, 0.3), hair=(240, 220, 120), clothes=(40, 160, 90)),
        FigurePalette(point=(0.4, 0.8), skin=(250, 210, 180)),
    ),
)


@pytest.mark.parametrize(
    ("name", "corrections"),
    [
        ("insets-en.jpg", None), ("manga-rain-ja.webp", CORRECTIONS), ("night-en.webp", CORRECTIONS),
        ("coloured-en.webp", None),
    ],
)  # fmt: skip
def test_what_is_made(name: str, corrections: Corrections | None, recorded: Recorded) -> None:
    engine = Painter(step_s=0.0, steps=2)
    engine.load(Device("cpu", "processor", 0))
    pipeline = PagePipeline(reader=TwoOpinionReader())
    job = PageJob(engine=engine.info, plan=Plan(), corrections=corrections or Corrections(), keep_coloured=False)
    prepared = pipeline.read(page(name, 600), job, lambda *_: None)
    assert isinstance(prepared, PreparedPage)
    finished = pipeline.finish(prepared, pipeline.colour(prepared, engine, lambda *_: None), lambda *_: None)
    request = prepared.request
    recorded.values(
        f"made of {name}",
        {
            "request": {one.name: getattr(request, one.name) for one in fields(request)},
            "diagnostics": prepared.directive.diagnostics(),
            "signals": prepared.meta.signals,
            "run": finished.runmeta.model_dump(exclude=UNSTEADY),
            "picture": decode_page(finished.image).rgb,
        },
    )


def test_what_is_made_of_a_strip(monkeypatch: pytest.MonkeyPatch, recorded: Recorded) -> None:
    """Small enough to be quick: what is cut, and into how much, is cut to its size."""
    for name, pixels in (("_STRIP_PIXELS", 200_000), ("_PIECE_PIXELS", 90_000), ("_PIECE_PIXELS_MAX", 150_000)):
        monkeypatch.setattr(cut, name, pixels)
    sides = [page(name, 420).grey[:, :270] for name in ("insets-en.jpg", "manga-rain-ja.webp", "night-en.webp")]
    strip = as_page(None, np.concatenate([*sides, np.full((60, 270), 255, np.uint8)]))
    engine = Painter(step_s=0.0, steps=1)
    engine.load(Device("cpu", "processor", 0))
    pipeline = PagePipeline(reader=TwoOpinionReader())
    corrections = Corrections(palettes=CORRECTIONS.palettes[:1], hints=CORRECTIONS.hints)
    job = PageJob(engine=engine.info, plan=Plan(), corrections=corrections)
    ticks: list[tuple[str, float]] = []
    prepared = pipeline.read(strip, job, lambda stage, share: ticks.append((stage, round(share, 3))))
    assert isinstance(prepared, PreparedPage)
    coloured = pipeline.colour(prepared, engine, lambda stage, share: ticks.append((stage, round(share, 3))))
    finished = pipeline.finish(prepared, coloured, lambda stage, share: ticks.append((stage, round(share, 3))))
    run = finished.runmeta.model_dump(exclude=UNSTEADY)
    meta = prepared.meta.model_dump(exclude={"pixels_sha256", "masks", "maps"})
    pieces = [[piece.box, piece.unfold is None] for piece in prepared.pieces]
    assert len(pieces) > 2
    recorded.values("strip", {"pieces": pieces, "meta": meta, "run": run, "picture": decode_page(finished.image).rgb})
    recorded.values("strip's way", ticks)


@pytest.mark.parametrize(
    ("name", "height"),
    [("insets-en.jpg", 700), ("coloured-en.webp", 700), ("night-en.webp", 1400), ("panels-ja.jpg", 300)],
)
def test_first_sight(name: str, height: int, recorded: Recorded) -> None:
    engine = Painter(step_s=0.0, steps=1)
    engine.load(Device("cpu", "processor", 0))
    job = PageJob(engine=engine.info, plan=Plan(strength_01=0.8), corrections=CORRECTIONS)
    recorded.values(f"first sight of {name}", quick_colours(page(name, height), job, engine))


@pytest.mark.parametrize("kind", get_args(PageFormat))
def test_pictures_of_every_format(kind: PageFormat, recorded: Recorded) -> None:
    if kind == "jxl":
        pytest.importorskip("pillow_jxl")
    rgb = page("coloured-en.webp", 300).rgb
    data, mime = encode_page(rgb, kind)
    again = decode_page(data).rgb
    assert np.array_equal(again, rgb) == (kind in ("png", "webp_lossless", "jxl"))
    recorded.values(f"as {kind}", [mime, round(len(data) / rgb.nbytes, 2), again])
