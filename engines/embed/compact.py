"""The compact embedder: our own small network, blind to colour, so that a grey page finds its coloured kin.

What it was taught to overlook is print, light, size, side and pose; `training/embed` makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engines.embed.base import Embedder, EmbedderInfo
from engines.embed.picture import as_input
from engines.embed.shipped import CARD, COMPACT_ID, WEIGHTS_FILE, WIDTH, compact_version
from engines.onnx_runtime import OnnxNetwork
from engines.shipped_networks import HINT, open_shipped_network
from models.store import SHIPPED_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# Measured, see `training/embed/README.md`.
_FLOOR: Final = 0.85


class CompactEmbedder(Embedder):
    """One picture at a time, so that its vector does not depend on its company. The network opens at the first call.

    Raises:
        ModelMissing, ModelInvalid, EngineUnavailable: at the first call.
    """

    def __init__(self, folder: Path = SHIPPED_WEIGHTS) -> None:
        self._folder = folder
        self._network: OnnxNetwork | None = None
        self.info = EmbedderInfo(COMPACT_ID, compact_version(), WIDTH, _FLOOR)

    @classmethod
    def of_file(cls, path: Path) -> CompactEmbedder:
        """Return an embedder with weights that no card describes, opened at once: those of a recipe's run.

        Raises:
            ModelInvalid, EngineUnavailable, OSError
        """
        made = cls(path.parent)
        made._network = OnnxNetwork(path.read_bytes(), path.name, HINT)
        return made

    def embed(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return one row per picture."""
        if self._network is None:
            self._network = open_shipped_network(CARD, WEIGHTS_FILE, self._folder)
        vectors = np.zeros((len(pictures), WIDTH), np.float32)
        for row, picture in enumerate(pictures):
            vectors[row] = self._network.run({"pictures": as_input(picture)[None, None]}, ["vectors"])[0][0]
        return vectors
