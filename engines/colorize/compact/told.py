"""What somebody else knows of a page's parts, as the painter takes it: a word in its ear, not an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.base import FACE, FIGURE
from engines.colorize.compact.picture import CELL_PX

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.geometry import Size

_PARTS: Final = 4
_PLACES: Final = {FIGURE: 1, FACE: 2}
"""Where the network has them among background, figure, skin and hair (`training/compact/parts.py`)."""
_SURE: Final = 3.0
"""As in training."""


def told_of(parts: NDArray[np.uint8] | None, size: Size, padded: Size) -> NDArray[np.float32]:
    """Return `(1, 4, h / 8, w / 8)`, what is added to the logits of every cell's parts; 0 where nobody knows.

    parts: `(H, W)` of the page, see `ColorizeRequest.parts`. size: the page as it is seen; padded: with its margin.
    """
    rows, columns = padded.height // CELL_PX, padded.width // CELL_PX
    told = np.zeros((1, _PARTS, rows, columns), np.float32)
    if parts is None:
        return told
    seen = -(-size.height // CELL_PX), -(-size.width // CELL_PX)
    for part, place in _PLACES.items():
        there = (parts == part).astype(np.float32)
        share = cv2.resize(there, (seen[1], seen[0]), interpolation=cv2.INTER_AREA)
        told[0, place, : seen[0], : seen[1]] = _SURE * (share > 0.5)
    return told
