"""Balloons and captions: bright flat regions that hold writing, outlined (manga) or borderless (western comics).

A region is looked for at several brightnesses, loosest first, because cream balloons need a low one and balloons on
pale art a high one; then again after an opening, which cuts balloons loose where their outline has a gap. What
makes a region a balloon is the writing in it, never its whiteness: skin, skies and clothes are white too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

from engines.geometry import Box
from host.pipeline.pass1.lettering import Letters, likeness, typical_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


class _Trial(NamedTuple):
    brightness: int
    opening: float


# The opening is a share of the page's width.
_TRIALS: Final = (_Trial(200, 0), _Trial(225, 0), _Trial(245, 0), _Trial(225, 0.008), _Trial(245, 0.008))
_AREA_MIN: Final = 0.0006
_AREA_MAX: Final = 0.25
_LIKENESS_MIN: Final = 0.5
_COVER_MIN: Final = 0.1
_INK_MIN: Final = 0.015
_INK_MAX: Final = 0.3
_SOLIDITY_MIN: Final = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A balloon: its box, `(h, w)` uint8 body inside of that box (1 inside, holes filled), and its writing."""

    box: Box
    body: NDArray[np.uint8]
    letters: NDArray[np.intp]


def find_balloons(grey: NDArray[np.uint8], gutters: NDArray[np.bool_], letters: Letters) -> list[Region]:
    """Return the balloons of a `(H, W)` uint8 page, in no order."""
    found: list[Region] = []
    if not letters.ids.size:
        return found
    free = ~gutters
    for trial in _TRIALS:
        for region in _regions(grey, free, letters, trial):
            if _is_balloon(region, letters, grey.shape[1]):
                found.append(region)
                free[_window(region.box)] &= region.body == 0
    return found


def _regions(grey: NDArray[np.uint8], free: NDArray[np.bool_], letters: Letters, trial: _Trial) -> Iterator[Region]:
    bright = (free & (grey >= trial.brightness)).view(np.uint8)
    reach = round(trial.opening * grey.shape[1])
    if reach:
        bright = _open_around_letters(bright, letters, reach)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=4)
    for index in _worth_a_look(np.asarray(stats, np.int32), letters, grey.size):
        left, top, width, height, _ = stats[index]
        box = Box(int(left), int(top), int(left + width), int(top + height))
        body = _fill((labels[_window(box)] == index).view(np.uint8))
        inside = letters.inside(box)
        inside = inside[body[letters.y[inside].astype(int) - top, letters.x[inside].astype(int) - left] > 0]
        if inside.size:
            yield Region(box, body, inside)


def _open_around_letters(bright: NDArray[np.uint8], letters: Letters, reach: int) -> NDArray[np.uint8]:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    opened = cv2.morphologyEx(bright | letters.mask, cv2.MORPH_OPEN, kernel)
    return np.asarray(cv2.bitwise_and(opened, bright), np.uint8)


def _worth_a_look(stats: NDArray[np.int32], letters: Letters, pixels: int) -> Iterator[int]:
    area = stats[:, 4]
    for index in np.nonzero((area >= _AREA_MIN * pixels) & (area <= _AREA_MAX * pixels))[0]:
        left, top, width, height, _ = stats[index]
        if index and letters.inside(Box(left, top, left + width, top + height)).size:
            yield int(index)


def _fill(component: NDArray[np.uint8]) -> NDArray[np.uint8]:
    contours, _ = cv2.findContours(component, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(np.zeros_like(component), contours, -1, 1, cv2.FILLED), np.uint8)


def _is_balloon(region: Region, letters: Letters, width: int) -> bool:
    area = int(np.count_nonzero(region.body))
    window = _window(region.box)
    ink = letters.mask[window] & (region.body > 0)
    if not _INK_MIN <= np.count_nonzero(ink) / area <= _INK_MAX:
        return False
    if likeness(letters, region.letters, width) < _LIKENESS_MIN:
        return False
    return _text_cover(ink, letters.size[region.letters]) >= _COVER_MIN * area and _solidity(region) >= _SOLIDITY_MIN


def _text_cover(ink: NDArray[np.bool_], size: NDArray[np.float64]) -> int:
    """Return the area of the blocks of writing, gaps between letters and lines included."""
    gap = int(1.2 * typical_size(size)) | 1
    padded = np.pad(ink.view(np.uint8), gap)
    return int(np.count_nonzero(cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))))


def _solidity(region: Region) -> float:
    contours, _ = cv2.findContours(region.body, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.contourArea(cv2.convexHull(np.concatenate(contours)))
    return float(np.count_nonzero(region.body) / max(1.0, hull))


def _window(box: Box) -> tuple[slice, slice]:
    return slice(box.top, box.bottom), slice(box.left, box.right)
