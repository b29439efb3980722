"""How much every cell of a page belongs to each panel, as the painter takes it: a panel looks for its scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engines.colorize.compact.picture import CELL_PX
from engines.nearest import resize_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.geometry import Size


def membership_of(panels: NDArray[np.uint8] | None, size: Size, padded: Size) -> NDArray[np.float32]:
    """Return `(1, P, h / 8, w / 8)`, 0..1, in all 1 at every cell; the first plane is what lies outside of all panels.

    panels: `(H, W)` of the page, see `ColorizeRequest.panels`. size: the page as it is seen; padded: with its margin.
    """
    rows, columns = padded.height // CELL_PX, padded.width // CELL_PX
    if panels is None:
        return np.ones((1, 1, rows, columns), np.float32)
    seen = -(-size.height // CELL_PX), -(-size.width // CELL_PX)
    # Labels by the nearest pixel: a cell is small beside a panel.
    labels = resize_labels(panels, seen[0], seen[1])
    labels = np.pad(labels, [(0, rows - seen[0]), (0, columns - seen[1])], mode="edge")
    return np.asarray(labels == np.unique(labels)[:, None, None], np.float32)[None]
