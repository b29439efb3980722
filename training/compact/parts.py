"""Parts: what a cell shows of a picture, as far as somebody has said so: background, figure, skin, hair.

Drawn scenes know it of every pixel. Of comic pages the hand labels of the detector's recipe tell where faces and
figures are, by boxes: an ellipse in the box is taken for the thing, what is near its edge for unknown.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Map = NDArray[np.uint8]

BACKGROUND: Final = 0
FIGURE: Final = 1
SKIN: Final = 2
HAIR: Final = 3
UNKNOWN: Final = 255
"""What a map holds where nobody knows."""
LABELS: Final = Path(__file__).parents[1] / "pages" / "labels"
TOLD: Final = 3.0
"""What is added to the logit of a part that somebody knows: sure, but not against all evidence."""
_FACE_REACH: Final = 1.9


def part_map(name: str, height: int, width: int, labels: Path = LABELS) -> Map:
    """Return `(height, width)` parts of a page; `UNKNOWN` all over where nobody has labelled it.

    Raises:
        OSError, ValueError, KeyError: its labels are there but cannot be read.
    """
    path = labels / f"{name}.json"
    if not path.is_file():
        return np.full((height, width), UNKNOWN, np.uint8)
    said = json.loads(path.read_text("utf-8"))
    scale = width / said["width"]
    parts = np.full((height, width), BACKGROUND, np.uint8)
    figures, faces = ([[round(edge * scale) for edge in one["box"]] for one in said[kind]] for kind in _KINDS)
    for left, top, right, bottom in figures:
        parts[top:bottom, left:right] = UNKNOWN
    for box in figures:
        _ellipse(parts, box, FIGURE, 0.85)
    for box in faces:
        _ellipse(parts, box, UNKNOWN, _FACE_REACH)
    for box in faces:
        _ellipse(parts, box, SKIN, 0.9)
    return parts


_KINDS: Final = ("characters", "faces")


def _ellipse(parts: Map, box: list[int], part: int, reach: float) -> None:
    left, top, right, bottom = box
    axes = max(1, round((right - left) / 2 * reach)), max(1, round((bottom - top) / 2 * reach))
    cv2.ellipse(parts, ((left + right) // 2, (top + bottom) // 2), axes, 0, 0, 360, part, -1)
