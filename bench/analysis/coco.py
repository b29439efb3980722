"""Pages with boxes in a COCO JSON file, as other programs and people label them.

`images` (id, file_name), `categories` (id, name) and `annotations` (image_id, category_id, bbox as left, top, width,
height) are read; categories count that are named like the classes of `engines.detect.base`. A class without a single
box in the file is one of which nothing is known. A panel's place in reading order stands in its `attributes` as
`order`; polygons of balloons (`segmentation`) give the pixels that must be protected.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np

from bench.analysis.truth import TrueMasks, TruePage
from bench.folder import FolderUnusable
from engines.detect.base import LABELS
from engines.geometry import Box
from host.errors import IrodoriError
from host.pipeline.decode import decode_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.detect.base import Label


def read_coco(file: Path, images: Path) -> Iterator[TruePage]:
    """Yield the pages of a COCO file, one at a time; pictures without any box are pages on which nothing is.

    Raises:
        FolderUnusable: the file or one of its pictures cannot be read.
    """
    try:
        coco = json.loads(file.read_text("utf-8"))
        named = {int(one["id"]): cast("Label", one["name"]) for one in coco["categories"] if one["name"] in LABELS}
        boxes = [one for one in coco["annotations"] if int(one["category_id"]) in named]
        known = [label for label in LABELS if any(named[int(one["category_id"])] == label for one in boxes)]
        pictures = {int(one["id"]): str(one["file_name"]) for one in coco["images"]}
        if not known:
            raise FolderUnusable(f"{file} has no box of {', '.join(LABELS)}")
        for image_id, picture in sorted(pictures.items()):
            here = [one for one in boxes if int(one["image_id"]) == image_id]
            found = {label: [one for one in here if named[int(one["category_id"])] == label] for label in known}
            yield _page(images / picture, found)
    except (OSError, KeyError, TypeError, ValueError, IrodoriError) as exc:
        raise FolderUnusable(
            f"{file} is no COCO file whose pictures lie in {images} ({type(exc).__name__}: {exc})"
        ) from exc


def _page(picture: Path, found: dict[Label, list[dict[str, Any]]]) -> TruePage:
    page = decode_page(picture.read_bytes())
    boxes = {label: [_box(one) for one in those] for label, those in found.items()}
    masks = _masks(found.get("balloon", []), boxes.get("panel", []), page.size)
    return TruePage(picture.stem, page, boxes, _pairs(found.get("panel", [])), masks)


def _box(annotation: dict[str, Any]) -> Box:
    left, top, width, height = (float(side) for side in annotation["bbox"])
    return Box(round(left), round(top), round(left + width), round(top + height))


def _pairs(panels: Sequence[dict[str, Any]]) -> tuple[tuple[int, int], ...] | None:
    places = [one.get("attributes", {}).get("order") for one in panels]
    if not places or None in places:
        return None
    read = sorted(range(len(places)), key=lambda index: int(places[index]))
    return tuple(pairwise(read))


def _masks(balloons: Sequence[dict[str, Any]], panels: Sequence[Box], size: tuple[int, int]) -> TrueMasks | None:
    """Return balloons as their polygons say; None where one has none. Lettering is not known from boxes."""
    outlines = [one.get("segmentation") for one in balloons]
    if not outlines or not all(isinstance(outline, list) and outline for outline in outlines):
        return None
    inside = np.zeros(size, np.uint8)
    for outline in outlines:
        points = [
            np.array(ring, np.float32).reshape(-1, 2).round().astype(np.int32) for ring in cast("list[Any]", outline)
        ]
        cv2.fillPoly(inside, points, 1)
    art = np.zeros(size, np.bool_)
    for box in panels:
        art[box.top : box.bottom, box.left : box.right] = True
    around = cv2.dilate(inside, np.ones((9, 9), np.uint8)) > 0
    return TrueMasks(_nothing(size), inside > 0, art & ~around)


def _nothing(size: tuple[int, int]) -> NDArray[np.bool_]:
    return np.zeros(size, np.bool_)
