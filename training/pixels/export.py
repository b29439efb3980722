"""The trained network as one ONNX file, for pages of any size."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

import onnx
import torch
from torch import Tensor, nn

from training.compact.card import update_card
from training.compact.export import halve_weights
from training.pixels.network import MULTIPLE_PX, PixelNetwork
from training.pixels.train import load_network
from training.run import CHECKPOINT

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS_FILE = "pages-pixels.onnx"
_OPSET = 17
_log = logging.getLogger(__name__)


def make_weights(run: Path, out: Path, catalog: Path | None = None) -> Path:
    """Export the checkpoint of a run into the folder `out`; record size and digest in a catalogue.

    Raises:
        OSError: the checkpoint is missing or `out` cannot be written.
        KeyError: the catalogue has no entry of the file.
    """
    network, iteration = load_network(run / CHECKPOINT)
    weights = export(network, out)
    _log.info("%s: %d bytes, iteration %d", weights.name, weights.stat().st_size, iteration)
    if catalog is not None:
        update_card(catalog, [weights])
    return weights


def export(network: PixelNetwork, out: Path) -> Path:
    """Write `pages-pixels.onnx`: `grey` `(1, 1, h, w)` 0..1 to `likely` `(1, 2, h / 2, w / 2)` 0..1.

    Sides are multiples of 32. Weights are stored as float16; the arithmetic stays float32.
    """
    path = out / WEIGHTS_FILE
    out.mkdir(parents=True, exist_ok=True)
    axes = {"grey": {2: "height", 3: "width"}, "likely": {2: "likely_height", 3: "likely_width"}}
    with warnings.catch_warnings(), torch.no_grad():
        # The newer exporter needs a further library and gives the same graph.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Likely(network).eval(),
            (torch.rand(1, 1, 2 * MULTIPLE_PX, 3 * MULTIPLE_PX),),
            str(path),
            input_names=["grey"],
            output_names=["likely"],
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
        )
    halve_weights(path)
    onnx.checker.check_model(str(path))
    return path


class _Likely(nn.Module):
    def __init__(self, network: PixelNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, grey: Tensor) -> Tensor:
        likely: Tensor = self.network(grey).sigmoid()
        return likely
