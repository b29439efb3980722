"""The classical opinion: OpenCV only, no weights. Exact at the pixel, simple in judgement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from host.pipeline.analysis.classical.balloons import Region, find_balloons
from host.pipeline.analysis.classical.blocks import free_lettering, groups_outside
from host.pipeline.analysis.classical.gutters import Gutters, find_gutters
from host.pipeline.analysis.classical.lettering import Letters, find_letters, is_short_word, likeness, with_light
from host.pipeline.progress import unchecked

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_BLACK_GROUND_MIN: Final = 190
_WHITE_LETTER_MIN: Final = 0.015
_LIKENESS_MIN: Final = 0.5
_TOUCHING: Final = np.ones((7, 7), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class ClassicalFindings:
    """What is found without weights, all at reading size.

    letters: dark marks and light ones. regions: balloons. free: groups of marks that are writing outside of balloons,
    all of a group dark or all light.
    """

    gutters: Gutters
    letters: Letters
    regions: list[Region]
    free: list[NDArray[np.intp]]


def find_classically(grey: NDArray[np.uint8], check: Callable[[], None] = unchecked) -> ClassicalFindings:
    """Find margins, gutters, lettering and balloons of a `(h, w)` uint8 page at reading size.

    What is white on black is looked for on the page's negative, as black on white is on the page.
    check: called between steps; what it raises ends the search.
    """
    dark = find_letters(grey)
    check()
    gutters = find_gutters(grey, dark.mask)
    regions = find_balloons(grey, gutters, dark, check=check)
    bodies = with_slices(bodies_of(regions, grey.shape), gutters.sure)
    free = free_lettering(dark, bodies)
    negative = np.asarray(cv2.bitwise_not(grey), np.uint8)
    check()
    light = find_letters(negative, _BLACK_GROUND_MIN)
    first = len(dark.ids)
    if _may_be_writing(light, bodies):
        black = find_balloons(negative, gutters, light, bodies, check)
        regions += [replace(region, letters=region.letters + first) for region in black]
        taken = bodies | bodies_of(black, grey.shape) | gutters.all
        free += [group + first for group in free_lettering(light, taken, _WHITE_LETTER_MIN)]
    return ClassicalFindings(gutters=gutters, letters=with_light(dark, light), regions=regions, free=free)


def _may_be_writing(letters: Letters, taken: NDArray[np.bool_]) -> bool:
    """Tell whether a closer look is worth its time: some marks stand together as writing does."""
    width = taken.shape[1]
    groups = groups_outside(letters, taken)
    return any(
        likeness(letters, group, width) >= _LIKENESS_MIN or is_short_word(letters, group, width) for group in groups
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
