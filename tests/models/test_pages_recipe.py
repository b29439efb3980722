"""The detector's recipe on pages made here: it needs no shared data, and it learns."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.detect.base import LABELS, Detection
from engines.detect.checkpoint import prepare_ultralytics
from engines.geometry import Box, Size
from training.pages import annotated, frames
from training.pages.config import DEFAULT_CONFIG, Config, DataConfig, TrainingConfig
from training.pages.dataset import UNLABELLED, write_dataset
from training.pages.measure import Measure
from training.pages.synth import LabelledBox
from training.pages.variants import LabelledPage, plain, varied
from training.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

HEIGHT, WIDTH = 420, 300
TINY = Config(
    seed=3,
    data=DataConfig(
        height_px=128, width_px=96, frames_per_page=3, frames_per_labelled_page=4, drawn_pages=3, dev_drawn_pages=2
    ),
    training=TrainingConfig(epochs=2, batch=4),
)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in the shared data's format: two pages to learn from, one of them labelled by hand, one dev."""
    folder = tmp_path_factory.mktemp("comic")
    for part in (
        "art",
        "annotations",
        "fonts",
        *(f"{kind}/{one}" for kind in ("lettered", "masks") for one in ("en", "ja")),
    ):
        (folder / part).mkdir(parents=True)
    for name in ("E01P01", "E01P02", "E02P01"):
        _comic_page(folder, name)
    (folder / "splits.json").write_text(json.dumps({"train": ["E01P01", "E01P02"], "dev": ["E02P01"]}))
    return folder


@pytest.fixture(autouse=True)
def labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "labels"
    folder.mkdir()
    figure = {"faces": [{"box": [120, 60, 160, 100]}], "characters": [{"box": [100, 50, 180, 190]}]}
    for name in ("E01P01", "E02P01"):
        (folder / f"{name}.json").write_text(json.dumps({**figure, "sfx": {"en": [[200, 250, 280, 330]], "ja": []}}))
    monkeypatch.setattr(annotated, "HAND_LABELS", folder)
    return folder


def _comic_page(folder: Path, name: str) -> None:
    rng = np.random.default_rng(len(name))
    art = np.full((HEIGHT, WIDTH, 3), 250, np.uint8)
    art[20:200, 15:285] = rng.integers(60, 200, (180, 270, 1))
    art[215:400, 15:285] = rng.integers(60, 200, (185, 270, 1))
    balloon = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(balloon, (70, 70), (45, 35), 0, 0, 360, 255, -1)
    text = np.zeros_like(balloon)
    for row in (60, 72):
        text[row : row + 6, 45:95:2] = 255
    lettered = art.copy()
    lettered[balloon > 0] = 255
    lettered[text > 0] = 0
    for path, picture in (
        (f"art/{name}.webp", art),
        *((f"lettered/{one}/{name}.webp", lettered) for one in ("en", "ja")),
        *((f"masks/{one}/{name}.bubble.png", balloon) for one in ("en", "ja")),
        *((f"masks/{one}/{name}.text.png", text) for one in ("en", "ja")),
    ):
        assert cv2.imwrite(str(folder / path), picture)
    bubble = {"bubbles": [{"box": [25, 35, 116, 106], "body": [25, 35, 116, 106]}]}
    panels = [[15, 20, 285, 200], [15, 215, 285, 400]]
    notes = {"page": name, "languages": {"en": bubble, "ja": bubble}, "panels": panels, "painted_balloons": []}
    (folder / "annotations" / f"{name}.json").write_text(json.dumps(notes))


def test_shipped_settings_are_read_and_a_wrong_key_is_refused(tmp_path):
    assert read_settings(Config, DEFAULT_CONFIG).data.height_px % 32 == 0
    (tmp_path / "wrong.toml").write_text("[training]\nepoch = 1\n")
    with pytest.raises(ValueError, match="epoch"):
        read_settings(Config, tmp_path / "wrong.toml")


def test_a_page_is_read_with_its_boxes_and_hand_labels(data):
    page = plain(annotated.read_page(data, "E01P01", "en"))
    assert page.hand
    assert {label for label, _ in page.boxes} == set(LABELS)
    (text,) = [box for label, box in page.boxes if label == "text"]
    assert text == Box(45, 60, 94, 78)
    bare = annotated.read_page(data, "E01P02", "en")
    assert not bare.hand
    assert {label for label, _ in plain(bare).boxes} == {"panel", "balloon", "text"}


def test_sound_words_are_no_text():
    glyphs = np.zeros((100, 100), bool)
    glyphs[10:20, 10:40:2] = True
    glyphs[60:70, 10:40:2] = True
    assert len(annotated.text_blocks(glyphs, [], [])) == 2
    assert annotated.text_blocks(glyphs, [], [Box(5, 55, 50, 80)]) == [Box(10, 10, 39, 20)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_variants_keep_what_is_on_the_page(data, seed):
    page = annotated.read_page(data, "E01P02", "en")
    made = varied(page, np.random.default_rng(seed))
    assert made.grey.shape == (HEIGHT, WIDTH)
    assert made.grey.dtype == np.uint8
    for label, box in made.boxes:
        mirrored = Box(WIDTH - box.right, box.top, WIDTH - box.left, box.bottom)
        assert LabelledBox(label, box) in plain(page).boxes or LabelledBox(label, mirrored) in plain(page).boxes


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(9, 500), st.integers(9, 500))
def test_frames_have_one_size_and_boxes_inside(seed, height, width):
    rng = np.random.default_rng(seed)
    boxes = (LabelledBox("panel", Box(0, 0, width, height)), LabelledBox("face", Box(2, 2, 7, 8)))
    page = LabelledPage(np.zeros((height, width), np.uint8), boxes, hand=True)
    for made in (frames.framed(page, Size(128, 96), rng, 0.5), frames.fitted(page, Size(128, 96))):
        assert made.grey.shape == (128, 96)
        for line in frames.label_lines(made):
            kind, *where = line.split()
            x, y, w, h = map(float, where)
            assert int(kind) in range(len(LABELS))
            assert -1e-4 <= x - w / 2 < x + w / 2 <= 1 + 1e-4
            assert -1e-4 <= y - h / 2 < y + h / 2 <= 1 + 1e-4


def test_a_double_page_has_the_boxes_of_both():
    page = LabelledPage(np.zeros((100, 80), np.uint8), (LabelledBox("panel", Box(10, 10, 70, 90)),), hand=True)
    low = LabelledPage(np.zeros((60, 50), np.uint8), (LabelledBox("face", Box(1, 2, 3, 4)),), hand=False)
    double = frames.side_by_side(page, low)
    assert double.grey.shape == (60, 130)
    assert double.boxes == (LabelledBox("panel", Box(10, 10, 70, 60)), LabelledBox("face", Box(81, 2, 83, 4)))
    assert not double.hand


def test_measure_counts_every_truth_once():
    page = LabelledPage(np.zeros((9, 9), np.uint8), (LabelledBox("panel", Box(0, 0, 10, 10)),), hand=False)
    measure = Measure()
    right = Detection("panel", Box(0, 0, 10, 9), 0.9)
    measure.add(page, [right, Detection("panel", Box(0, 0, 9, 10), 0.4), Detection("face", Box(0, 0, 5, 5), 0.9)])
    loose, strict = measure.score("panel", 0.1), measure.score("panel", 0.5)
    assert (loose.precision, loose.recall, strict.f1) == (0.5, 1.0, 1.0)
    assert measure.thresholds()["panel"] > 0.4
    assert measure.score("face", 0.1).truths == 0 == measure.score("face", 0.1).precision


def test_the_training_set_is_the_same_for_the_same_seed_and_says_what_is_unlabelled(data, tmp_path):
    for one in ("a", "b"):
        write_dataset(data, tmp_path / one, TINY.data, TINY.seed)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))
    for file in files:
        if file.suffix in (".jpg", ".txt"):
            assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    names = {path.stem for path in (tmp_path / "a/images/train").iterdir()}
    assert sum(name.startswith("E01P01") for name in names) == 4
    assert {name for name in names if name.startswith("E01P02")} == {f"E01P02-{n}{UNLABELLED}" for n in range(3)}
    assert sum(name.startswith("drawn") for name in names) == 3


@pytest.mark.train
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")
class TestTraining:
    """With torch and ultralytics, at toy size."""

    @pytest.fixture(autouse=True)
    def _libraries(self) -> None:
        pytest.importorskip("torch")
        pytest.importorskip("ultralytics")
        prepare_ultralytics()

    def test_one_command_makes_weights_that_the_runtime_opens(self, data, tmp_path, monkeypatch):
        from engines.detect.yolo import YoloDetector
        from training.pages import __main__ as command

        monkeypatch.setattr(
            command, "read_settings", lambda *_: replace(TINY, training=replace(TINY.training, epochs=1))
        )
        catalog = tmp_path / "catalog.toml"
        catalog.write_text('name = "pages-detector.onnx"\nbytes = 0\nsha256 = ""\n')
        out = tmp_path / "out"
        command.main(["--data", str(data), "--out", str(out), "--catalog", str(catalog)])
        weights = out / "pages-detector.onnx"
        assert weights.stat().st_size < 12_000_000
        assert f"bytes = {weights.stat().st_size}" in catalog.read_text()
        assert set(json.loads((out / "measures.json").read_text())["manga"]) == set(LABELS)
        detector = YoloDetector(weights, dict.fromkeys(LABELS, 0.0))
        assert {one.label for one in detector.detect(np.zeros((300, 200), np.uint8))} <= set(LABELS)

    def test_training_changes_the_weights_and_goes_on_where_it_was_cut_off(self, data, tmp_path, monkeypatch, caplog):
        import torch

        from training.pages import train as training
        from training.pages.average import average

        dataset = write_dataset(data, tmp_path / "set", TINY.data, TINY.seed)
        report = training._report

        def cut_off(trainer):
            report(trainer)
            trainer.save_model()
            raise KeyboardInterrupt

        monkeypatch.setattr(training, "_report", cut_off)
        with pytest.raises(KeyboardInterrupt):
            training.train(dataset, tmp_path / "run", TINY)
        monkeypatch.setattr(training, "_report", report)
        caplog.clear()
        with caplog.at_level(logging.INFO):
            last = training.train(dataset, tmp_path / "run", TINY, resume=True)
        assert "epoch 2 of 2" in caplog.text
        assert "epoch 1 of 2" not in caplog.text
        one = training.train(dataset, tmp_path / "more", TINY, start=last)
        before, after = (_weights(torch, path) for path in (last, one))
        assert before.keys() == after.keys()
        moved = sum(not torch.equal(before[name], after[name]) for name in before)
        assert moved > len(before) / 2
        mean = _weights(torch, average(last, one, 0.25, tmp_path / "mean.pt"))["model.0.conv.weight"]
        near = 0.75 * before["model.0.conv.weight"] + 0.25 * after["model.0.conv.weight"]
        assert torch.allclose(mean, near, atol=1e-3)
        # It began with what had been learnt and not with other random weights.
        assert (before["model.0.conv.weight"] - after["model.0.conv.weight"]).abs().mean() < 0.02

    def test_what_is_not_labelled_teaches_nothing(self):
        import torch

        prepare_ultralytics()
        from ultralytics.cfg import get_cfg
        from ultralytics.nn.tasks import DetectionModel

        from training.pages.partial import PartialLoss

        model = DetectionModel("yolo11n.yaml", nc=len(LABELS), verbose=False)
        model.args = get_cfg()
        predicted = model.train()(torch.rand(1, 3, 64, 64))
        predicted["scores"].retain_grad()
        truth = {"batch_idx": torch.zeros(1), "cls": torch.zeros(1, 1), "bboxes": torch.tensor([[0.5, 0.5, 0.5, 0.5]])}
        loss, _ = PartialLoss(model)(predicted, {**truth, "im_file": [f"E01P02-0{UNLABELLED}.jpg"]})
        loss.sum().backward()
        taught = predicted["scores"].grad.abs().sum((0, 2)) > 0
        assert taught.tolist() == [label not in annotated.BY_HAND for label in LABELS]


def _weights(torch, path):
    prepare_ultralytics()
    from ultralytics.nn.tasks import torch_safe_load

    content, _ = torch_safe_load(path, safe_only=True)
    return {name: value.float() for name, value in (content.get("ema") or content["model"]).state_dict().items()}
