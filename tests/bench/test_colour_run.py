"""The whole benchmark of colour on pages drawn here."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from bench.colour.__main__ import main
from bench.colour.baselines import PaintEngine, mean_chroma
from bench.colour.cases import chosen, read_cases
from bench.colour.measure import measured
from bench.colour.paint import Painted, PipelinePainter, TruthPainter, protected
from engines import registry
from engines.oklab import oklab_to_srgb
from host.pipeline.page import PagePipeline

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def figures(comic, tmp_path_factory):
    """Run the benchmark with an engine that is the mean baseline under another name."""
    out = tmp_path_factory.mktemp("out")
    source = registry.EngineRegistry(more=(PaintEngine("toy", mean_chroma),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "get", source.get)
        patch.setattr(registry, "infos", source.infos)
        options = ["--data", comic, "--labels", comic / "labels", "--engine", "toy", "--out", out]
        assert main([str(one) for one in options]) == 0
    sheet = cv2.imread(str(out / "sheet.webp"))
    return json.loads((out / "figures.json").read_text()), sheet


def by_painter(figures):
    return {one["painter"]: one for one in figures[0]["painters"]}


def test_every_painter_has_its_row_and_every_page_its_figures(figures):
    painters = by_painter(figures)
    assert list(painters) == ["grey", "mean", "table", "patch", "reinhard", "toy", "reach", "truth"]
    assert all(one["pages"] == 2 for one in painters.values())
    assert len(figures[0]["pages"]) == 8 * 2  # the page that is alone in its episode has no reference


def test_an_engine_goes_the_same_way_as_a_baseline(figures):
    toy, mean = by_painter(figures)["toy"], by_painter(figures)["mean"]
    same = ("psnr_db", "ssim", "chroma_error", "vivid", "obeys", "line_dice", "materials", "figures")
    assert {name: toy[name] for name in same} == {name: mean[name] for name in same}


def test_grey_is_grey_and_truth_is_nearest(figures):
    painters = by_painter(figures)
    grey, truth = painters["grey"], painters["truth"]
    assert grey["vivid"] == pytest.approx(0)
    assert grey["obeys"] is None
    assert grey["line_dice"] == 1
    others = [one for name, one in painters.items() if name not in ("truth", "reach")]
    assert truth["psnr_db"] > max(one["psnr_db"] for one in others) + 3
    assert truth["chroma_error"] < 0.4 * min(one["chroma_error"] for one in others)
    # The pages hold the same sky, ground and girl.
    assert max(one["psnr_db"] for one in others) < painters["reach"]["psnr_db"] <= truth["psnr_db"]
    assert truth["materials"]["told"] > 0.8
    assert truth["figures"]["pairs"] >= 2
    assert truth["figures"]["told"] > 0.8


def test_what_is_composed_leaves_protected_pixels_alone_and_obeys(figures):
    painters = by_painter(figures)
    for name in ("mean", "table", "patch", "toy"):
        assert painters[name]["protected_changed"] == 0
        assert painters[name]["obeys"] > 0.95
        assert painters[name]["seconds"] > 0
        assert painters[name]["peak_mb"] > 50


def test_the_sheet_shows_every_page_and_turned_references(figures):
    assert (
        figures[1].shape[1] == 13 * 266
    )  # input, reference, 3 truths, 4 baselines, toy, toy after itself in three turns
    assert figures[1].shape[0] > 2 * 350


def test_the_table_can_be_pasted_and_times_left_out(comic, capsys):
    options = ["--data", str(comic), "--pages", "1", "--engine", "compact", "--input", "manga", "--untimed"]
    assert main(options) == 0
    printed = capsys.readouterr().out
    lines = [line for line in printed.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1
    assert lines[0].split("|")[1:3] == [" painter ", " PSNR "]
    assert " MB " not in lines[0]
    assert any(line.startswith("| compact |") for line in lines)


def test_figures_are_the_same_in_every_run(comic):
    case = next(read_cases(comic, chosen(comic, "dev"), "manga"))
    pipeline = PagePipeline()
    mask = protected(case, pipeline)
    runs = [measured(case, mask, TruthPainter("truth", pipeline).paint(case), "truth") for _ in range(2)]
    assert runs[0].psnr_db == runs[1].psnr_db
    assert runs[0].spill == runs[1].spill


def test_a_page_that_is_refused_stays_grey_and_says_why(comic):
    case = next(read_cases(comic, chosen(comic, "dev"), "grey"))
    engine = PaintEngine("black and white", lambda page, _: np.zeros((*page.shape, 3), np.float32))
    painted = PipelinePainter("none", engine, PagePipeline()).paint(case)
    assert painted.note == "refused: The page stayed grey."
    assert (painted.rgb == case.uncoloured).all()
    assert painted.turned == {}


def test_ink_that_a_picture_loses_is_seen(comic):
    case = next(read_cases(comic, chosen(comic, "dev"), "grey"))
    protect = np.ones(case.grey.shape, bool)
    flat = oklab_to_srgb(np.full((*case.grey.shape, 3), (0.7, 0.1, 0.1), np.float32))
    figures = measured(case, protect, Painted(flat), "flat")
    assert figures.line_dice < 0.1
    assert figures.protected_changed == case.grey.size


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "splits.json"),
        ({"splits.json": "{"}, "should be like"),
        ({"splits.json": '{"dev": []}'}, "no pages"),
        ({"splits.json": '{"train": ["E01P01"]}'}, "no split 'dev'"),
        ({"splits.json": '{"dev": ["E01P01", "E02P01"]}'}, "no episode"),
        ({"splits.json": '{"dev": ["E01P01", "E01P02"]}'}, "E01P01.webp is missing"),
    ],
)
def test_a_folder_that_cannot_be_used_is_told_in_words(files, told, tmp_path, capsys):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    assert main(["--data", str(tmp_path)]) == 2
    assert told in capsys.readouterr().err


def test_a_strange_engine_is_told_with_those_that_there_are(comic, capsys):
    assert main(["--data", str(comic), "--engine", "crayons"]) == 2
    told = capsys.readouterr().err
    assert "crayons" in told
    assert "compact" in told
