"""The trained network as one ONNX graph, for any number of pictures."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

import torch

from engines.embed.picture import SIDE_PX
from engines.embed.shipped import WEIGHTS_FILE
from training.compact.export import halve_weights
from training.embed.train import load_network

if TYPE_CHECKING:
    from pathlib import Path

_OPSET = 17
_log = logging.getLogger(__name__)


def export(checkpoint: Path, out: Path) -> Path:
    """Write `embed-compact.onnx` into the folder `out`: `pictures` → `vectors`, weights stored as float16.

    Raises:
        OSError: the checkpoint is missing or `out` cannot be written.
    """
    network, iteration = load_network(checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    path = out / WEIGHTS_FILE
    with warnings.catch_warnings(), torch.no_grad():
        # The newer exporter needs a further library and gives the same graph.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.zeros(1, 1, SIDE_PX, SIDE_PX),),
            str(path),
            input_names=["pictures"],
            output_names=["vectors"],
            dynamic_axes={"pictures": {0: "n"}, "vectors": {0: "n"}},
            opset_version=_OPSET,
            dynamo=False,
        )
    halve_weights(path)
    _log.info("%s: %d bytes, iteration %d", path.name, path.stat().st_size, iteration)
    return path
