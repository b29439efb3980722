"""The compact embedder: our own small network, blind to colour, so that a grey page finds its coloured kin.

What it was taught to overlook is print, light, size, side and pose; `training/embed` makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engines.base import ModelInvalid, ModelMissing
from engines.detect.networks import open_session
from engines.embed.base import Embedder, EmbedderInfo
from engines.embed.picture import as_input
from engines.embed.shipped import CARD, COMPACT_ID, WEIGHTS_FILE, WIDTH, compact_version
from engines.network_turn import NETWORK_TURN
from models.catalog import load_catalog
from models.store import SHIPPED_WEIGHTS, WeightsInvalid, WeightsMissing, read_weights

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
        self._session: Any = None
        self.info = EmbedderInfo(COMPACT_ID, compact_version(), WIDTH, _FLOOR)

    @classmethod
    def of_file(cls, path: Path) -> CompactEmbedder:
        """Return an embedder with weights that no card describes, opened at once: those of a recipe's run.

        Raises:
            ModelInvalid, EngineUnavailable, OSError
        """
        made = cls(path.parent)
        made._session = open_session(path.read_bytes(), path.name)
        return made

    def embed(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return one row per picture."""
        if self._session is None:
            self._session = self._opened()
        vectors = np.zeros((len(pictures), WIDTH), np.float32)
        for row, picture in enumerate(pictures):
            with NETWORK_TURN:
                vectors[row] = self._session.run(["vectors"], {"pictures": as_input(picture)[None, None]})[0][0]
        return vectors

    def _opened(self) -> Any:
        try:
            content = read_weights(load_catalog()[CARD].file(WEIGHTS_FILE), self._folder)
            return open_session(content, WEIGHTS_FILE)
        except WeightsMissing as exc:
            raise ModelMissing(str(exc), "Install Irodori again.") from exc
        except (WeightsInvalid, ModelInvalid) as exc:
            raise ModelInvalid(str(exc), "Install Irodori again.") from exc
