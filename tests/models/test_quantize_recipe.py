"""Integer forms of networks: made from float files and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from engines.onnx_runtime import OnnxNetwork

if TYPE_CHECKING:
    from pathlib import Path

onnx = pytest.importorskip("onnx")
quantize = pytest.importorskip("training.quantize")


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Return a convolution of 3 x 3 with four channels and a rectifier behind it; its file tells where it is from."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    weights = np.random.default_rng(3).normal(0, 1, (4, 1, 3, 3)).astype(np.float32)
    weights *= np.array([0.1, 1, 5, 20], np.float32)[:, None, None, None]
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["grey", "weights"], ["sums"], pads=[1, 1, 1, 1]),
            helper.make_node("Relu", ["sums"], ["likely"]),
        ],
        "toy",
        [helper.make_tensor_value_info("grey", kind, [1, 1, "height", "width"])],
        [helper.make_tensor_value_info("likely", kind, [1, 4, "height", "width"])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"made_by": "a test"})
    onnx.save(model, str(tmp_path / "toy.onnx"))
    return tmp_path / "toy.onnx"


def test_the_integer_form_says_nearly_the_same_and_what_it_was_made_of(network: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    feeds = [rng.random((1, 1, 24, 32), np.float32) for _ in range(8)]
    form = quantize.quantize(network, tmp_path, feeds)
    assert form.name == "toy.int8.onnx"
    model = onnx.load(str(form))
    assert "QLinearConv" in {node.op_type for node in model.graph.node}
    facts = {one.key: one.value for one in model.metadata_props}
    assert facts["made_by"] == "a test"
    assert len(facts[quantize.FLOAT_DIGEST]) == 64
    exact, whole = (OnnxNetwork(path.read_bytes(), "toy", "").run({"grey": feeds[0]})[0] for path in (network, form))
    assert np.sqrt(((exact - whole) ** 2).mean() / (exact**2).mean()) < 0.02


def test_without_pictures_there_is_no_form(network: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no pictures"):
        quantize.quantize(network, tmp_path, [])
    assert not (tmp_path / "toy.int8.onnx").exists()


def test_every_second_picture_is_shown_as_ink_and_those_for_judging_are_not_shown(tmp_path: Path) -> None:
    across = np.tile(np.linspace(60, 200, 96).astype(np.uint8), (64, 1))
    for name in ("a.png", "b.png", "kept-1.png", "c.webp", "notes.txt"):
        (tmp_path / name).write_bytes(cv2.imencode(".png", across)[1].tobytes())
    plain, ink, again = quantize.shown_pages([tmp_path], 9, ["kept-*"])
    assert np.array_equal(plain, across)
    assert np.array_equal(again, across)
    assert not np.array_equal(ink, across)
    assert len(list(quantize.shown_pages([tmp_path], 2, ["kept-*"]))) == 2
