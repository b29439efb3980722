"""The reference that stands in when a reader has chosen none: daylight panels of Pepper&Carrot, one above the other.

Skin, dark and red hair, brown and red cloth, sky, clouds, foliage, stone and timber: what most pages hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.geometry import Box

if TYPE_CHECKING:
    from pathlib import Path

NEUTRAL_FILE = "compact-neutral.png"
_PANELS = (
    ("E16P05", Box(40, 44, 952, 466)),
    ("E16P04", Box(40, 384, 952, 662)),
    ("E09P01", Box(40, 44, 952, 716)),
    ("E12P01", Box(40, 810, 952, 1074)),
)
_WIDTH_PX = 256
_GUTTER_PX = 6


def write_neutral(data: Path, out: Path) -> Path:
    """Cut the panels out of `data/art` and write `compact-neutral.png` into the folder `out`; return its path.

    Raises:
        OSError: a page is missing, or the picture cannot be written.
    """
    gutter = np.full((_GUTTER_PX, _WIDTH_PX, 3), 255, np.uint8)
    rows: list[np.ndarray] = []
    for name, box in _PANELS:
        page = cv2.imdecode(np.fromfile(data / "art" / f"{name}.webp", np.uint8), cv2.IMREAD_COLOR)
        if page is None:
            raise OSError(f"{name}.webp is not a readable picture")
        panel = page[box.top : box.bottom, box.left : box.right]
        height = round(box.height * _WIDTH_PX / box.width)
        rows += [cv2.resize(panel, (_WIDTH_PX, height), interpolation=cv2.INTER_AREA), gutter]
    path = out / NEUTRAL_FILE
    if not cv2.imwrite(str(path), np.vstack(rows[:-1]), [cv2.IMWRITE_PNG_COMPRESSION, 9]):
        raise OSError(f"{path.name} cannot be written")
    return path
