"""What of a drawn sheet can be seen once it lies on the scanner's glass: boxes and masks, exact after every turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from training.pages.synth.ink import coverage
from training.pages.synth.labels import LabelledBox, box_of, box_round, hull_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.geometry import Box
    from training.pages.synth.labels import Mask, Points
    from training.pages.synth.layout import Direction
    from training.pages.synth.sheet import Mark, Sheet
    from training.pages.synth.wear import Matrix

    Numbers = NDArray[np.int16]

_LEAST_SEEN = {"character": 0.25, "face": 0.45, "sfx": 0.4, "text": 0.5, "balloon": 0.3}
_LEAST_LEFT = 0.3  # share of lettering or balloon that must still lie on the page


class Visible(NamedTuple):
    """Boxes (panels, balloons, the rest; the first two in reading order), and masks `(H, W)` bool."""

    boxes: tuple[LabelledBox, ...]
    balloon_mask: Mask
    lettering_mask: Mask
    gutter_mask: Mask


def visible(sheet: Sheet, direction: Direction, matrix: Matrix | None) -> Visible:
    """Return what shows of a sheet turned by a matrix (2 x 3, None: not at all)."""
    over, letters, owner = (_turned(numbers, matrix) for numbers in (sheet.over, sheet.letters, sheet.owner))
    boxes = [*_panels(sheet, matrix)]
    for mark in _in_order(sheet.marks, direction):
        seen = _seen(sheet, mark)
        if seen.sum() < _LEAST_SEEN[mark.label] * max(1, mark.mask.sum()):
            continue
        if mark.panel:  # a figure goes on behind what is lettered over it
            shown = mark.mask & (sheet.owner[mark.window.slices] == mark.panel)
            box = _hull_box(hull_of(shown, mark.window.left, mark.window.top), matrix, owner.shape)
        else:
            box = _numbered_box(mark, seen, over if mark.label == "balloon" else letters, matrix)
        if box is not None:
            boxes.append(LabelledBox(mark.label, box))
    balloon = _is_balloon(sheet.marks)[over]
    lettering = letters > 0
    return Visible(tuple(boxes), balloon, lettering, (owner == 0) & ~balloon & ~lettering)


def moved(points: Points, matrix: Matrix | None) -> Points:
    """Return points turned with the sheet."""
    return points if matrix is None else np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float64)


def _panels(sheet: Sheet, matrix: Matrix | None) -> list[LabelledBox]:
    found = []
    for placed in sheet.panels:
        clipped = coverage(placed.local, *placed.inside.shape) > 127
        box = _hull_box(hull_of(clipped, placed.window.left, placed.window.top), matrix, sheet.grey.shape)
        if box is not None:
            found.append(LabelledBox("panel", box))
    return found


def _in_order(marks: list[Mark], direction: Direction) -> list[Mark]:
    side = -0.8 if direction == "rtl" else 0.8

    def place(mark: Mark) -> tuple[bool, int, float]:
        if mark.label != "balloon":
            return True, 0, 0.0
        window = mark.window
        return False, mark.home, window.top + window.bottom + side * (window.left + window.right)

    return sorted(marks, key=place)


def _seen(sheet: Sheet, mark: Mark) -> Mask:
    slices = mark.window.slices
    if mark.panel:
        return np.asarray(mark.mask & (sheet.owner[slices] == mark.panel) & (sheet.over[slices] == 0), bool)
    numbers = sheet.over if mark.label == "balloon" else sheet.letters
    return np.asarray(mark.mask & (numbers[slices] == mark.number), bool)


def _hull_box(hull: Points | None, matrix: Matrix | None, shape: tuple[int, ...]) -> Box | None:
    return None if hull is None else box_round(moved(hull, matrix), shape[0], shape[1])


def _numbered_box(mark: Mark, seen: Mask, numbers: Numbers, matrix: Matrix | None) -> Box | None:
    window = mark.window
    corners = np.array(
        [
            [window.left, window.top],
            [window.right, window.top],
            [window.right, window.bottom],
            [window.left, window.bottom],
        ]
    )
    ends = moved(corners.astype(np.float64), matrix)
    left, top = (max(0, int(value) - 2) for value in ends.min(0))
    right, bottom = (max(0, int(value) + 3) for value in ends.max(0))
    shown = numbers[top:bottom, left:right] == mark.number
    return box_of(shown, left, top) if shown.sum() > _LEAST_LEFT * seen.sum() else None


def _is_balloon(marks: list[Mark]) -> Mask:
    known = np.zeros(len(marks) + 2, bool)
    known[[mark.number for mark in marks if mark.label == "balloon"]] = True
    return known


def _turned(numbers: Numbers, matrix: Matrix | None) -> Numbers:
    if matrix is None:
        return numbers
    height, width = numbers.shape
    return np.asarray(
        cv2.warpAffine(numbers, matrix, (width, height), flags=cv2.INTER_NEAREST, borderValue=0), np.int16
    )
