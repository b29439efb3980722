"""Crops of the shared comic pages: panels, and the characters and faces that were labelled by hand."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from engines.geometry import Box
from training.pages import annotated

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

Kind = Literal["panel", "character"]
_MARGIN = 0.2
_LONGEST_PX = 300
_LEAST_PX = 40


@dataclass(frozen=True, slots=True)
class Crop:
    """A panel or a figure. pictures: the same place without text and lettered, `(h, w)` grey; box: it within them.

    name: who it is, for figures; empty where nobody said, and for panels.
    """

    kind: Kind
    page: str
    name: str
    pictures: tuple[Grey, ...]
    box: Box

    @property
    def episode(self) -> str:
        """The pages' group, `E05` of `E05P02`."""
        return self.page.split("P")[0]


def read_crops(folder: Path, split: str, labels: Path | None = None) -> list[Crop]:
    """Read all crops of `train` or `dev`. labels: the folder of the labels made by hand; None is the one that ships.

    Raises:
        OSError: a page is missing or no picture.
    """
    crops: list[Crop] = []
    for name in annotated.page_names(folder, split):
        crops += _of_page(folder, name, labels or annotated.HAND_LABELS)
    return crops


def named(crops: list[Crop]) -> dict[tuple[str, str], list[Crop]]:
    """Return the figures by episode and name; clothes are the same within an episode."""
    found: defaultdict[tuple[str, str], list[Crop]] = defaultdict(list)
    for crop in crops:
        if crop.name:
            found[crop.episode, crop.name].append(crop)
    return dict(found)


def _of_page(folder: Path, name: str, labels: Path) -> list[Crop]:
    notes = json.loads((folder / "annotations" / f"{name}.json").read_text("utf-8"))
    hand_file = labels / f"{name}.json"
    hand = json.loads(hand_file.read_text("utf-8")) if hand_file.is_file() else {"characters": [], "faces": []}
    who = [figure.get("name", "") for figure in hand["characters"]]
    wanted: list[tuple[Kind, str, Box]] = [("panel", "", Box(*box)) for box in notes["panels"]]
    wanted += [("character", figure.get("name", ""), Box(*figure["box"])) for figure in hand["characters"]]
    faces = [(face, who[face["of"]]) for face in hand["faces"] if face.get("of", len(who)) < len(who)]
    wanted += [("character", owner, _head(Box(*face["box"]))) for face, owner in faces]
    pages = [_grey(folder / "art" / f"{name}.webp"), _grey(folder / "lettered" / "en" / f"{name}.webp")]
    made = (_cut(pages, kind, name, who_, box) for kind, who_, box in wanted)
    return [crop for crop in made if crop is not None]


def _head(face: Box) -> Box:
    """Return a face's box with the hair round it."""
    wide, high = face.width // 3, face.height // 2
    return Box(face.left - wide, face.top - high, face.right + wide, face.bottom + face.height // 5)


def _cut(pages: list[Grey], kind: Kind, page: str, name: str, box: Box) -> Crop | None:
    height, width = pages[0].shape
    inner = box.intersection(Box(0, 0, width, height))
    if min(inner.width, inner.height) < _LEAST_PX:
        return None
    x, y = round(_MARGIN * inner.width), round(_MARGIN * inner.height)
    wide = Box(inner.left - x, inner.top - y, inner.right + x, inner.bottom + y)
    outer = wide.intersection(Box(0, 0, width, height))
    scale = min(1.0, _LONGEST_PX / max(outer.width, outer.height))
    pictures = tuple(_scaled(one[outer.top : outer.bottom, outer.left : outer.right], scale) for one in pages)
    moved = [inner.left - outer.left, inner.top - outer.top, inner.right - outer.left, inner.bottom - outer.top]
    return Crop(kind, page, name, pictures, Box(*(round(value * scale) for value in moved)))


def _scaled(picture: Grey, scale: float) -> Grey:
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _grey(path: Path) -> Grey:
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise OSError(f"{path} is missing or no picture")
    return np.asarray(picture, np.uint8)
