"""The whole benchmark of the analysis on pages drawn here, from a folder and from a COCO file."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from bench.analysis.__main__ import main
from bench.analysis.coco import read_coco
from bench.analysis.kinds import classify_kinds, made_pages
from bench.analysis.truth import read_true_page
from engines.geometry import Box
from host.pipeline.analysis.read import TwoOpinionReader
from tests.bench.conftest import NAMES, PANELS

pytestmark = pytest.mark.slow


def test_every_figure_is_there_and_pictures_are_written(comic, tmp_path, capsys):
    options = [
        "--data",
        comic,
        "--labels",
        comic / "labels",
        "--out",
        tmp_path,
        "--pages",
        "2",
        "--runs",
        "1",
        "--worst",
        "1",
    ]
    assert main([str(one) for one in options]) == 0
    printed = capsys.readouterr().out
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert set(figures["classes"]) == {"panel", "balloon", "text", "sfx", "face", "character"}
    assert figures["classes"]["panel"]["truths"] == 6
    assert figures["classes"]["panel"]["f1"] == 1
    assert figures["order"] == {"right": 4, "judged": 4, "certain": 4}
    assert 0.5 < figures["protect"]["all"]["lettering"] <= 1
    assert 0 <= figures["protect"]["all"]["art_wrong"] < 0.2
    assert {one["made"] for one in figures["kinds"]} == {
        "story",
        "sepia",
        "one panel",
        "coloured",
        "cover",
        "text",
        "blank",
    }
    assert {one["what"] for one in figures["retrieval"] if one["embedder"] == "palette"} == {"panel", "figure", "who"}
    assert {"decode", "detector", "analysis"} <= {one["stage"] for one in figures["times"]}
    assert "| panel | 1.00 |" in printed
    assert "Reading order: 4 of 4" in printed
    (worst,) = tmp_path.glob("worst-1-*.webp")
    assert cv2.imread(str(worst)).shape[1] == 400


def test_without_lettering_there_are_no_balloons_to_find(comic):
    true = read_true_page(comic, NAMES[0], "art", "en", comic / "labels")
    assert true.boxes["balloon"] == true.boxes["text"] == []
    assert not true.masks.lettering.any()
    assert true.masks.art[30:190, 30:370].all()


def test_art_stands_clear_of_everything_lettered(comic):
    true = read_true_page(comic, NAMES[0], "grey", "en", comic / "labels")
    near = cv2.dilate((true.masks.lettering | true.masks.balloons).view(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert not (true.masks.art & near).any()
    assert true.masks.art.mean() > 0.5
    assert not true.masks.art[:20].any()


def test_manga_keeps_its_lettering_and_is_the_same_for_the_same_page(comic):
    one, two = (read_true_page(comic, NAMES[0], "manga", "en", comic / "labels") for _ in range(2))
    assert one.page.pixels_sha256 == two.page.pixels_sha256
    grey = one.page.grey.astype(int)
    assert grey[one.masks.balloons & ~one.masks.lettering].mean() - grey[one.masks.lettering].mean() > 120


def test_without_hand_labels_faces_and_figures_are_not_known(comic, tmp_path):
    true = read_true_page(comic, NAMES[0], "grey", "en", tmp_path)
    assert set(true.boxes) == {"panel", "balloon", "text"}
    assert true.named == ()


def test_a_kind_is_right_only_with_the_right_panel_marked(comic):
    true = read_true_page(comic, NAMES[0], "grey", "en", comic / "labels")
    pages = {page.made: page for page in made_pages(comic, [true], "en") if page.made in ("one panel", "coloured")}
    one_panel = pages["one panel"]
    assert one_panel.coloured == Box(*PANELS[0])
    assert np.ptp(one_panel.rgb[250:500, 30:180], axis=2).max() == 0
    verdicts = classify_kinds([one_panel, pages["coloured"]], TwoOpinionReader())
    assert [(one.found, one.right) for one in verdicts] == [("story", True), ("already_coloured", True)]


def coco_file(folder, comic, **changes):
    """Write a COCO file over one page: its panels in order, and a balloon with its outline."""
    page = cv2.imread(str(comic / "lettered/en/E01P01.webp"))
    cv2.imwrite(str(folder / "page.png"), page)
    panels = [
        {
            "image_id": 7,
            "category_id": 1,
            "bbox": [left, top, right - left, bottom - top],
            "attributes": {"order": place},
        }
        for place, (left, top, right, bottom) in enumerate(PANELS)
    ]
    ring = [245, 42, 355, 42, 355, 118, 245, 118]
    balloon = {"image_id": 7, "category_id": 2, "bbox": [245, 42, 110, 76], "segmentation": [ring]}
    coco = {
        "images": [{"id": 7, "file_name": "page.png"}],
        "categories": [
            {"id": 1, "name": "panel"},
            {"id": 2, "name": "balloon"},
            {"id": 3, "name": "face"},
            {"id": 4, "name": "cat"},
        ],
        "annotations": [*panels, balloon, {"image_id": 7, "category_id": 4, "bbox": [0, 0, 5, 5]}],
        **changes,
    }
    (folder / "truth.json").write_text(json.dumps(coco))
    return folder / "truth.json"


def test_hand_labelled_pages_are_read_from_coco(comic, tmp_path, capsys):
    file = coco_file(tmp_path, comic)
    (true,) = read_coco(file, tmp_path)
    assert set(true.boxes) == {"panel", "balloon"}  # faces are declared, but nobody labelled one
    assert true.boxes["panel"] == [Box(*box) for box in PANELS]
    assert true.pairs == ((0, 1), (1, 2))
    assert true.masks.balloons[80, 300]
    assert main(["--coco", str(file), "--runs", "0"]) == 0
    printed = capsys.readouterr().out
    assert "Reading order: 2 of 2" in printed
    assert "| panel | 1.00 |" in printed
    assert "face" not in printed


def test_panels_without_an_order_leave_the_order_unknown(comic, tmp_path, capsys):
    panels = [{"image_id": 7, "category_id": 1, "bbox": [20, 20, 360, 180]}]
    file = coco_file(tmp_path, comic, annotations=panels)
    (true,) = read_coco(file, tmp_path)
    assert true.pairs is None
    assert true.masks is None
    assert main(["--coco", str(file), "--runs", "0"]) == 0
    assert "no truth" in capsys.readouterr().out


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{}",
        "[]",
        '{"images": [], "categories": [], "annotations": [{}]}',
        '{"images": 3, "categories": [], "annotations": []}',
    ],
)
def test_a_file_that_is_no_coco_is_refused_in_words(broken, tmp_path, capsys):
    (tmp_path / "truth.json").write_text(broken)
    assert main(["--coco", str(tmp_path / "truth.json")]) == 2
    assert "truth.json" in capsys.readouterr().err


def test_a_missing_picture_is_told_by_its_name(comic, tmp_path, capsys):
    file = coco_file(tmp_path, comic, images=[{"id": 7, "file_name": "lost.png"}])
    assert main(["--coco", str(file)]) == 2
    assert "lost.png" in capsys.readouterr().err


def test_a_folder_without_pages_is_told_in_words(tmp_path, capsys):
    assert main(["--data", str(tmp_path)]) == 2
    assert "splits.json" in capsys.readouterr().err
    (tmp_path / "splits.json").write_text('{"dev": ["E01P01"]}')
    assert main(["--data", str(tmp_path)]) == 2
    assert "E01P01" in capsys.readouterr().err
    assert main(["--data", str(tmp_path), "--split", "test"]) == 2
    assert "'test'" in capsys.readouterr().err
