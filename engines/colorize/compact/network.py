"""The two ONNX graphs of the compact engine: `Encoder` sees a picture, `Painter` gives a page its chroma.

`training/compact/network.py` describes the network and makes the files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from engines.colorize.compact.picture import CELL_PX
from engines.onnx_runtime import OnnxNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_OUTPUTS = ["chroma", "confidence", "parts"]
_HINT = "Install Irodori again."


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
        self._encoder = OnnxNetwork(encoder, "the encoder", _HINT)
        self._painter = OnnxNetwork(painter, "the painter", _HINT)

    def encode_reference(self, lab: Array) -> Tokens:
        """Return the tokens of an OKLab picture `(h, w, 3)`, sides multiples of 32."""
        magnitude = np.hypot(lab[..., 1], lab[..., 2]) * np.float32(5)
        picture = np.stack([lab[..., 0], magnitude])[None]
        keys = self._encoder.run({"picture": picture}, ["keys"])[0]
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
        features = dict(zip(names, self._encoder.run({"picture": picture}, names), strict=True))
        feeds = {**features, "keys": tokens.keys, "values": tokens.values, "told": told, "panels": panels}
        chroma, confidence, parts = (
            np.ascontiguousarray(planes[0].transpose(1, 2, 0)) for planes in self._painter.run(feeds, _OUTPUTS)
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
