"""Letter-like strokes: small marks on flat ground, dark on bright or the reverse, and how like writing they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.components import find_components

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from engines.geometry import Box

# Shares of the page's width.
_STROKE_WIDTH: Final = 0.024
_LETTER_MAX: Final = 0.09
_READABLE_MIN: Final = 0.008
_READABLE_MAX: Final = 0.06
_INK_DEPTH: Final = 40
_GROUND_MIN: Final = 150
_GROUND_RANGE: Final = 24
_FLAT_SHARE_MIN: Final = 0.7
_NEIGHBOURS_MAX: Final = 400
_SHORT_WORD_MAX: Final = 8
_FLAT_MARK: Final = 0.45


@dataclass(frozen=True, slots=True, eq=False)
class Letters:
    """Letter-like marks. Columns of `x`, `y` (centres), `size` (longer side) are pixels; `mask` is `(H, W)` bool.

    `width_01` is the shorter side over the longer, `fill_01` the ink in the mark's box, `light` whether the mark is
    brighter than its ground.
    `labels` is `(H, W)` int32, and `ids` says which label each mark has.
    """

    mask: NDArray[np.bool_]
    labels: NDArray[np.int32]
    ids: NDArray[np.intp]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    size: NDArray[np.float64]
    width_01: NDArray[np.float64]
    fill_01: NDArray[np.float64]
    light: NDArray[np.bool_]

    @property
    def label_count(self) -> int:
        """One more than the largest label: of a light mark that dark ones cover no pixel is left, but it is listed."""
        return 1 + max(int(self.labels.max(initial=0)), int(self.ids.max(initial=0)))

    def inside(self, box: Box) -> NDArray[np.intp]:
        """Return the indices of marks whose centre lies in a box."""
        across = (self.x >= box.left) & (self.x < box.right)
        return np.nonzero(across & (self.y >= box.top) & (self.y < box.bottom))[0]


def find_letters(grey: NDArray[np.uint8], ground_min: int = _GROUND_MIN) -> Letters:
    """Find dark marks of a letter's size that stand on flat ground of at least a brightness."""
    width = grey.shape[1]
    side = max(9, round(_STROKE_WIDTH * width)) | 1
    ground = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    ink = cv2.subtract(ground, grey) > np.maximum(ground // 4, _INK_DEPTH)
    flat = cv2.morphologyEx(ground, cv2.MORPH_GRADIENT, np.ones((9, 9), np.uint8)) <= _GROUND_RANGE
    labels, stats, centres = find_components(ink, 8)
    size = stats[:, 2:4].max(axis=1)
    good = (size <= _LETTER_MAX * width) & (size >= 2) & (stats[:, 4] >= 4)
    good &= _share_inside(flat & (ground >= ground_min), stats) >= _FLAT_SHARE_MIN
    good[0] = False
    ids = np.nonzero(good)[0]
    sides, area = stats[ids, 2:4].astype(np.float64), stats[ids, 4].astype(np.float64)
    return Letters(
        mask=np.take(good, labels),
        labels=labels,
        ids=ids,
        x=centres[ids, 0],
        y=centres[ids, 1],
        size=sides.max(axis=1),
        width_01=sides.min(axis=1) / sides.max(axis=1),
        fill_01=area / sides.prod(axis=1),
        light=np.zeros(len(ids), np.bool_),
    )


def with_light(dark: Letters, light: Letters) -> Letters:
    """Return dark marks, and after them those that were found as dark ones on the page's negative."""
    if not light.ids.size:
        return dark
    last = int(dark.labels.max(initial=0))
    there = light.mask & ~dark.mask
    return Letters(
        mask=dark.mask | there,
        labels=np.where(there, light.labels + np.int32(last), dark.labels),
        ids=np.concatenate([dark.ids, light.ids + last]),
        x=np.concatenate([dark.x, light.x]),
        y=np.concatenate([dark.y, light.y]),
        size=np.concatenate([dark.size, light.size]),
        width_01=np.concatenate([dark.width_01, light.width_01]),
        fill_01=np.concatenate([dark.fill_01, light.fill_01]),
        light=np.concatenate([dark.light, ~light.light]),
    )


def mask_of(letters: Letters, groups: Iterable[NDArray[np.intp]]) -> NDArray[np.bool_]:
    """Return the `(H, W)` mask of some groups of marks."""
    chosen = np.zeros(letters.label_count, np.bool_)
    for group in groups:
        chosen[letters.ids[group]] = True
    return np.take(chosen, letters.labels)


def likeness(letters: Letters, chosen: NDArray[np.intp], width: int) -> float:
    """Return how like writing some marks are, 0..1: of a readable size, and standing in lines.

    The share of marks, weighted by size, that stand in a row or column of three or more of similar size; 0 where
    the marks are too small (screentone) or too large to be read on a page of this width.
    """
    # The marks come from the top of the page down, so the first of many are whole lines.
    chosen = chosen[:_NEIGHBOURS_MAX]
    if not is_readable(letters, chosen, width):
        return 0.0
    x, y, size = letters.x[chosen], letters.y[chosen], letters.size[chosen]
    larger = np.maximum(size[:, None], size)
    similar = np.minimum(size[:, None], size) > 0.35 * larger
    off_x, off_y = np.abs(x[:, None] - x) / larger, np.abs(y[:, None] - y) / larger
    in_row = _in_line(similar & (off_x < 1.8) & (off_y < 0.4))
    in_column = _in_line(similar & (off_y < 1.8) & (off_x < 0.4))
    return float(max(size[in_row].sum(), size[in_column].sum()) / size.sum())


def is_readable(letters: Letters, chosen: NDArray[np.intp], width: int) -> bool:
    """Tell whether marks have the size of letters on a page of this width."""
    return _READABLE_MIN * width <= typical_size(letters.size[chosen]) <= _READABLE_MAX * width


def is_short_word(letters: Letters, chosen: NDArray[np.intp], width: int) -> bool:
    """Tell whether a few marks, not all of them flat like closed eyes, stand in one row or column: "Oh no!", "え?"."""
    if not 2 <= len(chosen) <= _SHORT_WORD_MAX or not is_readable(letters, chosen, width):
        return False
    large = letters.size[chosen] >= 0.5 * typical_size(letters.size[chosen])
    if letters.width_01[chosen][large].max() < _FLAT_MARK:
        return False
    reach = 0.45 * typical_size(letters.size[chosen])
    return bool(min(np.ptp(letters.x[chosen]), np.ptp(letters.y[chosen])) <= 2 * reach)


def _in_line(beside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which marks belong to a line of three or more, from who stands beside whom."""
    np.fill_diagonal(beside, val=False)
    between = beside.sum(axis=1) >= 2
    return np.asarray(between | (beside & between).any(axis=1), np.bool_)


def typical_size(size: NDArray[np.float64]) -> float:
    """Return the median size, dots and accents left out."""
    if not size.size:
        return 0.0
    # Pages ask hundreds of times: sorting once takes a tenth of what numpy's own quantiles take.
    ordered = np.sort(size)
    place = (len(ordered) - 1) * 0.8
    below = int(place)
    lower, upper, share = ordered[below], ordered[min(below + 1, len(ordered) - 1)], place - below
    large = upper - (upper - lower) * (1 - share) if share >= 0.5 else lower + (upper - lower) * share
    kept = ordered[np.searchsorted(ordered, 0.4 * large) :]
    middle = len(kept) // 2
    return float(kept[middle]) if len(kept) % 2 else float((kept[middle - 1] + kept[middle]) / 2)


def _share_inside(mask: NDArray[np.bool_], stats: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the share of each component's box, one pixel wider, that a mask covers."""
    height, width = mask.shape
    total = cv2.integral(mask.view(np.uint8))
    left, top = np.maximum(stats[:, 0] - 1, 0), np.maximum(stats[:, 1] - 1, 0)
    right = np.minimum(stats[:, 0] + stats[:, 2] + 1, width)
    bottom = np.minimum(stats[:, 1] + stats[:, 3] + 1, height)
    covered = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
    return np.asarray(covered / ((right - left) * (bottom - top)), np.float64)
