"""Pages cut and fitted to the one size that the detector is trained at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.geometry import Box, Size
from training.pages.synth.labels import LABELS, LabelledBox
from training.pages.variants import LabelledPage

if TYPE_CHECKING:
    from training.pages.synth.labels import Label

    Rng = np.random.Generator

# Of a thing that a cut goes through, this share must be left for it to count still as one of its kind.
_LEFT_SHARE: dict[Label, float] = {
    "panel": 0.2,
    "balloon": 0.35,
    "text": 0.35,
    "sfx": 0.4,
    "face": 0.5,
    "character": 0.3,
}
_LEAST_PX = 3.0


def framed(page: LabelledPage, size: Size, rng: Rng, whole_share: float) -> LabelledPage:
    """Return the page at `size`: all of it, with this probability 0..1, or a piece; paper around where it is short."""
    height, width = page.grey.shape
    window = Box(0, 0, width, height) if rng.random() < whole_share else _window(height, width, rng)
    scale = min(size.height / window.height, size.width / window.width) * rng.uniform(0.88, 1.0)
    slack = size.width - window.width * scale, size.height - window.height * scale
    left, top = (rng.uniform(0, room) for room in slack)
    return _placed(page, window, size, scale, (left, top), int(rng.choice([255, 255, 114, 0, 240])))


def fitted(page: LabelledPage, size: Size) -> LabelledPage:
    """Return the whole page at `size`, in the middle, grey around: as the runtime sees it."""
    height, width = page.grey.shape
    scale = min(size.height / height, size.width / width)
    corner = (size.width - width * scale) / 2, (size.height - height * scale) / 2
    return _placed(page, Box(0, 0, width, height), size, scale, corner, 114)


def side_by_side(left: LabelledPage, right: LabelledPage) -> LabelledPage:
    """Return a double page."""
    height = min(left.grey.shape[0], right.grey.shape[0])
    shift = left.grey.shape[1]
    grey = np.hstack([left.grey[:height], right.grey[:height]])
    moved = (LabelledBox(label, Box(b.left + shift, b.top, b.right + shift, b.bottom)) for label, b in right.boxes)
    boxes = [LabelledBox(label, box._replace(bottom=min(height, box.bottom))) for label, box in (*left.boxes, *moved)]
    return LabelledPage(grey, tuple(item for item in boxes if item.box.area), left.hand and right.hand)


def label_lines(page: LabelledPage) -> list[str]:
    """Return the page's boxes as lines of a YOLO label file: class, centre, width and height as shares of the page."""
    height, width = page.grey.shape
    return [
        f"{LABELS.index(label)} {(box.left + box.right) / 2 / width:.5f} {(box.top + box.bottom) / 2 / height:.5f} "
        f"{box.width / width:.5f} {box.height / height:.5f}"
        for label, box in page.boxes
    ]


def _window(height: int, width: int, rng: Rng) -> Box:
    wide = max(8, int(width * rng.uniform(0.5, 1.0)))
    tall = max(8, min(height, int(wide * np.exp(rng.uniform(-0.4, 0.75)))))
    left, top = int(rng.integers(width - wide + 1)), int(rng.integers(height - tall + 1))
    return Box(left, top, left + wide, top + tall)


def _placed(
    page: LabelledPage, window: Box, size: Size, scale: float, corner: tuple[float, float], around: int
) -> LabelledPage:
    matrix = np.array([[scale, 0, corner[0] - window.left * scale], [0, scale, corner[1] - window.top * scale]])
    piece = page.grey[window.top : window.bottom, window.left : window.right]
    small = (max(1, round(window.width * scale)), max(1, round(window.height * scale)))
    shrunk = cv2.resize(piece, small, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    grey = np.full(size, around, np.uint8)
    x, y = int(corner[0]), int(corner[1])
    shrunk = shrunk[: size.height - y, : size.width - x]
    grey[y : y + shrunk.shape[0], x : x + shrunk.shape[1]] = shrunk
    boxes = []
    for label, box in page.boxes:
        seen = box.intersection(window)
        if not seen.area or seen.area < _LEFT_SHARE[label] * box.area:
            continue
        edges = np.array([[seen.left, seen.top], [seen.right, seen.bottom]]) * scale + matrix[:, 2]
        (left, top), (right, bottom) = np.rint(np.clip(edges, 0, (size.width, size.height))).astype(int).tolist()
        if min(right - left, bottom - top) >= _LEAST_PX:
            boxes.append(LabelledBox(label, Box(left, top, right, bottom)))
    return LabelledPage(grey, tuple(boxes), page.hand)
