"""The two ONNX graphs of the compact engine: the encoder sees a picture, the painter says what colours it may have.

`training/compact/network.py` describes the network and makes the files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

from engines.colorize.compact.bins import BINS
from engines.colorize.compact.picture import as_seen, resized
from engines.colorize.compact.references import Cells, References, cells_of
from engines.colorize.compact.tones import at_levels
from engines.geometry import Size
from engines.onnx_runtime import OnnxNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_HINT: Final = "Install Irodori again."
_OUTPUTS: Final = ("logits", "parts", "evidence", "shares", "copied")
_FEATURES: Final = 64
_BINS: Final = 305


class Said(NamedTuple):
    """What the network says of a tile by cells of 4 px, `h x w` of them.

    logits: `(305, h, w)` over the bins. parts: `(12, h, w)` logits. evidence: `(bins, h, w)`, what share of the look at
    the references fell on each of their bins. shares: `(3, h, w)` how far to believe this look, the references' colours
    at this lightness, and the logits; 1 in all, the logits alone without references. copied: `(2, h, w)` a and b of
    what it looks at there, their mean. grey: `(h, w)` sRGB 0..1, of 8 bits.
    """

    logits: Array
    parts: Array
    evidence: Array
    shares: Array
    copied: Array
    grey: Array


class CompactNetwork:
    """Both sessions, on the processor; deterministic. Drop the object to give the memory back."""

    def __init__(self, encoder: bytes, painter: bytes) -> None:
        self._encoder = OnnxNetwork(encoder, "the encoder", _HINT)
        self._painter = OnnxNetwork(painter, "the painter", _HINT, pattern=False)

    def look_at(self, reference: NDArray[np.uint8]) -> Cells:
        """Return the cells of a reference `(h, w, 3)` sRGB, sides multiples of 32."""
        grey = np.asarray(cv2.cvtColor(reference, cv2.COLOR_RGB2GRAY), np.uint8)
        eighth = self._encoder.run({"grey": as_seen(grey)}, ["eighth"])[0]
        return cells_of(reference, eighth)

    def paint(self, grey: NDArray[np.uint8], references: References | None) -> Said:
        """Say what colours a grey picture `(h, w)` may have, sides multiples of 32; sRGB."""
        eighth, quarter = self._encoder.run({"grey": as_seen(grey)}, ["eighth", "quarter"])
        seen = as_seen(resized(grey, Size(*quarter.shape[2:])))[0, 0]
        feeds = {"eighth": eighth, "quarter": quarter, "toned": _toned(seen, references), **_feeds(references)}
        logits, parts, evidence, shares, copied = (planes[0] for planes in self._painter.run(feeds, list(_OUTPUTS)))
        return Said(logits.reshape(_BINS, *seen.shape), parts, evidence, shares, copied, seen)


def _toned(grey: Array, references: References | None) -> Array:
    """Return the mean colour `(1, 2, h, w)` that references have at a cell's grey."""
    if references is None:
        return np.zeros((1, 2, *grey.shape), np.float32)
    means = at_levels(references.tones @ BINS, grey.ravel())
    return np.ascontiguousarray(means.T).reshape(1, 2, *grey.shape)


def _feeds(references: References | None) -> dict[str, Array]:
    if references is None:
        empty = {"reference_features": _FEATURES, "reference_chroma": 2, "reference_values": 1}
        none = {name: np.zeros((1, 1, width), np.float32) for name, width in empty.items()}
        return {**none, "palette": np.zeros((1, _BINS), np.float32), "has_reference": np.zeros(1, np.float32)}
    return {
        "reference_features": references.features,
        "reference_chroma": references.chroma,
        "reference_values": references.values,
        "palette": references.palette[None],
        "has_reference": np.ones(1, np.float32),
    }
