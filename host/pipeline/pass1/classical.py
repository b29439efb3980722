"""The classical opinion: OpenCV only, no weights. Exact at the pixel, simple in judgement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from host.pipeline.pass1.balloons import Region, find_balloons
from host.pipeline.pass1.blocks import free_lettering
from host.pipeline.pass1.gutters import Gutters, find_gutters
from host.pipeline.pass1.lettering import Letters, find_letters, mask_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLACK_GROUND_MIN: Final = 190
_WHITE_LETTER_MIN: Final = 0.015
_OUTLINE: Final = 0.012
_TOUCHING: Final = np.ones((7, 7), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class ClassicalFindings:
    """What is found without weights, all at reading size.

    regions: balloons. free: groups of letter-like marks that are writing outside of balloons. white: `(h, w)` bool,
    white letters on black with the black around them; white_letters is how many.
    """

    gutters: Gutters
    letters: Letters
    regions: list[Region]
    free: list[NDArray[np.intp]]
    white: NDArray[np.bool_]
    white_letters: int = 0


def find_classically(grey: NDArray[np.uint8]) -> ClassicalFindings:
    """Find margins, gutters, lettering and balloons of a `(h, w)` uint8 page at reading size."""
    letters = find_letters(grey)
    gutters = find_gutters(grey, letters.mask)
    regions = find_balloons(grey, gutters, letters)
    bodies = with_slices(bodies_of(regions, grey.shape), gutters.sure)
    white, white_letters = _white_lettering(grey, bodies | gutters.all)
    return ClassicalFindings(
        gutters=gutters,
        letters=letters,
        regions=regions,
        free=free_lettering(letters, bodies),
        white=white,
        white_letters=white_letters,
    )


def bodies_of(regions: list[Region], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the `(h, w)` mask of some balloons."""
    bodies = np.zeros(shape, np.uint8)
    for region in regions:
        bodies[region.box.top : region.box.bottom, region.box.left : region.box.right] |= region.body
    return bodies.view(np.bool_)


def with_slices(bodies: NDArray[np.bool_], slices: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return balloons with those slices of paper, long and narrow like gutters, that were cut out of them."""
    if not slices.any():
        return bodies
    _, labels = cv2.connectedComponents(slices.view(np.uint8), connectivity=8)
    touching = np.zeros(int(labels.max(initial=0)) + 1, np.bool_)
    touching[labels[cv2.dilate(bodies.view(np.uint8), _TOUCHING) > 0]] = True
    touching[0] = False
    return np.asarray(bodies | np.take(touching, np.asarray(labels, np.int32)), np.bool_)


def _white_lettering(grey: NDArray[np.uint8], taken: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], int]:
    """Return white letters on black, with the black around them, and how many: sound words, captions at night."""
    negative = np.asarray(cv2.bitwise_not(grey), np.uint8)
    letters = find_letters(negative, _BLACK_GROUND_MIN)
    groups = free_lettering(letters, taken, _WHITE_LETTER_MIN)
    glyphs = mask_of(letters, groups)
    if not groups:
        return glyphs, 0
    side = max(3, round(_OUTLINE * grey.shape[1])) | 1
    around = np.asarray(cv2.dilate(glyphs.view(np.uint8), np.ones((side, side), np.uint8)), np.uint8)
    return glyphs | (around.view(np.bool_) & (negative >= _BLACK_GROUND_MIN)), sum(map(len, groups))
