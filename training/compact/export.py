"""The trained network as two ONNX graphs, for pages and references of any size and number."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from training.compact.candidates import agreement_of, with_power
from training.compact.encoder import Encoder, Features
from training.compact.train import load_network

if TYPE_CHECKING:
    from pathlib import Path

    from training.compact.network import CompactNetwork
    from training.compact.painter import Painted, Painter

ENCODER_FILE = "compact-encoder.onnx"
PAINTER_FILE = "compact-painter.onnx"
_OPSET = 17
_log = logging.getLogger(__name__)


def export(checkpoint: Path, out: Path) -> tuple[Path, Path]:
    """Write `compact-encoder.onnx` and `compact-painter.onnx` into the folder `out`; return their paths.

    Weights are stored as float16 and widened when a session loads them; the arithmetic stays float32.

    Raises:
        OSError: the checkpoint is missing or `out` cannot be written.
    """
    network, _, iteration = load_network(checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    paths = out / ENCODER_FILE, out / PAINTER_FILE
    features = _export_encoder(network, paths[0])
    _export_painter(network, features, paths[1])
    for path in paths:
        halve_weights(path)
        _log.info("%s: %d bytes, iteration %d", path.name, path.stat().st_size, iteration)
    return paths


class _EncoderGraph(nn.Module):
    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, picture: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.encoder(picture))


class _PainterGraph(nn.Module):
    def __init__(self, painter: Painter) -> None:
        super().__init__()
        self.painter = painter

    def forward(
        self, half: Tensor, quarter: Tensor, eighth: Tensor, keys: Tensor, values: Tensor, told: Tensor, panels: Tensor
    ) -> tuple[Tensor, ...]:
        painted: Painted = self.painter(Features(half, quarter, eighth, keys), keys, values, told, panels)
        return painted.chroma, _agreement(painted.weights, values, *eighth.shape[-2:]), painted.parts


def _agreement(weights: Tensor, values: Tensor, height: int, width: int) -> Tensor:
    """Return `(1, 1, h, w)`, 1 where what attention picks has one colour, least where its colours cancel out.

    Never below a half: a page that is wholly given to the mood has the smallest error, and is a sepia print.
    """
    agreed = agreement_of(weights.mean(1) @ with_power(values))
    return ((1 + agreed) / 2).reshape(1, 1, height, width)


def _export_encoder(network: CompactNetwork, path: Path) -> Features:
    picture = torch.rand(1, 2, 64, 96)
    names = list(Features._fields)
    _to_onnx(_EncoderGraph(network.encoder), (picture,), path, ["picture"], names, dict.fromkeys(["picture", *names]))
    with torch.no_grad():
        features: Features = network.encoder(picture)
    return features


def _export_painter(network: CompactNetwork, features: Features, path: Path) -> None:
    keys = features.keys.flatten(2).transpose(1, 2)
    values = torch.rand(1, keys.shape[1], 4)
    told = torch.zeros(1, network.painter.slots[1], *features.eighth.shape[-2:])
    panels = torch.softmax(torch.rand(1, 2, *features.eighth.shape[-2:]), 1)
    inputs = ["half", "quarter", "eighth", "keys", "values", "told", "panels"]
    outputs = ["chroma", "confidence", "parts"]
    axes: dict[str, dict[int, str] | None] = {**dict.fromkeys([*inputs[:3], "told", *outputs])}
    axes |= {name: {1: "tokens"} for name in inputs[3:5]}
    axes["panels"] = {1: "panels", 2: "panels_height", 3: "panels_width"}
    _to_onnx(
        _PainterGraph(network.painter),
        (*features[:3], keys, values, told, panels),
        path,
        inputs,
        outputs,
        axes,
    )


def _to_onnx(
    module: nn.Module,
    example: tuple[Tensor, ...],
    path: Path,
    inputs: list[str],
    outputs: list[str],
    axes: dict[str, dict[int, str] | None],
) -> None:
    named = {name: given or {2: f"{name}_height", 3: f"{name}_width"} for name, given in axes.items()}
    with warnings.catch_warnings(), torch.no_grad():
        # The newer exporter needs a further library and gives the same graph.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            example,
            str(path),
            input_names=inputs,
            output_names=outputs,
            dynamic_axes=named,
            opset_version=_OPSET,
            dynamo=False,
        )


def halve_weights(path: Path) -> None:
    """Store an ONNX file's float32 weights as float16; a cast behind each is folded by ONNX Runtime when it loads."""
    model = onnx.load(str(path))
    casts = []
    for item in list(model.graph.initializer):
        if item.data_type != onnx.TensorProto.FLOAT or len(item.dims) < 2:
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(item).astype(np.float16), f"{item.name}.half")
        casts.append(onnx.helper.make_node("Cast", [half.name], [item.name], to=onnx.TensorProto.FLOAT))
        model.graph.initializer.remove(item)
        model.graph.initializer.append(half)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)
    model.producer_version = ""
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
