"""Pictures for panels that come from outside: pieces of pages with their own faces and characters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.geometry import Box, Size
from training.compact.manga import drawn_in_ink
from training.pages.synth.labels import LabelledBox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.pages.synth.labels import Grey

_LEAST_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class ArtCrop:
    """A drawing without lettering or balloons: grey `(H, W)` uint8, and the faces, characters and panels on it."""

    grey: Grey
    boxes: tuple[LabelledBox, ...] = ()


ArtSource = Callable[[np.random.Generator, Size], ArtCrop]
"""What gives a drawing of just this size; it may draw, cut or scale, and uses nothing but the generator for chance."""


def crops(pictures: Sequence[ArtCrop], *, smallest: float = 0.35, ink_share: float = 0.6) -> ArtSource:
    """Return a source that cuts windows out of pictures, at least `smallest` of their size, some mirrored.

    Where panels are marked on a picture, windows lie within one panel; a panel is no label of what is cut out.
    `ink_share` of the windows are turned into lines and tone, the others stay as grey as they are.
    """
    if not pictures:
        raise ValueError("there are no pictures to cut windows out of")

    def source(rng: np.random.Generator, size: Size) -> ArtCrop:
        picture = pictures[int(rng.integers(len(pictures)))]
        bounds = _bounds(picture, rng)
        most = min(bounds.height / size.height, bounds.width / size.width)
        share = most * rng.uniform(smallest, 1.0)
        tall, wide = max(1, int(size.height * share)), max(1, int(size.width * share))
        top = bounds.top + int(rng.integers(max(0, bounds.height - tall) + 1))
        left = bounds.left + int(rng.integers(max(0, bounds.width - wide) + 1))
        window = Box(left, top, left + wide, top + tall)
        crop = _window(picture, window, size, mirrored=rng.random() < 0.5)
        if rng.random() >= ink_share:
            return crop
        return replace(crop, grey=(drawn_in_ink(crop.grey, rng) * 255).astype(np.uint8))

    return source


def _bounds(picture: ArtCrop, rng: np.random.Generator) -> Box:
    """Return a panel of the picture, large ones more often, or the whole."""
    panels = [box for label, box in picture.boxes if label == "panel" and box.area]
    if not panels:
        return Box(0, 0, picture.grey.shape[1], picture.grey.shape[0])
    areas = np.array([box.area for box in panels], np.float64)
    return panels[int(rng.choice(len(panels), p=areas / areas.sum()))]


def _window(picture: ArtCrop, window: Box, size: Size, *, mirrored: bool) -> ArtCrop:
    cut = picture.grey[window.top : window.bottom, window.left : window.right]
    way = cv2.INTER_AREA if window.height > size.height else cv2.INTER_CUBIC
    grey = np.asarray(cv2.resize(cut, (size.width, size.height), interpolation=way), np.uint8)
    across, down = size.width / window.width, size.height / window.height
    boxes = []
    for label, box in picture.boxes:
        seen = box.intersection(window)
        if label == "panel" or seen.area < _LEAST_SHARE * box.area or not seen.area:
            continue
        left, right = (round((x - window.left) * across) for x in (seen.left, seen.right))
        top, bottom = (round((y - window.top) * down) for y in (seen.top, seen.bottom))
        if mirrored:
            left, right = size.width - right, size.width - left
        boxes.append(LabelledBox(label, Box(left, top, right, bottom)))
    return ArtCrop(np.ascontiguousarray(grey[:, ::-1]) if mirrored else grey, tuple(boxes))
