"""Blocks of lettering: the boxes of writing, and writing that stands free, outside of every balloon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.components import find_components
from engines.geometry import Box
from host.pipeline.analysis.classical.lettering import Letters, likeness, typical_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SMALLEST: Final = 0.006
_FREE_LETTERS_MIN: Final = 5
_FREE_LIKENESS_MIN: Final = 0.8
# Of equal marks, letters are uneven and screentone is even: spread of sizes over their mean.
_FREE_UNEVENNESS_MIN: Final = 0.08
# Rain and hatching are thin slanted strokes in large boxes.
_FREE_FILL_MIN: Final = 0.25


def text_boxes(ink: NDArray[np.bool_], size: float, left: int = 0, top: int = 0) -> tuple[Box, ...]:
    """Return the boxes of the blocks of `(h, w)` bool writing of a letter size, moved by `left` and `top`."""
    gap = int(1.2 * size) | 1
    padded = np.pad(ink.view(np.uint8), gap)
    joined = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))
    stats = find_components(np.asarray(joined, np.uint8), 8).stats
    return tuple(
        Box(int(x) - gap + left, int(y) - gap + top, int(x + w) - gap + left, int(y + h) - gap + top)
        for x, y, w, h, area in stats[1:]
        if area >= size * size / 2
    )


def free_lettering(letters: Letters, taken: NDArray[np.bool_], smallest: float = _SMALLEST) -> list[NDArray[np.intp]]:
    """Return groups of marks that are writing outside of the `(H, W)` mask `taken`: captions, notes, titles.

    `smallest` is the least size of a mark, as a share of the page's width.
    """
    groups = groups_outside(letters, taken, smallest)
    return [group for group in groups if _is_writing(letters, group, taken.shape[1])]


def groups_outside(letters: Letters, taken: NDArray[np.bool_], smallest: float = _SMALLEST) -> list[NDArray[np.intp]]:
    """Return the marks of readable size outside of the `(H, W)` mask `taken`, grouped by nearness."""
    width = taken.shape[1]
    outside = ~taken[letters.y.astype(int), letters.x.astype(int)]
    readable = (letters.size >= smallest * width) & (letters.size <= 0.06 * width)
    chosen = np.nonzero(outside & readable)[0]
    labels = _neighbourhoods(letters, chosen, taken.shape)
    order = np.argsort(labels, kind="stable")
    edges = np.flatnonzero(np.diff(labels[order])) + 1
    return [group for group in np.split(chosen[order], edges) if group.size]


def _neighbourhoods(letters: Letters, chosen: NDArray[np.intp], shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Return a label per mark; marks within half their size of each other share one."""
    canvas = np.zeros(shape, np.uint8)
    for x, y, size in zip(letters.x[chosen], letters.y[chosen], letters.size[chosen], strict=True):
        reach = 0.9 * size
        corners = (round(x - reach), round(y - reach)), (round(x + reach), round(y + reach))
        cv2.rectangle(canvas, *corners, 1, cv2.FILLED)
    _, labels = cv2.connectedComponents(canvas)
    return np.asarray(labels[letters.y[chosen].astype(int), letters.x[chosen].astype(int)], np.int32)


def _is_writing(letters: Letters, group: NDArray[np.intp], width: int) -> bool:
    if len(group) < _FREE_LETTERS_MIN:
        return False
    if np.median(letters.fill_01[group]) < _FREE_FILL_MIN:
        return False
    size = letters.size[group]
    uneven = np.std(size) / np.mean(size) >= _FREE_UNEVENNESS_MIN
    alike = np.std(size[size >= 0.4 * typical_size(size)]) <= 0.6 * typical_size(size)
    return bool(uneven and alike) and likeness(letters, group, width) >= _FREE_LIKENESS_MIN
