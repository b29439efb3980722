"""The reader's colour hints on a page's grid: exact where they were set, and through the region around them.

A region is what lines enclose (`engines.regions`). A flat one takes the hint's colour whole; in one that is
shaded the colour goes where the tone is like the one at the hint, and the engine's colour stays elsewhere. Several
hints in one region share it by distance. Nothing of a hint leaves the regions that its points lie in. A hint that
brings its own region goes through that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

from engines.oklab import srgb_to_oklab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engines.regions import Labels
    from host.corrections import ColourHint, Outline

    Plane = NDArray[np.float32]

# Covers the four pixels of the grid that a pixel of the page is made of.
_RADIUS_MIN_PX: Final = 2
# A difference of lightness at which a shaded region still takes a third of the hint.
_LIKE: Final = 0.15


def lay_hints(
    chroma: Plane, lightness: Plane, labels: Labels, flat: NDArray[np.float32], hints: Sequence[ColourHint]
) -> Plane:
    """Return `(2, h, w)` chroma with the hints in it; a later hint goes over an earlier one.

    flat: how flat each region is, by its number.
    """
    if not hints:
        return chroma
    strokes = [_stroke(hint, labels) for hint in hints]
    laid = chroma.copy()
    for label in sorted({label for stroke in strokes for label in stroke.regions}):
        within = [stroke for stroke in strokes if label in stroke.regions]
        _fill(laid, lightness, labels == label, float(flat[label]), within)
    for hint, stroke in zip(hints, strokes, strict=True):
        if hint.region:
            region = region_on(hint.region, labels.shape)
            region[stroke.rows, stroke.columns] = True
            _fill(laid, lightness, region, float(flat[labels[region]].mean()), [stroke])
    for stroke in strokes:
        laid[:, stroke.rows, stroke.columns] = stroke.chroma[:, None]
    return laid


class _Stroke(NamedTuple):
    """A hint on the grid: its pixels, the regions that it lies in (none: its own), and its `(2,)` OKLab a and b."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    regions: frozenset[int]
    chroma: NDArray[np.float32]


def _stroke(hint: ColourHint, labels: Labels) -> _Stroke:
    height, width = labels.shape
    size, last = np.array([width, height]), np.array([width - 1, height - 1])
    points = np.clip(np.floor(np.array(hint.points) * size), 0, last).astype(np.int32)
    centre = _drawn(points, 1, labels.shape)
    regions = np.unique(labels[centre])
    wide = _drawn(points, 2 * max(_RADIUS_MIN_PX, round(hint.radius_01 * width)) + 1, labels.shape)
    colour = srgb_to_oklab(np.array([[hint.rgb]], np.uint8))[0, 0, 1:]
    rows, columns = np.nonzero(wide)
    within = (
        region_on(hint.region, labels.shape)[rows, columns] if hint.region else np.isin(labels[rows, columns], regions)
    )
    kept = within | centre[rows, columns]
    own = () if hint.region else regions.tolist()
    return _Stroke(rows[kept], columns[kept], frozenset(own), np.asarray(colour, np.float32))


def region_on(region: Sequence[Outline], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return what outlines in 0..1 enclose on a grid of this shape; one within another is a hole."""
    size = np.array(shape[::-1])
    outlines = [np.floor(np.array(one) * size).astype(np.int32) for one in region]
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, outlines, 1)
    return mask.view(np.bool_)


def _drawn(points: NDArray[np.int32], thickness: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, np.uint8)
    cv2.polylines(mask, [points], isClosed=False, color=1, thickness=thickness)
    for point in points:
        cv2.circle(mask, point.tolist(), thickness // 2, 1, -1)
    return mask.view(np.bool_)


def _fill(chroma: Plane, lightness: Plane, region: NDArray[np.bool_], flat: float, strokes: Sequence[_Stroke]) -> None:
    left, top, width, height = cv2.boundingRect(region.view(np.uint8))
    box = np.s_[top : top + height, left : left + width]
    inside, here = region[box], chroma[:, box[0], box[1]]
    wanted, total = np.zeros_like(here), np.zeros(inside.shape, np.float32)
    for stroke in strokes:
        ours = region[stroke.rows, stroke.columns]
        rows, columns = stroke.rows[ours], stroke.columns[ours]
        apart = np.ones(inside.shape, np.uint8)
        apart[rows - top, columns - left] = 0
        away = cv2.distanceTransform(apart, cv2.DIST_L2, 3)
        near = 1 / np.square(1 + np.square(away))
        tone = float(np.median(lightness[rows, columns]))
        like = flat + (1 - flat) * np.exp(-np.square((lightness[box] - tone) / _LIKE))
        wanted += near * (here + (stroke.chroma[:, None, None] - here) * like)
        total += near
    here[:, inside] = (wanted / total)[:, inside]
