"""The compact engine: our own small network, on the processor, obeying the reference by construction.

The page is seen at about 480 x 720 pixels and the chroma comes at half of that; `host.pipeline.compose` brings it to
the page along the page's edges. A chapter's references are encoded once.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from importlib.util import find_spec
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.base import (
    PARTS,
    ColorizeEngine,
    ColorizeRequest,
    ColorizeResult,
    EngineError,
    ModelInvalid,
    ModelMissing,
    Viability,
)
from engines.colorize.compact.info import INFO
from engines.colorize.compact.mood import hedged, mood_of
from engines.colorize.compact.network import CompactNetwork, Tokens, joined
from engines.colorize.compact.panels import membership_of
from engines.colorize.compact.picture import (
    CELL_PX,
    feather,
    padded,
    reference_lab,
    tiles,
    working_lightness,
    working_size,
)
from engines.colorize.compact.told import told_of
from engines.geometry import Size
from models.catalog import ModelCard, load_catalog
from models.store import SHIPPED_WEIGHTS, WeightsInvalid, WeightsMissing, read_weights, weights_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.base import Device, OnStep

ENCODER_FILE = "compact-encoder.onnx"
PAINTER_FILE = "compact-painter.onnx"
NEUTRAL_FILE = "compact-neutral.png"
_ENCODED_REFERENCES_KEPT = 16


class CompactEngine(ColorizeEngine):
    """Reference-guided colour in a fraction of a second a page, see `models/weights/README.md`.

    folder and card say where the weights lie and what they are; by default those that ship with Irodori.
    """

    info = INFO

    def __init__(self, folder: Path = SHIPPED_WEIGHTS, card: ModelCard | None = None) -> None:
        self._folder = folder
        self._card = card or load_catalog()["compact"]
        self._network: CompactNetwork | None = None
        self._neutral: NDArray[np.uint8] | None = None
        self._encoded: OrderedDict[str, Tokens] = OrderedDict()

    def viability(self) -> Viability:
        """Look for ONNX Runtime and for the files."""
        if find_spec("onnxruntime") is None:
            return Viability(ok=False, reason="ONNX Runtime is not installed", fix="pip install onnxruntime")
        try:
            self.weights_digests()
        except ModelMissing as exc:
            return Viability(ok=False, reason=exc.message, fix=exc.hint)
        return Viability(ok=True)

    def weights_digests(self) -> Mapping[str, str]:
        """Return the card's digests; `load` compares them with the files."""
        try:
            for file in self._card.files:
                weights_path(file, self._folder)
        except WeightsMissing as exc:
            raise ModelMissing(str(exc), "Install Irodori again.") from exc
        return {file.name: file.sha256 for file in self._card.files}

    def load(self, device: Device) -> None:  # noqa: ARG002  (there is only the processor)
        """Open both graphs and the neutral reference."""
        if self._network is not None:
            return
        neutral = cv2.imdecode(np.frombuffer(self._content(NEUTRAL_FILE), np.uint8), cv2.IMREAD_COLOR)
        if neutral is None:
            raise ModelInvalid(f"{NEUTRAL_FILE} is not a picture", "Install Irodori again.")
        self._neutral = np.asarray(cv2.cvtColor(neutral, cv2.COLOR_BGR2RGB), np.uint8)
        self._network = CompactNetwork(self._content(ENCODER_FILE), self._content(PAINTER_FILE))

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Colour one page; a step for the references and one for every tile of the page."""
        if self._network is None or self._neutral is None:
            raise EngineError("the compact engine is not loaded")
        tokens = self._tokens(self._network, request.references or (self._neutral,))
        size = working_size(request.size)
        lightness = padded(working_lightness(request.page, size))
        told = told_of(request.parts, size, Size(*lightness.shape))
        panels = membership_of(request.panels, size, Size(*lightness.shape))
        painted = _paint(self._network, lightness, tokens, told, panels, on_step)
        half = Size(size.height // 2, size.width // 2)
        chroma, parts = np.split(painted[: half.height, : half.width], [2], axis=-1)
        oklab = np.dstack([working_lightness(request.page, half), chroma])
        return ColorizeResult(oklab=oklab, weights=self.weights_digests(), parts=np.ascontiguousarray(parts))

    def unload(self) -> None:
        """Drop the sessions and what was encoded."""
        self._network = None
        self._neutral = None
        self._encoded.clear()

    def _content(self, name: str) -> bytes:
        try:
            return read_weights(self._card.file(name), self._folder)
        except WeightsMissing as exc:
            raise ModelMissing(str(exc), "Install Irodori again.") from exc
        except (WeightsInvalid, KeyError) as exc:
            raise ModelInvalid(str(exc), "Install Irodori again.") from exc

    def _tokens(self, network: CompactNetwork, references: tuple[NDArray[np.uint8], ...]) -> Tokens:
        return joined([self._encode(network, picture, len(references)) for picture in references])

    def _encode(self, network: CompactNetwork, picture: NDArray[np.uint8], count: int) -> Tokens:
        """Encode a reference, or recall it: a chapter brings the same ones for every page."""
        digest = hashlib.sha256(np.ascontiguousarray(picture).data).hexdigest()
        key = f"{digest} {picture.shape} {count}"
        if key not in self._encoded:
            self._encoded[key] = network.encode_reference(reference_lab(picture, count))
        self._encoded.move_to_end(key)
        while len(self._encoded) > _ENCODED_REFERENCES_KEPT:
            self._encoded.popitem(last=False)
        return self._encoded[key]


def _paint(
    network: CompactNetwork,
    lightness: NDArray[np.float32],
    tokens: Tokens,
    told: NDArray[np.float32],
    panels: NDArray[np.float32],
    on_step: OnStep,
) -> NDArray[np.float32]:
    """Return chroma and parts of a padded page, `(h / 2, w / 2, 6)`, tile by tile, blended where tiles overlap."""
    size = Size(*lightness.shape)
    boxes = tiles(size)
    on_step(1, len(boxes) + 1)
    joined_tiles = np.zeros((size.height // 2, size.width // 2, 2 + len(PARTS)), np.float32)
    total = np.zeros(joined_tiles.shape[:2], np.float32)
    for index, box in enumerate(boxes):
        where = slice(box.top // 2, box.bottom // 2), slice(box.left // 2, box.right // 2)
        weight = feather(box, size)
        cells = slice(box.top // CELL_PX, box.bottom // CELL_PX), slice(box.left // CELL_PX, box.right // CELL_PX)
        seen = lightness[box.top : box.bottom, box.left : box.right]
        known = (np.ascontiguousarray(one[:, :, *cells]) for one in (told, panels))
        joined_tiles[where] += _paint_tile(network, seen, tokens, *known) * weight[..., None]
        total[where] += weight
        on_step(index + 2, len(boxes) + 1)
    joined_tiles /= total[..., None]
    return joined_tiles


def _paint_tile(
    network: CompactNetwork,
    lightness: NDArray[np.float32],
    tokens: Tokens,
    told: NDArray[np.float32],
    panels: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return a tile's chroma and parts; where the painter says that it is unsure, the references' mood takes over."""
    painted = network.paint(lightness, tokens, told, panels)
    half = cv2.resize(lightness, painted.chroma.shape[1::-1], interpolation=cv2.INTER_AREA)
    chroma = hedged(painted.chroma, painted.confidence, mood_of(tokens, np.asarray(half, np.float32)))
    return np.concatenate([chroma, painted.parts], axis=-1)
