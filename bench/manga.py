"""A page of a painted comic as a page of manga: ink lines, tone or paper, ruled panels."""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING

import cv2

from bench.folder import FolderUnusable
from engines.geometry import Box
from training.compact.manga import drawn_in_ink

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Picture = NDArray[np.float32]

_FRAME_PX = 3
_INK = 0.05


def inked(grey: NDArray[np.uint8], panels: Sequence[Box], rng: np.random.Generator) -> Picture:
    """Return the page as ink and tone, 0 black to 1 paper, not yet printed; panels are framed unless they overlap.

    Without frames a bright sky runs into the gutter, and nobody could tell where the panel ends.
    """
    picture = drawn_in_ink(grey, rng)
    if not any(one.intersection(two).area for one, two in combinations(panels, 2)):
        for box in panels:
            cv2.rectangle(picture, (box.left, box.top), (box.right - 1, box.bottom - 1), _INK, _FRAME_PX)
    return picture


def annotated_panels(data: Path, name: str) -> list[Box]:
    """Return the panels of a page as `annotations/NAME.json` has them; none where there is no such file.

    Raises:
        FolderUnusable: the file is not what it should be.
    """
    file = data / "annotations" / f"{name}.json"
    if not file.is_file():
        return []
    try:
        return [Box(*(int(side) for side in box)) for box in json.loads(file.read_text("utf-8"))["panels"]]
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise FolderUnusable(f"{file} has no panels that can be read ({exc})") from exc
