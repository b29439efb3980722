"""YOLO networks behind one seam: from an ONNX file, run by ONNX Runtime, or from a checkpoint, run by ultralytics."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Protocol

from engines.base import ModelInvalid
from engines.detect.base import LABELS
from engines.detect.labels import EXPECTED, NetworkFacts, labels_of
from engines.geometry import Size
from engines.onnx_runtime import OnnxNetwork

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_OUTPUT_AXES = 3


class Network(Protocol):
    """A YOLO network, ready to run."""

    facts: NetworkFacts

    def run(self, picture: Array) -> Array:
        """Return its proposals, `(1, 4 + classes, n)` or `(1, n, 6)`, for `(1, channels, h, w)` float32 0..1."""
        ...


class ExportedNetwork:
    """An exported network on the processor; deterministic."""

    def __init__(self, content: bytes, what: str = "the detector") -> None:
        """Open it.

        Raises:
            ModelInvalid: this is no ONNX file of a YOLO detector; `what` names it in the message.
            EngineUnavailable: there is no ONNX Runtime.
        """
        self._what = what
        self._network = OnnxNetwork(content, what, f"Choose {EXPECTED}.")
        self.facts = self._facts()
        self._input = next(iter(self._network.inputs))

    def run(self, picture: Array) -> Array:
        """Return the first output."""
        return self._network.run({self._input: picture})[0]

    def _facts(self) -> NetworkFacts:
        shapes, outputs = list(self._network.inputs.values()), list(self._network.outputs.values())
        shape = shapes[0] if shapes else []
        if len(shapes) != 1 or len(shape) != 4 or not outputs or len(outputs[0]) != _OUTPUT_AXES:
            raise ModelInvalid(f"{self._what} is no YOLO detector", f"Choose {EXPECTED}.", told=("own_detector",))
        meta = self._network.metadata
        try:
            names = {int(key): str(name) for key, name in ast.literal_eval(meta["names"]).items()}
            thresholds = {label: float(json.loads(meta.get("thresholds", "{}")).get(label, -1)) for label in LABELS}
            sides = [side if isinstance(side, int) else 0 for side in shape]
            wanted = ast.literal_eval(meta.get("imgsz", "[640, 640]"))
            size = Size(sides[2] or int(wanted[0]), sides[3] or int(wanted[1]))
        except (KeyError, ValueError, TypeError, SyntaxError, AttributeError, IndexError, RecursionError) as exc:
            raise ModelInvalid(
                f"{self._what} does not name its classes as ultralytics does", EXPECTED, told=("own_detector",)
            ) from exc
        known = {label: least for label, least in thresholds.items() if least >= 0}
        return NetworkFacts(labels_of(names), size, bool(sides[2]), sides[1] or 3, known)


def open_network(path: Path) -> Network:
    """Open a reader's own detector, `.onnx` or `.pt`.

    Raises:
        ModelMissing: there is no such file. ModelInvalid: it is no detector, or of a kind that is not opened.
        EngineUnavailable: a library that it needs is not installed.
    """
    from engines.base import ModelMissing

    if not path.is_file():
        raise ModelMissing(
            f"there is no detector at {path}", "Choose a file that is there, or none.", told=("own_detector",)
        )
    if path.suffix.lower() == ".onnx":
        return ExportedNetwork(path.read_bytes(), path.name)
    if path.suffix.lower() == ".pt":
        from engines.detect.checkpoint import CheckpointNetwork

        return CheckpointNetwork(path)
    raise ModelInvalid(f"{path.name} is neither .onnx nor .pt", f"Choose {EXPECTED}.", told=("own_detector",))
