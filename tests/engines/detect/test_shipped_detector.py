"""The weights that ship: what they find on pages that nothing was trained on, and on pages that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from engines.detect.yolo import YoloDetector
from engines.geometry import Box
from training.pages.synth import synth_page

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def detector() -> YoloDetector:
    return YoloDetector()


def grey(path: Path) -> NDArray[np.uint8]:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)


def found(detector: YoloDetector, page: NDArray[np.uint8], label: str) -> list[Box]:
    return [one.box for one in detector.detect(page) if one.label == label]


def recall(boxes: list[Box], truths: list[Box]) -> float:
    return sum(any(truth.iou(box) >= 0.5 for box in boxes) for truth in truths) / len(truths)


@pytest.mark.parametrize(("name", "panels"), [("panels-en.webp", 3), ("dragons-ja.png", 2), ("panels-ja.jpg", 3)])
def test_panels_of_real_pages_are_counted(detector, pages, name, panels):
    assert len(found(detector, grey(pages / name), "panel")) == panels


@pytest.mark.parametrize("name", ["panels-en", "panels-ja", "insets-en"])
def test_balloons_of_real_pages_are_covered_and_little_else(detector, pages, name):
    (path,) = [one for one in pages.glob(f"{name}.*") if "balloons" not in one.name]
    truth = grey(pages / f"{name}.balloons.png") > 0
    covered = np.zeros(truth.shape, bool)
    for box in found(detector, grey(path), "balloon"):
        covered[box.top : box.bottom, box.left : box.right] = True
    assert (covered & truth).sum() > 0.75 * truth.sum()
    assert (covered & ~truth).sum() < 0.06 * truth.size


def test_things_on_drawn_manga_pages_are_found(detector):
    truths = [synth_page(seed, 900, "manga") for seed in range(700_000, 700_006)]
    for label, least in (("panel", 0.7), ("balloon", 0.6), ("face", 0.5)):
        shares = [
            recall(found(detector, page.grey, label), [item.box for item in page.of(label)])
            for page in truths
            if page.of(label)
        ]
        assert np.mean(shares) > least, label


def test_panels_of_a_strip_are_found_once_each(detector, pages):
    page = grey(pages / "panels-en.webp")
    strip = np.vstack([page] * 4)
    panels = found(detector, strip, "panel")
    single = found(detector, page, "panel")
    assert (
        recall(
            panels,
            [Box(b.left, b.top + k * len(page), b.right, b.bottom + k * len(page)) for k in range(4) for b in single],
        )
        > 0.7
    )
    assert 8 <= len(panels) <= 16


def test_the_same_page_has_the_same_detections(detector, pages):
    page = grey(pages / "insets-en.jpg")
    assert detector.detect(page) == detector.detect(page) == YoloDetector().detect(page)


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (40, 800), (1600, 80), (3, 7), (33, 31)])
@pytest.mark.parametrize("kind", ["black", "white", "noise"])
def test_pages_that_are_none_give_boxes_inside_them(detector, shape, kind):
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    page = {"black": np.zeros(shape, np.uint8), "white": np.full(shape, 255, np.uint8), "noise": noise}[kind]
    for one in detector.detect(page):
        assert one.box.area
        assert one.box.intersection(Box(0, 0, shape[1], shape[0])) == one.box
        assert 0 < one.score <= 1
