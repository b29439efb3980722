"""The regions of a page: what is enclosed by ink, by steps of tone and by panels, gaps in the lines closed.

Trapped balls (Zhang et al., "Vectorizing cartoon animations", TVCG 2009): a ball that is larger than a gap cannot roll
through it. Where a ball of `_BALLS` fits between the walls is the inside of a region; large balls come first and
smaller ones find what is left between lines. From there regions grow over what remains, the steepest places last, until
they meet in a line (watershed, Meyer 1992). Strokes that enclose nothing (rain, hatching) still part the balls: two
regions whose common border is mostly bare paper are one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Lightness = NDArray[np.float32]
    Mask = NDArray[np.bool_]
    Labels = NDArray[np.int32]
    Outline = Sequence[tuple[int, int]]

# All as shares of the picture's shorter side: the balls' radii, and how wide a line may be.
_BALLS: Final = (0.02, 0.008, 0.003)
_BALL_MIN_PX: Final = 1.0
_LINE_WIDTH: Final = 0.012
# Ink is this much darker than the ground beside it: a share of the ground, and at least so much.
_INK_SHARE: Final = 0.22
_INK_MIN: Final = 0.12
# A change of lightness per pixel, after smoothing over one pixel, that parts two tones.
_STEP: Final = 0.05
_OPEN_SHARE: Final = 0.5


def find_regions(lightness: Lightness, borders: Mask | None = None) -> Labels:
    """Return the region of every pixel of a `(h, w)` OKLab lightness, numbered from 1.

    borders: `(h, w)` bool, what no region crosses though nobody drew a line there. Same arguments, same regions.
    """
    walls = _walls(lightness)
    if borders is not None:
        walls |= borders
    seeds, count = _trap_balls(walls)
    if not count:
        return np.ones(lightness.shape, np.int32)
    levels = np.asarray(np.clip(lightness * 255, 0, 255), np.uint8)
    if borders is not None:
        levels[borders] = 0
    grown = np.asarray(cv2.watershed(cv2.merge((levels, levels, levels)), seeds), np.int32)
    return _joined(grown, walls, count)


def outlined(panels: Sequence[Outline], shape: tuple[int, ...]) -> Mask:
    """Return the borders that panels have: their outlines, corners `(x, y)` in the picture's pixels."""
    borders = np.zeros(shape, np.uint8)
    cv2.polylines(borders, [np.array(panel, np.int32) for panel in panels], isClosed=True, color=1)
    return borders.view(np.bool_)


def _walls(lightness: Lightness) -> Mask:
    side = max(5, round(_LINE_WIDTH * min(lightness.shape))) | 1
    ground = cv2.morphologyEx(lightness, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    ink = ground - lightness > np.maximum(_INK_MIN, _INK_SHARE * ground)
    smooth = cv2.GaussianBlur(lightness, (0, 0), 1.0)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, dx, 1 - dx, scale=1 / 8) for dx in (1, 0))
    return np.asarray(ink | (cv2.magnitude(across, down) > _STEP), np.bool_)


def _trap_balls(walls: Mask) -> tuple[Labels, int]:
    """Return the insides of regions, numbered from 1, 0 elsewhere, and how many there are."""
    room = cv2.distanceTransform((~walls).view(np.uint8), cv2.DIST_L2, 3)
    seeds, count = np.zeros(walls.shape, np.int32), 0
    for ball in _BALLS:
        radius = max(_BALL_MIN_PX, ball * min(walls.shape))
        fits = np.asarray(room > radius, np.bool_).view(np.uint8)
        found, parts = cv2.connectedComponents(fits, connectivity=4, ltype=cv2.CV_32S)
        known = np.zeros(found, np.bool_)
        known[0] = True
        if count:
            known[parts[seeds > 0]] = True
        numbers = np.where(known, 0, np.cumsum(~known) + count).astype(np.int32)
        # Where a larger ball fits a smaller one fits, too: what has a seed lies in what is known.
        seeds += np.take(numbers, np.asarray(parts, np.int32))
        count += int(np.count_nonzero(~known))
    return seeds, count


def _joined(grown: Labels, walls: Mask, count: int) -> Labels:
    """Return regions without borders between them, those joined whose border is mostly open."""
    representative = np.arange(count + 1, dtype=np.int32)
    for one, other in _open_pairs(grown, walls, count):
        first, second = _root(representative, one), _root(representative, other)
        representative[max(first, second)] = min(first, second)
    roots = np.array([_root(representative, label) for label in range(count + 1)])
    numbers = np.searchsorted(np.unique(roots[1:]), roots) + 1
    numbers[0] = 0
    # The borders, one pixel wide and also around the picture, go to a neighbour. They are numbered -1, the last place.
    labels = np.take(np.append(numbers, 0).astype(np.float32), grown, mode="wrap")
    cv2.copyTo(cv2.dilate(labels, np.ones((3, 3), np.uint8)), (labels == 0).view(np.uint8), labels)
    return np.maximum(labels, 1).astype(np.int32)


def _open_pairs(grown: Labels, walls: Mask, count: int) -> list[tuple[int, int]]:
    """Return the pairs of regions on both sides of borders that are more open than walled."""
    pairs, walled = [], []
    for before, border, after in (
        (np.s_[:, :-2], np.s_[:, 1:-1], np.s_[:, 2:]),
        (np.s_[:-2, :], np.s_[1:-1, :], np.s_[2:, :]),
    ):
        one, other = grown[before], grown[after]
        apart = (grown[border] < 0) & (one > 0) & (other > 0) & (one != other)
        low, high = np.minimum(one[apart], other[apart]), np.maximum(one[apart], other[apart])
        pairs.append(low.astype(np.int64) * (count + 1) + high)
        walled.append(walls[border][apart])
    names, which = np.unique(np.concatenate(pairs), return_inverse=True)
    share = np.bincount(which, weights=np.concatenate(walled)) / np.maximum(np.bincount(which), 1)
    return [divmod(int(name), count + 1) for name in names[share < 1 - _OPEN_SHARE]]


def _root(representative: NDArray[np.int32], label: int) -> int:
    while representative[label] != label:
        representative[label] = representative[representative[label]]
        label = int(representative[label])
    return label
