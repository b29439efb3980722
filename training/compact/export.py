"""The trained network as two ONNX graphs, for pictures of any size and references of any number, and back.

`compact-encoder.onnx`   grey -> eighth, quarter
`compact-painter.onnx`   eighth, quarter, toned, reference_features, reference_chroma, reference_values, palette,
                         has_reference -> logits, shares, copied, parts, evidence

Logits are by place, `(1, 305, h * w)`: a copy of them would be the largest array of all. Evidence is what the attention
gathers of `reference_values` `(1, cells, any number)`, at an eighth of the page; it looks a little harder for that than
the copy does.

What is said of all places and bins, and of all places and cells, is made and used up some places at a time: whole, such
arrays are the largest of a page, and most of the time would be spent on fetching them from memory.

Weights are stored as float16 and widened when a session loads them; the arithmetic stays float32. Nothing is folded
into them, so that `state_from_onnx` gives back what a later training goes on from.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Final

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from training.compact.network import ColourNetwork, load_state

if TYPE_CHECKING:
    from pathlib import Path

ENCODER_FILE: Final = "compact-encoder.onnx"
PAINTER_FILE: Final = "compact-painter.onnx"
_INPUTS: Final = (
    "eighth", "quarter", "toned", "reference_features", "reference_chroma", "reference_values", "palette",
    "has_reference",
)  # fmt: skip
_OUTPUTS: Final = ("logits", "shares", "copied", "parts")
_EVIDENCE: Final = "evidence"
_OPSET: Final = 17
_PREFIX: Final = "network."
_HALF: Final = ".half"
_PIECES: Final = 16
_log = logging.getLogger(__name__)


def export(checkpoint: Path, out: Path) -> tuple[Path, Path]:
    """Write both graphs of a checkpoint into the folder `out`; return their paths.

    A checkpoint is a state of `ColourNetwork`, or a mapping with one under "average" or "network".

    Raises:
        OSError: the checkpoint is missing or `out` cannot be written.
    """
    network = ColourNetwork()
    missing = load_state(network, read_state(checkpoint))
    if missing:
        _log.warning("%s lacks %d tensors, %s first", checkpoint.name, len(missing), missing[0])
    return export_network(network, out)


def read_state(checkpoint: Path) -> dict[str, Tensor]:
    """Return the network's state in a checkpoint, the averaged one where there is one.

    Raises:
        OSError: there is no such file.
    """
    found: dict[str, dict[str, Tensor]] = torch.load(checkpoint, weights_only=True, map_location="cpu")
    for name in ("average", "network"):
        if isinstance(found.get(name), dict):
            return found[name]
    return found  # type: ignore[return-value]


def export_network(network: ColourNetwork, out: Path) -> tuple[Path, Path]:
    """Write both graphs of a network into the folder `out`; return their paths."""
    out.mkdir(parents=True, exist_ok=True)
    paths = out / ENCODER_FILE, out / PAINTER_FILE
    network.eval()
    grey = torch.rand(1, 1, 64, 96)
    with torch.no_grad():
        eighth, quarter = network.features(grey)
    planes = {2: "height", 3: "width"}
    axes = {"grey": planes} | {name: _sized(name) for name in _INPUTS[:2]}
    _to_onnx(_Encoder(network), (grey,), paths[0], ["grey"], list(_INPUTS[:2]), axes)
    cells = eighth.flatten(2).transpose(1, 2)
    values = torch.rand(1, cells.shape[1], 2), torch.rand(1, cells.shape[1], 5)
    toned = torch.rand(1, 2, *quarter.shape[-2:])
    given = eighth, quarter, toned, cells, *values, torch.rand(1, len(network.bins)), torch.ones(1)
    axes = {name: _sized(name) for name in (*_INPUTS[:3], *_OUTPUTS)} | {name: {1: "cells"} for name in _INPUTS[3:6]}
    axes["reference_values"][2] = "values"
    axes["logits"] = {2: "places"}
    axes[_EVIDENCE] = {1: "values", **_sized("eighth")}
    _to_onnx(_Painter(network), given, paths[1], list(_INPUTS), [*_OUTPUTS, _EVIDENCE], axes)
    for path in paths:
        halve_weights(path)
        _log.info("%s: %d bytes", path.name, path.stat().st_size)
    return paths


def state_from_onnx(folder: Path) -> dict[str, Tensor]:
    """Return the state of the network whose two graphs lie in a folder, as float32.

    Raises:
        OSError: a file is missing.
    """
    state: dict[str, Tensor] = {}
    for file in (ENCODER_FILE, PAINTER_FILE):
        for item in onnx.load(str(folder / file)).graph.initializer:
            if item.name.startswith(_PREFIX):
                name = item.name.removeprefix(_PREFIX).removesuffix(_HALF)
                values = np.array(numpy_helper.to_array(item))
                state[name] = torch.from_numpy(values.astype(np.float32) if values.dtype.kind == "f" else values)
    return state


def halve_weights(path: Path) -> None:
    """Store an ONNX file's float32 weights as float16; a cast behind each is folded by ONNX Runtime when it loads."""
    model = onnx.load(str(path))
    casts = []
    for item in list(model.graph.initializer):
        if item.data_type != onnx.TensorProto.FLOAT or len(item.dims) < 2:
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(item).astype(np.float16), item.name + _HALF)
        casts.append(onnx.helper.make_node("Cast", [half.name], [item.name], to=onnx.TensorProto.FLOAT))
        model.graph.initializer.remove(item)
        model.graph.initializer.append(half)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)
    model.producer_version = ""
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


class _Encoder(nn.Module):
    def __init__(self, network: ColourNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        return self.network.features(grey)


class _Painter(nn.Module):
    def __init__(self, network: ColourNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        eighth: Tensor,
        quarter: Tensor,
        toned: Tensor,
        features: Tensor,
        chroma: Tensor,
        values: Tensor,
        palette: Tensor,
        has_reference: Tensor,
    ) -> tuple[Tensor, ...]:
        network = self.network
        seen = network.seen_as_places(quarter, palette, has_reference)
        mean = torch.cat([network.mean_of_places(some) for some in seen.chunk(_PIECES, 2)], 1)
        queries, keys = network.looks(eighth, features, chroma)
        gathered, evidence = [], []
        for some in queries.chunk(_PIECES, 1):
            attention = torch.softmax(some @ keys, -1)
            gathered.append(network.gathered(attention, chroma))
            # Made to shares when it is gathered and small.
            harder = attention * attention
            evidence.append((harder @ values) / harder.sum(-1, keepdim=True))
        said = network.believed(eighth, quarter, toned, mean, torch.cat(gathered, 1), has_reference)
        looked_at = torch.cat(evidence, 1).transpose(1, 2).reshape(1, -1, *eighth.shape[-2:])
        copied, _, shares, parts = said
        return network.logits_of_places(seen), shares, copied, parts, looked_at


def _sized(name: str) -> dict[int, str]:
    scale = "eighth" if name == "eighth" else "quarter"
    return {2: f"{scale}_height", 3: f"{scale}_width"}


def _to_onnx(
    module: nn.Module,
    example: tuple[Tensor, ...],
    path: Path,
    inputs: list[str],
    outputs: list[str],
    axes: dict[str, dict[int, str]],
) -> None:
    with warnings.catch_warnings(), torch.no_grad():
        # The newer exporter needs a further library and gives the same graph.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            example,
            str(path),
            input_names=inputs,
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
            # Else normalisation would be folded into the weights, and no training could go on from them.
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
        )
