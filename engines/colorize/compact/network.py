"""The two ONNX graphs of the compact engine: `Encoder` sees a picture, `Painter` gives a page its chroma.

`training/compact/network.py` describes the network and makes the files.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from engines.base import EngineOutOfMemory, EngineUnavailable, ModelInvalid
from engines.colorize.compact.picture import CELL_PX
from engines.network_turn import NETWORK_TURN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_THREADS_MAX = 4
_OUTPUTS = ["chroma", "confidence", "parts"]


class Tokens(NamedTuple):
    """References as the painter reads them: keys `(1, tokens, width)` and colours `(1, tokens, 4)`.

    lightness: `(1, tokens)` OKLab L, which the painter does not read.
    """

    keys: Array
    values: Array
    lightness: Array


class Painted(NamedTuple):
    """Chroma `(h / 2, w / 2, 2)`; how sure of it the painter is, `(h / 2, w / 2)` 0..1; parts, `(h / 2, w / 2, 4)`."""

    chroma: Array
    confidence: Array
    parts: Array


class CompactNetwork:
    """Both sessions, on the processor; deterministic. Drop the object to give the memory back."""

    def __init__(self, encoder: bytes, painter: bytes) -> None:
        self._encoder = _open_session(encoder)
        self._painter = _open_session(painter)

    def encode_reference(self, lab: Array) -> Tokens:
        """Return the tokens of an OKLab picture `(h, w, 3)`, sides multiples of 32."""
        magnitude = np.hypot(lab[..., 1], lab[..., 2]) * np.float32(5)
        picture = np.stack([lab[..., 0], magnitude])[None]
        keys = _run(self._encoder, ["keys"], {"picture": picture})[0]
        by_lightness = lab[..., 1:] / np.maximum(lab[..., :1], np.float32(0.3))
        pairs = np.concatenate([lab[..., 1:], by_lightness], axis=-1)
        cells = lab.shape[1] // CELL_PX, lab.shape[0] // CELL_PX
        values = cv2.resize(pairs, cells, interpolation=cv2.INTER_AREA).reshape(1, -1, 4)
        tones = cv2.resize(lab[..., 0], cells, interpolation=cv2.INTER_AREA).reshape(1, -1)
        return Tokens(_as_rows(keys), np.asarray(values, np.float32), np.asarray(tones, np.float32))

    def paint(self, lightness: Array, tokens: Tokens, told: Array, panels: Array) -> Painted:
        """Paint lightness `(h, w)`, sides multiples of 32; `told`: see `told_of`, `panels`: see `membership_of`."""
        picture = np.stack([lightness, np.zeros_like(lightness)])[None]
        names = ["half", "quarter", "eighth"]
        features = dict(zip(names, _run(self._encoder, names, {"picture": picture}), strict=True))
        feeds = {**features, "keys": tokens.keys, "values": tokens.values, "told": told, "panels": panels}
        chroma, confidence, parts = (
            np.ascontiguousarray(planes[0].transpose(1, 2, 0)) for planes in _run(self._painter, _OUTPUTS, feeds)
        )
        return Painted(chroma, _at_size(confidence, chroma), _at_size(parts, chroma))


def joined(parts: list[Tokens]) -> Tokens:
    """Return the tokens of several references as one set."""
    keys, values, lightness = zip(*parts, strict=True)
    return Tokens(np.concatenate(keys, 1), np.concatenate(values, 1), np.concatenate(lightness, 1))


def _at_size(shares: Array, chroma: Array) -> Array:
    wide = cv2.resize(shares, chroma.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(wide, 0, 1), np.float32)


def _as_rows(planes: Array) -> Array:
    flat = planes.reshape(1, planes.shape[1], -1)
    return np.ascontiguousarray(flat.transpose(0, 2, 1))


def _open_session(content: bytes) -> Any:
    try:
        import onnxruntime
    except ImportError as exc:
        raise EngineUnavailable("onnxruntime is not installed", "pip install onnxruntime") from exc
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    options.inter_op_num_threads = 1
    # A thread that spins while it waits keeps a laptop's core hot for nothing.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # its classes share no base that is exported
        raise ModelInvalid(f"ONNX Runtime refuses the network: {exc}", "Install Irodori again.") from exc


def _run(session: Any, outputs: list[str], feeds: dict[str, Array]) -> list[Array]:
    try:
        with NETWORK_TURN:
            results: list[Array] = session.run(outputs, feeds)
    except MemoryError as exc:
        raise EngineOutOfMemory("not enough memory to colour this page") from exc
    except Exception as exc:
        if "alloc" in str(exc).lower():
            raise EngineOutOfMemory("not enough memory to colour this page") from exc
        raise ModelInvalid(f"the network failed: {exc}", "Install Irodori again.") from exc
    return results


def thread_count() -> int:
    """Return how many cores to use: those this process may run on, at most 4."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(_THREADS_MAX, usable, _physical_cores() or usable))


def _physical_cores() -> int | None:
    try:
        import psutil
    except ImportError:
        return None
    cores: int | None = psutil.cpu_count(logical=False)
    return cores
