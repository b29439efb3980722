"""Matting: a real network of toy size through ONNX Runtime; what it is asked and what becomes of its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from engines.base import ModelInvalid, ModelMissing
from engines.segment.matting import FILE_NAME, MODEL_ID, Matting
from engines.segment.registry import open_matting
from models.catalog import load_catalog

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 64


def network(path: Path, side: int | str = SIDE, channels: int = 3, gain: float = 1.0, rank: int = 4) -> Path:
    """Write a network whose alpha is `gain` times the picture's red."""
    shape = [1, channels, side, side][:rank]
    weights = helper.make_tensor("w", TensorProto.FLOAT, [1, channels, 1, 1], [gain] + [0.0] * (channels - 1))
    graph = helper.make_graph(
        [helper.make_node("Conv", ["img", "w"], ["mask"])],
        "toy",
        [helper.make_tensor_value_info("img", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("mask", TensorProto.FLOAT, [f"side {at}" for at in range(rank)])],
        [weights],
    )
    if rank != 4:
        graph.node[0].CopyFrom(helper.make_node("Identity", ["img"], ["mask"]))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    onnx.checker.check_model(model)
    return path


def half(height: int, width: int) -> np.ndarray:
    """Return a picture whose right half is red."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[:, width // 2 :] = (255, 0, 0)
    return rgb


@pytest.mark.parametrize(("height", "width"), [(40, 100), (100, 40), (200, 200), (1, 50)])
def test_alpha_lies_where_the_figure_does_whatever_the_picture_s_shape(height: int, width: int, tmp_path: Path) -> None:
    alpha = Matting(network(tmp_path / "toy.onnx")).alpha(half(height, width))
    assert (alpha.shape, alpha.dtype) == ((height, width), np.float32)
    assert alpha[:, : width // 2 - 3].max() <= 0.01
    assert alpha[:, width // 2 + 3 :].min() >= 0.99
    edge = Matting(network(tmp_path / "toy.onnx")).alpha(half(400, 400))[200, 190:210]
    assert ((edge > 0.05) & (edge < 0.95)).any()  # the edge is soft


def test_a_network_with_free_sides_is_asked_at_its_training_s_size(tmp_path: Path) -> None:
    assert Matting(network(tmp_path / "free.onnx", "side")).alpha(half(30, 30))[15, 25] > 0.99


def test_alpha_stays_between_nothing_and_all(tmp_path: Path) -> None:
    assert Matting(network(tmp_path / "loud.onnx", gain=7)).alpha(half(64, 64)).max() == 1
    assert Matting(network(tmp_path / "dark.onnx", gain=-7)).alpha(half(64, 64)).max() == 0


def test_what_is_no_such_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        Matting(tmp_path / "gone.onnx")
    (tmp_path / "no.onnx").write_bytes(b"no network")
    for path in (
        tmp_path / "no.onnx",
        network(tmp_path / "two.onnx", rank=3),
        network(tmp_path / "f.onnx", channels=5),
    ):
        with pytest.raises(ModelInvalid):
            Matting(path)


def test_the_pulled_network_is_taken_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(tmp_path))
    assert open_matting(None) is None
    (tmp_path / MODEL_ID).mkdir()
    network(tmp_path / MODEL_ID / FILE_NAME)
    opened = open_matting(None)
    assert opened is not None
    assert opened.name == FILE_NAME
    card = load_catalog()[MODEL_ID]
    assert FILE_NAME in card.allow
    assert not card.non_commercial
