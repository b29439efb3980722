"""Pictures for panels that come from outside: pieces of pages with their own faces and characters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.geometry import Box, Size
from models.training.pages.synth.labels import LabelledBox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.training.pages.synth.labels import Grey

_LEAST_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class ArtCrop:
    """A drawing without lettering or balloons: grey `(H, W)` uint8, and the faces and characters on it."""

    grey: Grey
    boxes: tuple[LabelledBox, ...] = ()


ArtSource = Callable[[np.random.Generator, Size], ArtCrop]
"""What gives a drawing of just this size; it may draw, cut or scale, and uses nothing but the generator for chance."""


def crops(pictures: Sequence[ArtCrop], *, smallest: float = 0.35) -> ArtSource:
    """Return a source that cuts windows out of pictures, at least `smallest` of their size, some mirrored."""
    if not pictures:
        raise ValueError("there are no pictures to cut windows out of")

    def source(rng: np.random.Generator, size: Size) -> ArtCrop:
        picture = pictures[int(rng.integers(len(pictures)))]
        height, width = picture.grey.shape
        most = min(height / size.height, width / size.width)
        share = most * rng.uniform(smallest, 1.0)
        tall, wide = max(1, int(size.height * share)), max(1, int(size.width * share))
        top, left = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
        return _window(picture, Box(left, top, left + wide, top + tall), size, mirrored=rng.random() < 0.5)

    return source


def _window(picture: ArtCrop, window: Box, size: Size, *, mirrored: bool) -> ArtCrop:
    cut = picture.grey[window.top : window.bottom, window.left : window.right]
    way = cv2.INTER_AREA if window.height > size.height else cv2.INTER_CUBIC
    grey = np.asarray(cv2.resize(cut, (size.width, size.height), interpolation=way), np.uint8)
    across, down = size.width / window.width, size.height / window.height
    boxes = []
    for label, box in picture.boxes:
        seen = box.intersection(window)
        if seen.area < _LEAST_SHARE * box.area or not seen.area:
            continue
        left, right = (round((x - window.left) * across) for x in (seen.left, seen.right))
        top, bottom = (round((y - window.top) * down) for y in (seen.top, seen.bottom))
        if mirrored:
            left, right = size.width - right, size.width - left
        boxes.append(LabelledBox(label, Box(left, top, right, bottom)))
    return ArtCrop(np.ascontiguousarray(grey[:, ::-1]) if mirrored else grey, tuple(boxes))
