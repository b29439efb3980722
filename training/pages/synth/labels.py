"""What a drawn page says about itself: named boxes, and the masks that they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import cv2
import numpy as np

from engines.geometry import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = NDArray[np.float64]
    Grey = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

Label = Literal["panel", "balloon", "text", "sfx", "face", "character"]
LABELS: tuple[Label, ...] = get_args(Label)


_LEAST_LEFT = 0.3  # share of a thing that must still lie on the page


class LabelledBox(NamedTuple):
    """A thing on the page and its tight rectangle in pixels."""

    label: Label
    box: Box


def box_of(mask: Mask, left: int = 0, top: int = 0) -> Box | None:
    """Return the tight box of a mask whose corner lies at (left, top), or None where it is empty."""
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    if not len(columns):
        return None
    return Box(left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1)


def hull_of(mask: Mask, left: int, top: int) -> Points | None:
    """Return the convex hull of a mask's pixels, `(N, 2)` of x, y at their outer corners, or None where it is empty.

    A hull keeps a box tight through a turn of the page, which a box's own corners would not.
    """
    rows = np.flatnonzero(mask.any(1))
    if not len(rows):
        return None
    # Only the ends of rows can be corners of the hull.
    first, last = mask[rows].argmax(1), mask.shape[1] - 1 - mask[rows][:, ::-1].argmax(1)
    ends = np.stack([np.concatenate([first, last]), np.concatenate([rows, rows])], axis=1).astype(np.int32)
    hull = np.asarray(cv2.convexHull(ends), np.float64)[:, 0] + (left, top)
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float64)
    return (hull[:, None] + corners[None]).reshape(-1, 2)


def box_round(points: Points, height: int, width: int) -> Box | None:
    """Return the box, in whole pixels, of what of a hull lies on a page of this size, or None: too little of it."""
    page = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    hull = cv2.convexHull(points.astype(np.float32))
    area, common = cv2.intersectConvexConvex(hull, page)
    if area <= _LEAST_LEFT * cv2.contourArea(hull):
        return None
    low, high = common[:, 0].min(0), common[:, 0].max(0)
    left, top = (int(value) for value in np.floor(low + 0.25))
    right, bottom = (int(value) for value in np.ceil(high - 0.25))
    return Box(max(0, left), max(0, top), min(width, right), min(height, bottom))
