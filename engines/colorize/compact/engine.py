"""The compact engine: our own small network, on the processor, with an idea of what things are coloured like.

A page is seen at about 560 x 840 pixels, without its screentone where analysis has taken it away. The network says of
every cell what colours it may have (the prior) and where a reference shows the same; regions of the page gather that
and take one colour each. Chroma comes at half of that size; `host.pipeline.compose` brings it to the page along the
page's edges. A chapter's references are looked at once.
"""

from __future__ import annotations

import hashlib
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import numpy as np
from cachetools import LRUCache

from engines.base import (
    ColorizeEngine,
    ColorizeRequest,
    ColorizeResult,
    EngineError,
    ModelMissing,
    Viability,
)
from engines.colorize.compact.gather import HALF, RegionTable, label_regions, trust_in
from engines.colorize.compact.info import INFO
from engines.colorize.compact.network import CompactNetwork
from engines.colorize.compact.parts import KINDS, shares_of, told_apart
from engines.colorize.compact.people import oneness, pooled, shown_by
from engines.colorize.compact.picture import (
    CELL_PX,
    feather,
    inkness,
    padded,
    reference_at,
    resized,
    tiles,
    working_size,
)
from engines.colorize.compact.readout import colours_of, laid_out
from engines.colorize.compact.references import Cells, References, has_colour, joined
from engines.cores import Beside
from engines.geometry import Size
from engines.int8 import form_to_run
from engines.nearest import resize_labels
from engines.oklab import grey_to_lightness
from engines.shipped_networks import shipped_faults
from models.catalog import ModelCard, load_catalog
from models.store import SHIPPED_WEIGHTS, read_weights, weights_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.base import Device, OnStep

ENCODER_FILE: Final = "compact-encoder.onnx"
PAINTER_FILE: Final = "compact-painter.onnx"
_REFERENCES_KEPT: Final = 16
_SETS_KEPT: Final = 4


class CompactEngine(ColorizeEngine):
    """Colour in a fraction of a second a page, after references or without any, see `models/weights/README.md`.

    folder and card say where the weights lie and what they are; by default those that ship with Irodori.
    """

    info = INFO
    is_reentrant = True

    def __init__(self, folder: Path = SHIPPED_WEIGHTS, card: ModelCard | None = None) -> None:
        self._folder = folder
        self._card = card or load_catalog()["compact"]
        self._network: CompactNetwork | None = None
        self._seen: LRUCache[str, Cells] = LRUCache(_REFERENCES_KEPT)
        self._joined: LRUCache[tuple[str, ...], References | None] = LRUCache(_SETS_KEPT)
        self._looking = threading.Lock()

    def viability(self) -> Viability:
        """Look for ONNX Runtime and for the files."""
        if find_spec("onnxruntime") is None:
            install = "pip install onnxruntime"
            told = ("not_installed", "ONNX Runtime", install)
            return Viability(ok=False, reason="ONNX Runtime is not installed", fix=install, told=told)
        try:
            self.weights_digests()
        except ModelMissing as exc:
            return Viability(ok=False, reason=exc.message, fix=exc.hint, told=exc.told)
        return Viability(ok=True)

    def weights_digests(self) -> Mapping[str, str]:
        """Return the card's digests; `load` compares them with the files."""
        with shipped_faults():
            for file in self._card.files:
                weights_path(file, self._folder)
        return {file.name: file.sha256 for file in self._card.files}

    def load(self, device: Device) -> None:  # noqa: ARG002  (there is only the processor)
        """Open both graphs."""
        if self._network is None:
            self._network = CompactNetwork(self._content(ENCODER_FILE), self._content(PAINTER_FILE))

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Colour one page; a step for the references and one for every tile of the page."""
        network = self._network
        if network is None:
            raise EngineError("the compact engine is not loaded")
        references = self._references(network, request.references)
        size = working_size(request.size)
        chroma, parts = _painted(network, request, size, references, on_step)
        own = grey_to_lightness(resized(request.page, Size(size.height // HALF, size.width // HALF)))
        return ColorizeResult(oklab=np.dstack([own, chroma]), weights=self.weights_digests(), parts=parts)

    def unload(self) -> None:
        """Drop the sessions and what was encoded."""
        self._network = None
        with self._looking:
            self._seen.clear()
            self._joined.clear()

    def _content(self, name: str) -> bytes:
        with shipped_faults():
            return read_weights(form_to_run(self._card, name, self._folder), self._folder)

    def _references(self, network: CompactNetwork, pictures: tuple[NDArray[np.uint8], ...]) -> References | None:
        """Return what references show, or recall it: a chapter brings the same ones for every page."""
        names = tuple(_name(one, len(pictures)) for one in pictures)
        with self._looking:
            if names not in self._joined:
                seen = [self._look_at(network, *one, len(names)) for one in zip(names, pictures, strict=True)]
                coloured = [one for one in seen if has_colour(one)]
                self._joined[names] = joined(coloured) if coloured else None
            return self._joined[names]

    def _look_at(self, network: CompactNetwork, name: str, picture: NDArray[np.uint8], count: int) -> Cells:
        if name not in self._seen:
            self._seen[name] = network.look_at(reference_at(picture, count))
        return self._seen[name]


def _name(picture: NDArray[np.uint8], count: int) -> str:
    """Name a reference by its pixels and by how many there are, which says how large it is looked at."""
    return f"{hashlib.sha256(np.ascontiguousarray(picture).data).hexdigest()} {picture.shape} {count}"


def _painted(
    network: CompactNetwork, request: ColorizeRequest, size: Size, references: References | None, on_step: OnStep
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a page's chroma `(h / 2, w / 2, 2)` and parts `(h / 4, w / 4, 4)` at its working size."""
    grey = resized(request.page if request.tone is None else request.tone, size)
    half = Size(size.height // HALF, size.width // HALF)
    lightness = grey_to_lightness(resized(grey, half))
    trust = trust_in(lightness)
    ink = inkness(grey)
    with Beside(lambda: RegionTable(label_regions(grey_to_lightness(grey), request.panels), trust)) as regions:
        field, kinds = _tile_by_tile(network, padded(grey), references, ink, regions, on_step)
        table = regions.result()
    rows, columns = size.height // CELL_PX, size.width // CELL_PX
    field, kinds = field[:rows, :columns], kinds[:, :rows, :columns]
    shown = shown_by(table.labels, kinds, lightness, trust)
    distributions = pooled(table.distributions, shown)
    chroma = laid_out(field, distributions, table.labels, lightness, trust, oneness(shown), ink)
    seen = None if request.parts is None else resize_labels(request.parts, rows, columns)
    return chroma, told_apart(kinds, seen)


def _tile_by_tile(
    network: CompactNetwork,
    grey: NDArray[np.uint8],
    references: References | None,
    ink: float,
    table: Beside[RegionTable],
    on_step: OnStep,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return chroma `(h / 4, w / 4, 2)` and kinds `(12, h / 4, w / 4)` of a padded page, its tiles blended."""
    size = Size(*grey.shape)
    cells = size.height // CELL_PX, size.width // CELL_PX
    field, kinds = np.zeros((*cells, 2), np.float32), np.zeros((len(KINDS), *cells), np.float32)
    total = np.zeros(cells, np.float32)
    boxes = tiles(size)
    on_step(1, len(boxes) + 1)
    for index, box in enumerate(boxes):
        here = np.s_[box.top // CELL_PX : box.bottom // CELL_PX, box.left // CELL_PX : box.right // CELL_PX]
        said = network.paint(grey[box.top : box.bottom, box.left : box.right], references)
        weight = feather(box, size)
        kinds[:, *here] += shares_of(said.parts) * weight
        colours = colours_of(said, references, ink)
        table.result().add(box, colours.distribution, weight)
        field[here] += colours.chroma * weight[..., None]
        total[here] += weight
        on_step(index + 2, len(boxes) + 1)
    return field / total[..., None], kinds / total
