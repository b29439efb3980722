"""The colour pages that the recipe learns from, with what is known of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.compact.parts import part_map

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Rgb = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Page:
    """A colour page without text and, where there is one, the same page with balloons; `(H, W, 3)` RGB.

    parts: `(H, W)` uint8, see `parts`. panels: `(H, W)` uint8, a number for each, 0 outside.
    """

    name: str
    art: Rgb
    lettered: Rgb | None
    parts: NDArray[np.uint8]
    panels: NDArray[np.uint8]

    @property
    def episode(self) -> str:
        """The pages' group within which references are drawn, `E05` of `E05P02`."""
        return self.name.split("P")[0]


def read_pages(folder: Path, split: str) -> list[Page]:
    """Read `art`, `lettered/en` and `annotations` of one split (`train` or `dev`) of `splits.json`.

    Raises:
        OSError: a page or the split file is missing or unreadable.
    """
    names = json.loads((folder / "splits.json").read_text("utf-8"))[split]
    return [_page(folder, name) for name in names]


def _page(folder: Path, name: str) -> Page:
    art = _read(folder / "art" / f"{name}.webp")
    lettered = _read_if_there(folder / "lettered/en" / f"{name}.webp")
    panels = _panel_map(folder / "annotations" / f"{name}.json", *art.shape[:2])
    return Page(name, art, lettered, part_map(name, *art.shape[:2]), panels)


def _panel_map(annotation: Path, height: int, width: int) -> NDArray[np.uint8]:
    labels = np.zeros((height, width), np.uint8)
    if annotation.exists():
        for index, (left, top, right, bottom) in enumerate(json.loads(annotation.read_text("utf-8"))["panels"]):
            labels[top:bottom, left:right] = index + 1
    return labels


def _read_if_there(path: Path) -> Rgb | None:
    return _read(path) if path.exists() else None


def _read(path: Path) -> Rgb:
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise OSError(f"{path.name} is not a readable picture")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
