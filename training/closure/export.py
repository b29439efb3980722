"""The trained network as one ONNX graph, for a page of any number of panels: what `library embed --closure` takes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import onnx
import torch
from torch import Tensor, nn

from engines.embed.closure import OUTPUTS
from engines.embed.panels import GEOMETRY
from training.closure.data import Batch
from training.closure.learner import load_network

if TYPE_CHECKING:
    from pathlib import Path

    from training.closure.network import ClosureLite

_OPSET = 17


class ExportUnable(ValueError):
    """A network cannot be exported; the message says why."""


class _OnePage(nn.Module):
    def __init__(self, network: ClosureLite, temperature: float) -> None:
        super().__init__()
        self.network, self.temperature = network, temperature

    def forward(self, crops: Tensor, geometry: Tensor, tokens: Tensor) -> tuple[Tensor, ...]:
        """Return panels, page, attention and following of one page."""
        found = self.network.vectors(crops, geometry, tokens)[None]
        mask = torch.ones_like(tokens[None, :, 0], dtype=torch.bool)
        pooled = self.network.pooled(found, mask)
        following = self.network.next_logits(found, geometry[None], mask, self.temperature)
        return found[0], pooled.page[0], pooled.attention[0], following[0]


def export(checkpoint: Path, path: Path) -> Path:
    """Write a checkpoint's network as an ONNX file with what its reader has to know.

    Raises:
        OSError: the checkpoint is missing, or the file cannot be written. ExportUnable: its texts want a tokenizer.
    """
    network, config = load_network(checkpoint)
    if config.network.text_folder:
        raise ExportUnable("a network with a pretrained encoder of texts wants its tokenizer, which ONNX does not hold")
    sizes = config.network
    page = Batch(
        torch.zeros(1, 2, 3, sizes.vision_side_px, sizes.vision_side_px),
        torch.rand(1, 2, GEOMETRY),
        torch.full((1, 2, sizes.text_length), 5, dtype=torch.int64),
        torch.ones(1, 2, dtype=torch.bool),
        torch.full((1, 2), -1, dtype=torch.int64),
    )
    given = (page.crops[0], page.geometry[0], page.tokens[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    names = ("crops", "geometry", "tokens")
    free = {name: {0: "n"} for name in (*names, "panels", "attention")} | {"following": {0: "n", 1: "n"}}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the newer exporter needs a further library and gives the same graph
        torch.onnx.export(
            _OnePage(network, config.losses.temperature).eval(),
            given,
            str(path),
            input_names=list(names),
            output_names=list(OUTPUTS),
            dynamic_axes=free,
            opset_version=_OPSET,
            dynamo=False,
        )
    model = onnx.load(str(path))
    facts = {"vision_side_px": sizes.vision_side_px, "text_length": sizes.text_length, "width": sizes.width}
    onnx.helper.set_model_props(model, {name: str(value) for name, value in facts.items()})
    onnx.save(model, str(path))
    return path
