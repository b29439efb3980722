"""The detector's runtime: outputs of every form, other people's networks, and pages that are none."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import TensorProto, helper, numpy_helper

from engines.base import ModelInvalid, ModelMissing
from engines.detect.base import LABELS
from engines.detect.boxes import Proposal
from engines.detect.networks import labels_of
from engines.detect.tiles import View
from engines.detect.yolo import CARD, YoloDetector, _on_page, _version, decoded
from engines.geometry import Box, Size
from models.catalog import load_catalog

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {0: "Speech_Bubbles", 1: "frame", 2: "cat"}
ALL = np.full(3, 0.25, np.float32)


def raw(*boxes: tuple[float, ...], classes: int = 3) -> np.ndarray:
    """Return the output of a network: centre, size, scores."""
    rows = np.zeros((1, 4 + classes, max(8, len(boxes))), np.float32)
    for index, box in enumerate(boxes):
        rows[0, : len(box), index] = box
    return rows


def network(path: Path, output: np.ndarray, names: object = NAMES, side: int | str = 64, **more: str) -> Path:
    """Write a network that says the same of every picture; its input is used, so that ONNX Runtime keeps it."""
    nothing = helper.make_node("ReduceMin", ["images"], ["least"], keepdims=0)
    zero = helper.make_node("Mul", ["least", "null"], ["zero"])
    said = helper.make_node("Add", ["said", "zero"], ["output0"])
    constants = [numpy_helper.from_array(output, "said"), numpy_helper.from_array(np.float32(0), "null")]
    graph = helper.make_graph(
        [nothing, zero, said],
        "toy",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, list(output.shape))],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, {"names": str(names), "task": "detect", **more})
    onnx.save(model, str(path))
    return path


@given(hnp.arrays(np.float32, st.sampled_from([(1, 7, 8), (1, 39, 8), (1, 5, 6)]), elements=st.floats(width=32)))
def test_any_numbers_are_decoded_best_first(proposals):
    found = decoded(proposals, 3, ALL)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0.25 <= one.score <= 1 and 0 <= one.kind < 3 and np.isfinite(one.edges).all() for one in found)


def test_both_forms_of_output_say_the_same():
    (one,) = decoded(raw((30, 20, 20, 10, 0.1, 0.9, 0.2)), 3, ALL)
    (other,) = decoded(np.array([[[20, 15, 40, 25, 0.9, 1], [0, 0, 0, 0, 0, 0]]], np.float32), 3, ALL)
    assert one == other
    assert one.edges == (20, 15, 40, 25)


def test_every_class_has_a_threshold_of_its_own():
    rows = raw((30, 20, 20, 10, 0.4), (30, 50, 20, 10, 0, 0.4))
    assert [one.kind for one in decoded(rows, 3, np.array([0.5, 0.3, 0.3], np.float32))] == [1]


def test_an_output_that_does_not_fit_the_classes_is_refused():
    with pytest.raises(ModelInvalid, match="3 classes"):
        decoded(np.zeros((1, 9, 8), np.float32), 3, ALL)


def test_foreign_class_names_become_ours_and_strange_ones_are_left_out():
    assert labels_of(NAMES) == ("balloon", "panel", None)
    with pytest.raises(ModelInvalid, match="car, dog") as refusal:
        labels_of({0: "car", 1: "dog"})
    assert "panel, balloon" in refusal.value.hint


def test_a_readers_own_network_is_used_with_its_names(tmp_path):
    own = network(tmp_path / "own.onnx", raw((32, 32, 32, 16, 0, 0.8), (20, 8, 8, 8, 0.9), (9, 9, 9, 9, 0, 0, 1)))
    found = YoloDetector(own).detect(np.zeros((128, 128), np.uint8))
    assert [(one.label, one.box) for one in found] == [
        ("balloon", Box(32, 8, 48, 24)),
        ("panel", Box(32, 48, 96, 80)),
    ]


def test_a_balloon_in_a_balloon_is_one_and_a_panel_in_a_panel_is_two(tmp_path):
    nested = [(32, 32, 40, 40), (30, 30, 20, 20)]
    said = raw(*((*box, 0.9 - 0.2 * at, 0) for at, box in enumerate(nested)), *((*box, 0, 0.8) for box in nested))
    found = YoloDetector(network(tmp_path / "own.onnx", said)).detect(np.zeros((64, 64), np.uint8))
    assert [one.label for one in found] == ["balloon", "panel", "panel"]
    assert found[0].box == Box(12, 12, 52, 52)


def test_thresholds_travel_in_the_file_and_the_caller_may_overrule_them(tmp_path):
    own = network(tmp_path / "own.onnx", raw((32, 32, 32, 16, 0, 0.4)), thresholds=json.dumps({"panel": 0.5}))
    page = np.zeros((64, 64), np.uint8)
    assert YoloDetector(own).detect(page) == ()
    assert len(YoloDetector(own, {"panel": 0.3}).detect(page)) == 1


def test_version_is_the_files_content(tmp_path):
    own = network(tmp_path / "own.onnx", raw())
    assert YoloDetector(own).info.version.endswith(hashlib.sha256(own.read_bytes()).hexdigest()[:16])
    assert YoloDetector(own).info != YoloDetector().info
    shipped = load_catalog()[CARD].files[0].sha256
    assert YoloDetector().info.version == f"1-{shipped[:16]}"
    assert _version(tmp_path / "none.onnx") == "missing"


def test_wrong_files_are_refused_with_words_of_what_is_expected(tmp_path):
    page = np.zeros((64, 64), np.uint8)
    (tmp_path / "broken.onnx").write_bytes(b"no network")
    (tmp_path / "weights.bin").write_bytes(b"")
    network(tmp_path / "nameless.onnx", raw(), names="__import__('os')")
    network(tmp_path / "flat.onnx", np.zeros((1, 7), np.float32))
    for name in ("broken.onnx", "weights.bin", "nameless.onnx", "flat.onnx"):
        with pytest.raises(ModelInvalid) as refusal:
            YoloDetector(tmp_path / name).detect(page)
        assert "YOLO" in refusal.value.message + refusal.value.hint
    with pytest.raises(ModelMissing):
        YoloDetector(tmp_path / "nowhere.onnx").detect(page)


def test_what_lies_off_the_page_is_brought_inside_or_dropped(tmp_path):
    own = network(tmp_path / "own.onnx", raw((0, 0, 40, 40, 0.9), (200, 200, 20, 20, 0, 0.9), (60, 60, 20, 20, 0, 0.8)))
    (found, other) = YoloDetector(own).detect(np.zeros((64, 64), np.uint8))
    assert found.box == Box(0, 0, 20, 20)
    assert other.box == Box(50, 50, 64, 64)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 700), st.integers(1, 700))
def test_boxes_lie_on_pages_of_any_size(tmp_path_factory, height, width):
    path = tmp_path_factory.getbasetemp() / "any.onnx"
    if not path.exists():
        network(path, raw((30, 30, 50, 40, 0.9), (10, 50, 5, 60, 0, 0.7)))
    for one in YoloDetector(path).detect(np.zeros((height, width), np.uint8)):
        assert one.label in LABELS
        assert one.box.intersection(Box(0, 0, width, height)) == one.box
        assert one.box.area


def test_it_asks_between_its_looks_whether_to_go_on(tmp_path):
    class Cancelled(Exception):
        pass

    def cancelled():
        nonlocal asked
        asked += 1
        if asked == 3:
            raise Cancelled

    asked, detector = 0, YoloDetector(network(tmp_path / "own.onnx", raw((32, 32, 32, 16, 0, 0.4))))
    with pytest.raises(Cancelled):
        detector.detect(np.zeros((2000, 64), np.uint8), cancelled)
    assert asked == 3


def test_what_edges_cut_is_told_and_the_pages_own_edges_cut_nothing():
    def cut(view, *edges):
        (found,) = _on_page([Proposal(0, 0.9, edges)], view, Size(200, 64))
        return found.edges, found.cut

    upper, middle = (View(Box(0, top, 64, top + 64), Size(64, 64), 1.0) for top in (0, 68))
    assert cut(upper, 0, 0, 64, 64) == ((0, 0, 64, 64), {3})
    assert cut(middle, 0, 0, 64, 64) == ((0, 68, 64, 132), {1, 3})
    assert cut(middle, 5, 5, 59, 59) == ((5, 73, 59, 127), set())
    assert cut(middle, 5, 3, 59, 70) == ((5, 71, 59, 132), {1, 3})
    # Near is near in the picture that the network sees.
    assert cut(View(Box(0, 0, 64, 128), Size(64, 32), 0.5), 4, 4, 28, 62) == ((8, 8, 56, 124), {3})
    assert cut(View(Box(0, 0, 64, 32), Size(64, 128), 2.0), 4, 4, 28, 62) == ((2, 2, 14, 31), {3})
    assert cut(View(Box(0, 0, 64, 32), Size(64, 128), 2.0), 4, 4, 28, 60) == ((2, 2, 14, 30), set())


def test_a_panel_that_the_looks_at_a_strip_cut_is_one_panel(tmp_path):
    own = network(tmp_path / "own.onnx", raw((32, 32, 40, 64, 0, 0.9)))
    (found,) = YoloDetector(own).detect(np.zeros((400, 64), np.uint8))
    assert (found.box.top, found.box.bottom) == (0, 400)


def test_a_text_in_a_text_is_one(tmp_path):
    said = raw((32, 32, 40, 40, 0.9), (30, 30, 20, 20, 0.7), classes=1)
    found = YoloDetector(network(tmp_path / "own.onnx", said, {0: "text"})).detect(np.zeros((64, 64), np.uint8))
    assert [one.box for one in found] == [Box(12, 12, 52, 52)]


def test_numbers_that_are_none_become_places_that_are():
    (found,) = decoded(raw((float("nan"), 20, float("inf"), 10, 0.9)), 3, ALL)
    assert np.isfinite(found.edges).all()
