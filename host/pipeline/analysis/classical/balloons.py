"""Balloons and captions: bright flat regions that hold writing, outlined (manga) or borderless (western comics).

Black ones with white writing are found as bright ones on the page's negative.

A region is looked for at several brightnesses, loosest first, because cream balloons need a low one and balloons on
pale art a high one; then again after an opening, which cuts balloons loose where their outline has a gap. What
makes a region a balloon is the writing in it, never its whiteness: skin, skies and clothes are white too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

from engines.components import find_components
from engines.geometry import Box
from host.pipeline.analysis.classical.blocks import groups_outside
from host.pipeline.analysis.classical.lettering import Letters, is_short_word, likeness, typical_size
from host.pipeline.progress import unchecked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from host.pipeline.analysis.classical.gutters import Gutters


class _Trial(NamedTuple):
    brightness: int
    opening: float


_AREA_MIN: Final = 0.0006
_AREA_MAX: Final = 0.12
_AREA_MAX_ACROSS: Final = 0.05
# What a region encloses beside its ground is writing; a gutter encloses panels.
_GROUND_MIN: Final = 0.5
_LIKENESS_MIN: Final = 0.6
_LIKENESS_MIN_COMPACT: Final = 0.5
_COMPACT: Final = 0.65
_OFF_CENTRE_MAX: Final = 0.2
_COVER_MIN: Final = 0.08
_COVER_MIN_LARGE: Final = 0.2
_COVER_MIN_ROUND: Final = 0.04
_ROUND: Final = 0.85
_LARGE: Final = 0.03
_INK_MIN: Final = 0.015
_INK_MAX: Final = 0.3
_UNEVENNESS_MAX: Final = 6.5
_TINT_RANGE: Final = 10
_TINT_BOX_MAX: Final = 0.2
_MARK: Final = 2
_ONLY_MARK: Final = 4 | (_MARK << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
_RING: Final = ((1, 0), (-1, 0), (0, 1), (0, -1), (0.7, 0.7), (-0.7, 0.7), (0.7, -0.7), (-0.7, -0.7))
_SOLIDITY_MIN: Final = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A balloon: its box; `(h, w)` uint8 ground inside of that box and body (the ground, holes filled); its writing."""

    box: Box
    ground: NDArray[np.uint8]
    body: NDArray[np.uint8]
    letters: NDArray[np.intp]


def find_balloons(
    grey: NDArray[np.uint8],
    gutters: Gutters,
    letters: Letters,
    elsewhere: NDArray[np.bool_] | None = None,
    check: Callable[[], None] = unchecked,
) -> list[Region]:
    """Return the balloons of a `(H, W)` uint8 page, in no order; none where `elsewhere` is set.

    check: called at each region that may be one, for there may be very many.
    """
    found: list[Region] = []
    if not letters.ids.size:
        return found
    taken = np.zeros(grey.shape, np.bool_) if elsewhere is None else elsewhere.copy()
    rounds = (gutters.sure, _FINDERS, _AREA_MAX), (gutters.outer, _FINDERS_ACROSS, _AREA_MAX_ACROSS)
    for gutter, finders, area_max in rounds:
        free = ~(gutter | taken)
        for find in finders:
            check()
            for region in find(grey, free, letters):
                check()
                if _is_balloon(region, letters, grey, area_max):
                    found.append(region)
                    free[_window(region.box)] &= region.body == 0
                    taken[_window(region.box)] |= region.body > 0
    return found


def _tinted_regions(grey: NDArray[np.uint8], free: NDArray[np.bool_], letters: Letters) -> Iterator[Region]:
    """Yield the even ground around every group of marks that is still outside of all balloons, whatever its tint."""
    height, width = grey.shape
    canvas = grey.copy()  # cv2 asks for a picture that may be written to, although it only marks
    for group in groups_outside(letters, ~free):
        if likeness(letters, group, width) < _LIKENESS_MIN:
            continue
        reached = np.zeros((height + 2, width + 2), np.uint8)
        reached[1:-1, 1:-1] = ~free
        for x, y in beside(letters, group, grey):
            if not reached[y + 1, x + 1]:
                cv2.floodFill(canvas, reached, (x, y), 0, _TINT_RANGE, _TINT_RANGE, _ONLY_MARK)
        marked = (reached[1:-1, 1:-1] == _MARK).view(np.uint8)
        left, top, across, down = cv2.boundingRect(marked)
        box = Box(left, top, left + across, top + down)
        if across * down <= _TINT_BOX_MAX * grey.size:
            yield from _region(marked[_window(box)], box, letters)


def beside(letters: Letters, group: NDArray[np.intp], grey: NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    """Yield a point of ground near each mark: the brightest on a small ring around it, the darkest for a light one."""
    height, width = grey.shape
    for index in group[:: max(1, len(group) // 12)]:
        reach = letters.size[index] / 2 + 3
        around = [(letters.x[index] + reach * dx, letters.y[index] + reach * dy) for dx, dy in _RING]
        inside = [(int(x), int(y)) for x, y in around if 0 <= x < width and 0 <= y < height]
        if inside:
            farthest = min if letters.light[index] else max
            yield farthest(inside, key=lambda point: int(grey[point[1], point[0]]))


def _regions(grey: NDArray[np.uint8], free: NDArray[np.bool_], letters: Letters, trial: _Trial) -> Iterator[Region]:
    bright = (free & (grey >= trial.brightness)).view(np.uint8)
    reach = round(trial.opening * grey.shape[1])
    if reach:
        bright = _open_around_letters(bright, letters, reach)
    found = find_components(bright, 4)
    for index in _worth_a_look(found.stats, letters, grey.size):
        left, top, width, height, _ = (int(number) for number in found.stats[index])
        box = Box(left, top, left + width, top + height)
        yield from _region((found.labels[_window(box)] == index).view(np.uint8), box, letters)


def _region(ground: NDArray[np.uint8], box: Box, letters: Letters) -> Iterator[Region]:
    body = _fill(ground)
    inside = letters.inside(box)
    inside = inside[body[letters.y[inside].astype(int) - box.top, letters.x[inside].astype(int) - box.left] > 0]
    if inside.size:
        yield Region(box, ground, body, inside)


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


def _is_balloon(region: Region, letters: Letters, grey: NDArray[np.uint8], area_max: float) -> bool:
    area = int(np.count_nonzero(region.body))
    if area > area_max * grey.size or np.count_nonzero(region.ground) < _GROUND_MIN * area:
        return False
    window = _window(region.box)
    ink = letters.mask[window] & (region.body > 0)
    if not _INK_MIN <= np.count_nonzero(ink) / area <= _INK_MAX:
        return False
    if not _holds_writing(region, letters, grey.shape[1]):
        return False
    solidity = solidity_of(region)
    if _text_cover(ink, letters.size[region.letters]) < _cover_min(area / grey.size, solidity) * area:
        return False
    return _unevenness(grey[window], region.ground) <= _UNEVENNESS_MAX and solidity >= _SOLIDITY_MIN


def _cover_min(area_share: float, solidity: float) -> float:
    """Return how much of a region writing must cover: little in a round balloon, much in something large."""
    if solidity >= _ROUND and area_share <= 2 * _LARGE:
        return _COVER_MIN_ROUND
    return _COVER_MIN_LARGE if area_share > _LARGE else _COVER_MIN


def _holds_writing(region: Region, letters: Letters, width: int) -> bool:
    """Tell lines of letters, or one short word in the middle of a compact body, from the features of a face."""
    alike, solidity = likeness(letters, region.letters, width), solidity_of(region)
    if alike >= _LIKENESS_MIN or (alike >= _LIKENESS_MIN_COMPACT and solidity >= _COMPACT):
        return True
    if not is_short_word(letters, region.letters, width) or solidity < _COMPACT:
        return False
    rows, columns = np.nonzero(region.body)
    off_x = abs(letters.x[region.letters].mean() - region.box.left - columns.mean()) / region.box.width
    off_y = abs(letters.y[region.letters].mean() - region.box.top - rows.mean()) / region.box.height
    return bool(max(off_x, off_y) <= _OFF_CENTRE_MAX)


def _text_cover(ink: NDArray[np.bool_], size: NDArray[np.float64]) -> int:
    """Return the area of the blocks of writing, gaps between letters and lines included."""
    gap = int(1.2 * typical_size(size)) | 1
    padded = np.pad(ink.view(np.uint8), gap)
    return int(np.count_nonzero(cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))))


def _unevenness(grey: NDArray[np.uint8], ground: NDArray[np.uint8]) -> float:
    """Return the standard deviation of the ground: a balloon is filled evenly, painted skies and skin are not."""
    inner = cv2.erode(ground, np.ones((5, 5), np.uint8)) > 0
    return float(np.std(grey[inner])) if inner.any() else 0.0


def solidity_of(region: Region) -> float:
    """Return the share of its convex hull that a region's body fills, 0..1: near 1 for what is round or a box."""
    contours, _ = cv2.findContours(region.body, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.contourArea(cv2.convexHull(np.concatenate(contours)))
    return float(np.count_nonzero(region.body) / max(1.0, hull))


def _window(box: Box) -> tuple[slice, slice]:
    return slice(box.top, box.bottom), slice(box.left, box.right)


_FINDERS: Final = (
    partial(_regions, trial=_Trial(200, 0)),
    partial(_regions, trial=_Trial(225, 0)),
    partial(_regions, trial=_Trial(245, 0)),
    partial(_regions, trial=_Trial(225, 0.008)),
    partial(_regions, trial=_Trial(245, 0.008)),
    _tinted_regions,
)
# A balloon that reaches over a gutter is cut by it in the first round.
_FINDERS_ACROSS: Final = (partial(_regions, trial=_Trial(225, 0)), partial(_regions, trial=_Trial(245, 0.008)))
