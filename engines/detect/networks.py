"""YOLO networks behind one seam: from an ONNX file, run by ONNX Runtime, or from a checkpoint, run by ultralytics."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from engines.base import EngineUnavailable, ModelInvalid
from engines.colorize.compact.network import thread_count
from engines.detect.base import LABELS, Label
from engines.geometry import Size
from engines.network_turn import NETWORK_TURN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

EXPECTED: Final = (
    "a YOLO detector as ultralytics exports it (`yolo export format=onnx`), with at least one of the classes "
    + ", ".join(LABELS)
)
_SYNONYMS: Final[Mapping[str, Label]] = {
    "frame": "panel", "comic panel": "panel",
    "bubble": "balloon", "speech bubble": "balloon", "speech balloon": "balloon",
    "text bubble": "balloon", "caption": "balloon", "onomatopoeia": "sfx", "sound effect": "sfx", "text block": "text",
    "text free": "text", "body": "character", "person": "character", "head": "face",
}  # fmt: skip
_OUTPUT_AXES = 3


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """What a network says about itself.

    labels: ours for each of its classes, None for classes of no use here. thresholds: the least score of each of ours
    that has one of its own. size: an upright page as it was trained with. fixed: it takes inputs of just this size.
    """

    labels: tuple[Label | None, ...]
    size: Size
    fixed: bool = False
    channels: int = 3
    thresholds: Mapping[Label, float] = field(default_factory=dict)


class Network(Protocol):
    """A YOLO network, ready to run."""

    facts: NetworkFacts

    def run(self, picture: Array) -> Array:
        """Return its proposals, `(1, 4 + classes, n)` or `(1, n, 6)`, for `(1, channels, h, w)` float32 0..1."""
        ...


def labels_of(names: Mapping[int, str]) -> tuple[Label | None, ...]:
    """Return our labels for the names of a network's classes, which are numbered from 0.

    Raises:
        ModelInvalid: the classes are not numbered so, or none of them is one of ours.
    """
    if sorted(names) != list(range(len(names))):
        raise ModelInvalid("the detector's classes are not numbered from 0", f"Choose {EXPECTED}.")
    labels = tuple(_label(names[index]) for index in range(len(names)))
    if not any(labels):
        raise ModelInvalid(f"the detector knows none of our classes, only {_few(names)}", f"Choose {EXPECTED}.")
    return labels


class OnnxNetwork:
    """An exported network on the processor; deterministic."""

    def __init__(self, content: bytes, what: str = "the detector") -> None:
        """Open it.

        Raises:
            ModelInvalid: this is no ONNX file of a YOLO detector; `what` names it in the message.
            EngineUnavailable: there is no ONNX Runtime.
        """
        self._what = what
        self._session = open_session(content, what)
        self.facts = self._facts()
        self._input = str(self._session.get_inputs()[0].name)

    def run(self, picture: Array) -> Array:
        """Return the first output."""
        try:
            with NETWORK_TURN:
                proposals: Array = self._session.run(None, {self._input: picture})[0]
        except Exception as exc:  # its classes share no base that is exported
            raise ModelInvalid(f"{self._what} failed: {exc}", f"Choose {EXPECTED}.") from exc
        return proposals

    def _facts(self) -> NetworkFacts:
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        shape = list(inputs[0].shape) if inputs else []
        if len(inputs) != 1 or len(shape) != 4 or not outputs or len(outputs[0].shape) != _OUTPUT_AXES:
            raise ModelInvalid(f"{self._what} is no YOLO detector", f"Choose {EXPECTED}.")
        meta = dict(self._session.get_modelmeta().custom_metadata_map)
        try:
            names = {int(key): str(name) for key, name in ast.literal_eval(meta["names"]).items()}
            thresholds = {label: float(json.loads(meta.get("thresholds", "{}")).get(label, -1)) for label in LABELS}
            sides = [side if isinstance(side, int) else 0 for side in shape]
            wanted = ast.literal_eval(meta.get("imgsz", "[640, 640]"))
            size = Size(sides[2] or int(wanted[0]), sides[3] or int(wanted[1]))
        except (KeyError, ValueError, TypeError, SyntaxError, AttributeError, IndexError, RecursionError) as exc:
            raise ModelInvalid(f"{self._what} does not name its classes as ultralytics does", EXPECTED) from exc
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
        raise ModelMissing(f"there is no detector at {path}", "Choose a file that is there, or none.")
    if path.suffix.lower() == ".onnx":
        return OnnxNetwork(path.read_bytes(), path.name)
    if path.suffix.lower() == ".pt":
        from engines.detect.checkpoint import CheckpointNetwork

        return CheckpointNetwork(path)
    raise ModelInvalid(f"{path.name} is neither .onnx nor .pt", f"Choose {EXPECTED}.")


def open_session(content: bytes, what: str) -> Any:
    """Return an ONNX Runtime session on the processor, with as many threads as are of use.

    Raises:
        ModelInvalid, EngineUnavailable
    """
    try:
        import onnxruntime
    except ImportError as exc:
        raise EngineUnavailable("onnxruntime is not installed", "pip install onnxruntime") from exc
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # its classes share no base that is exported
        raise ModelInvalid(f"ONNX Runtime refuses {what}: {exc}", f"Choose {EXPECTED}.") from exc


def _label(name: str) -> Label | None:
    plain = name.strip().casefold().replace("_", " ").replace("-", " ")
    for one in (plain, plain.removesuffix("s")):
        for label in LABELS:
            if one == label:
                return label
        if one in _SYNONYMS:
            return _SYNONYMS[one]
    return None


def _few(names: Mapping[int, str]) -> str:
    shown = [str(name) for _, name in sorted(names.items())][:6]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "")
