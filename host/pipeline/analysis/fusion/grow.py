"""The ground of a balloon of which only the box is known: by the pixel network, or from the lettering outwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.components import find_components
from engines.geometry import Box
from host.pipeline.analysis.classical.balloons import Region, beside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from host.pipeline.analysis.fusion.evidence import PageEvidence

_MARGIN: Final = 0.12
_SURE: Final = 128
_MAYBE: Final = 64
_NEAR_PX: Final = 9
_RUN_OUT_MIN: Final = 0.1
_RUN_OUT_MAX: Final = 0.6
_ALIKE: Final = 0.5
_FILLED_MIN: Final = 0.55
_UNSEEN_MIN: Final = 0.0008
_UNSEEN_MAX: Final = 0.12
_WRITTEN_MIN: Final = 0.02
_AREA_MIN: Final = 0.25
_AREA_MAX: Final = 1.25
# How much of the window's border the ground may touch before it counts as run out.
_TOUCH_MAX: Final = 0.12
_TINT: Final = 10
_OPENINGS: Final = (0, 7, 13)
_ONLY_MARK: Final = 4 | (255 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE


def grown_region(evidence: PageEvidence, box: Box) -> Region | None:
    """Return the region of a balloon in a box, with the lettering in it; None where no edge can be found.

    Even ground that runs out of the box is cut loose by openings of growing size; what still runs out is refused.
    """
    window = _window(evidence, box)
    for ground in _grounds(evidence, box, window):
        body = _filled(ground)
        if _fits(body, box):
            return _trimmed(_holding(evidence, window, ground, body))
    return None


def ellipse_region(evidence: PageEvidence, box: Box) -> Region:
    """Return the ellipse in a box as a region, with the lettering in it: ground that has no edge to be found."""
    body = np.zeros((box.height, box.width), np.uint8)
    centre, axes = ((box.width - 1) / 2, (box.height - 1) / 2), (box.width, box.height)
    cv2.ellipse(body, (centre, axes, 0.0), 1, cv2.FILLED)
    return _holding(evidence, box, body, body)


def likely_01(balloon: NDArray[np.uint8], region: Region) -> float:
    """Return how likely a region's body is a balloon by the evidence of the pixel network, 0..1."""
    box = region.box
    return float(balloon[box.top : box.bottom, box.left : box.right][region.body > 0].mean()) / 255


def is_bounded_alike(evidence: PageEvidence, region: Region) -> bool:
    """Tell whether the detector sees a balloon just where a region is."""
    return any(one.box.iou(region.box) >= _ALIKE for one in evidence.of("balloon"))


def trimmed_region(evidence: PageEvidence, region: Region) -> Region:
    """Return a region without what the pixel network is sure is no balloon, where its ground has run out.

    A region that the detector bounds alike is whole, whatever the pixel network says.
    """
    if evidence.pixels is None or is_bounded_alike(evidence, region):
        return region
    if not _RUN_OUT_MIN <= likely_01(evidence.pixels.balloon, region) <= _RUN_OUT_MAX:
        return region
    box = region.box
    likely = evidence.pixels.balloon[box.top : box.bottom, box.left : box.right] >= _MAYBE
    near = cv2.dilate(likely.view(np.uint8), np.ones((_NEAR_PX, _NEAR_PX), np.uint8))
    body = _filled(_largest(np.asarray(cv2.bitwise_and(region.body, near), np.uint8)))
    if not body.any():
        return region
    return _trimmed(_holding(evidence, box, np.asarray(cv2.bitwise_and(region.ground, body), np.uint8), body))


def unseen_regions(evidence: PageEvidence, regions: list[Region]) -> list[Region]:
    """Return the balloons with lettering that only the pixel network sees: their body is where it sees them.

    Of those that nobody else sees none is large: that is a column of print.
    """
    if evidence.pixels is None:
        return []
    likely = (evidence.pixels.balloon >= _SURE).view(np.uint8)
    for region in regions:
        view = slice(region.box.top, region.box.bottom), slice(region.box.left, region.box.right)
        likely[view][region.body > 0] = 0
    opened = cv2.morphologyEx(likely, cv2.MORPH_OPEN, np.ones((_NEAR_PX, _NEAR_PX), np.uint8))
    labels, stats, _ = find_components(np.asarray(opened, np.uint8), 4)
    found = []
    for index in range(1, len(stats)):
        left, top, width, height, area = (int(number) for number in stats[index])
        if not _UNSEEN_MIN * evidence.grey.size <= area <= _UNSEEN_MAX * evidence.grey.size:
            continue
        box = Box(left, top, left + width, top + height)
        view = slice(box.top, box.bottom), slice(box.left, box.right)
        body = _filled((labels[view] == index).view(np.uint8))
        written = (evidence.pixels.lettering[view] >= _SURE) & (body > 0)
        if np.count_nonzero(written) >= _WRITTEN_MIN * np.count_nonzero(body):
            found.append(_holding(evidence, box, body, body))
    return found


def _holding(evidence: PageEvidence, window: Box, ground: NDArray[np.uint8], body: NDArray[np.uint8]) -> Region:
    letters = evidence.classical.letters
    inside = letters.inside(window)
    rows, columns = letters.y[inside].astype(int) - window.top, letters.x[inside].astype(int) - window.left
    return Region(window, ground, body, inside[body[rows, columns] > 0])


def _window(evidence: PageEvidence, box: Box) -> Box:
    height, width = evidence.grey.shape
    off = round(_MARGIN * max(box.width, box.height)) + 4
    grown = Box(box.left - off, box.top - off, box.right + off, box.bottom + off)
    return grown.intersection(Box(0, 0, width, height))


def _grounds(evidence: PageEvidence, box: Box, window: Box) -> Iterator[NDArray[np.uint8]]:
    """Yield what may be the ground, best first; what the pixel network sees comes first only where it fills the box."""
    view = slice(window.top, window.bottom), slice(window.left, window.right)
    seen = None if evidence.pixels is None else _largest((evidence.pixels.balloon[view] >= _SURE).view(np.uint8))
    if seen is not None and np.count_nonzero(seen) >= _FILLED_MIN * box.area:
        yield seen
    grey = np.ascontiguousarray(evidence.grey[view])
    blocked = evidence.classical.gutters.outer[view].view(np.uint8)
    seeds = _seeds(evidence, box, window)
    for opening in _OPENINGS:
        ground = _flooded(grey, blocked, seeds)
        yield _largest(_opened(ground, opening)) if opening else ground
    if seen is not None:
        yield seen


def _seeds(evidence: PageEvidence, box: Box, window: Box) -> list[tuple[int, int]]:
    """Return points of ground beside the lettering; the box's middle where there is none."""
    letters = evidence.classical.letters
    inside = letters.inside(box)
    points = [(x - window.left, y - window.top) for x, y in beside(letters, inside, evidence.grey)]
    middle = (box.left + box.right) // 2 - window.left, (box.top + box.bottom) // 2 - window.top
    return [(x, y) for x, y in points if 0 <= x < window.width and 0 <= y < window.height] or [middle]


def _flooded(grey: NDArray[np.uint8], blocked: NDArray[np.uint8], seeds: list[tuple[int, int]]) -> NDArray[np.uint8]:
    reached = np.zeros((grey.shape[0] + 2, grey.shape[1] + 2), np.uint8)
    reached[1:-1, 1:-1] = blocked
    level = int(np.median([grey[y, x] for x, y in seeds]))
    for x, y in seeds:
        if not reached[y + 1, x + 1] and abs(int(grey[y, x]) - level) <= _TINT:
            cv2.floodFill(grey, reached, (x, y), 0, _TINT, _TINT, _ONLY_MARK)
    return np.asarray(reached[1:-1, 1:-1] == 255, np.uint8)


def _opened(ground: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    filled = _filled(ground)
    return np.asarray(cv2.bitwise_and(cv2.morphologyEx(filled, cv2.MORPH_OPEN, kernel), ground), np.uint8)


def _largest(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    labels, stats, _ = find_components(mask, 4)
    if len(stats) <= 1:
        return mask
    return np.asarray(labels == 1 + int(np.argmax(stats[1:, 4])), np.uint8)


def _filled(ground: NDArray[np.uint8]) -> NDArray[np.uint8]:
    contours, _ = cv2.findContours(ground, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(np.zeros_like(ground), contours, -1, 1, cv2.FILLED), np.uint8)


def _fits(body: NDArray[np.uint8], box: Box) -> bool:
    border = np.concatenate([body[0], body[-1], body[:, 0], body[:, -1]])
    share = np.count_nonzero(body) / max(1, box.area)
    return bool(_AREA_MIN <= share <= _AREA_MAX and border.mean() <= _TOUCH_MAX)


def _trimmed(region: Region) -> Region:
    left, top, width, height = cv2.boundingRect(region.body)
    view = slice(top, top + height), slice(left, left + width)
    box = Box(left, top, left + width, top + height)
    moved = Box(
        box.left + region.box.left, box.top + region.box.top, box.right + region.box.left, box.bottom + region.box.top
    )
    return Region(moved, region.ground[view], np.ascontiguousarray(region.body[view]), region.letters)
