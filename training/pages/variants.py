"""A comic page made to look like a page of manga, or grey as it is, with the boxes that hold for the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from engines.geometry import Box
from training.compact.manga import drawn_in_ink, printed
from training.pages.synth.labels import LabelledBox

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.pages.annotated import ComicPage

    Grey = NDArray[np.uint8]
    Picture = NDArray[np.float32]
    Rng = np.random.Generator


class LabelledPage(NamedTuple):
    """A grey page `(H, W)` uint8 and what is on it. hand: faces, characters and sound words are labelled too."""

    grey: Grey
    boxes: tuple[LabelledBox, ...]
    hand: bool


def plain(page: ComicPage) -> LabelledPage:
    """Return the lettered page in grey."""
    return LabelledPage(page.lettered, page.drawn + page.lettering, page.hand)


def varied(page: ComicPage, rng: Rng) -> LabelledPage:
    """Return the page as ink and tone or in grey, lettered or bare, perhaps mirrored (its lettering never is)."""
    ink = rng.random() < 0.6
    if rng.random() < 0.15:
        picture, boxes = _based(page.art, ink, rng), page.drawn
        lettered = np.zeros(page.art.shape, bool)
    else:
        picture, boxes = _lettered(page, ink, rng), page.drawn + page.lettering
        lettered = page.balloons | page.glyphs
    mirrored = rng.random() < 0.5 and not any(found.label == "sfx" for found in boxes)
    if mirrored:
        picture, boxes, lettered = _mirrored(picture, boxes, lettered)
    if rng.random() < (0.7 if ink else 0.3):
        _frame(picture, boxes, lettered, rng)
    scanned = printed(picture, rng)
    gamma = rng.uniform(0.7, 1.4)
    return LabelledPage((scanned**gamma * 255).astype(np.uint8), boxes, page.hand)


def _based(grey: Grey, ink: bool, rng: Rng) -> Picture:
    return drawn_in_ink(grey, rng) if ink else np.asarray(grey, np.float32) / np.float32(255)


def _lettered(page: ComicPage, ink: bool, rng: Rng) -> Picture:
    picture = _based(page.lettered, ink, rng)
    if ink or rng.random() < 0.3:
        picture[page.balloons] = rng.uniform(0.95, 1.0)
        dark = page.glyphs & page.balloons
        picture[dark] = rng.uniform(0.0, 0.1)
        if rng.random() < 0.06:
            picture[page.balloons] = 1 - picture[page.balloons]
        free = page.glyphs & ~page.balloons
        picture[free] = (page.lettered[free] > 127).astype(np.float32)
    if rng.random() < (0.85 if ink else 0.35):
        rims, _ = cv2.findContours(page.balloons.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(picture, rims, -1, rng.uniform(0, 0.15), int(rng.integers(2, 5)), cv2.LINE_AA)
    return picture


def _mirrored(
    picture: Picture, boxes: tuple[LabelledBox, ...], lettered: NDArray[np.bool_]
) -> tuple[Picture, tuple[LabelledBox, ...], NDArray[np.bool_]]:
    width = picture.shape[1]
    turned = np.ascontiguousarray(picture[:, ::-1])
    moved = tuple(
        LabelledBox(label, Box(width - box.right, box.top, width - box.left, box.bottom)) for label, box in boxes
    )
    for (label, old), (_, new) in zip(boxes, moved, strict=True):
        if label == "text":
            turned[new.top : new.bottom, new.left : new.right] = picture[old.top : old.bottom, old.left : old.right]
    return turned, moved, np.ascontiguousarray(lettered[:, ::-1])


def _frame(picture: Picture, boxes: tuple[LabelledBox, ...], lettered: NDArray[np.bool_], rng: Rng) -> None:
    """Rule the panels with ink and clear the gutters, as most manga has it; not where panels overlap."""
    panels = [box for label, box in boxes if label == "panel"]
    if any(one.intersection(two).area for one in panels for two in panels if one is not two):
        return
    framed = picture.copy()
    if rng.random() < 0.85:
        outside = np.ones(picture.shape, bool)
        for box in panels:
            outside[box.top : box.bottom, box.left : box.right] = False
        framed[outside & ~lettered] = 0.02 if rng.random() < 0.08 else 1.0
    thickness = int(rng.integers(2, 6))
    for box in panels:
        cv2.rectangle(framed, box[:2], (box.right - 1, box.bottom - 1), rng.uniform(0, 0.1), thickness)
    picture[~lettered] = framed[~lettered]
