"""Panels by two opinions: cuts along gutters, exact at the edge, and the detector's boxes, which need no gutter."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from host.pipeline.analysis.classical.panels import cut_panels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.geometry import Box
    from host.pipeline.analysis.fusion.evidence import PageEvidence

_SAME: Final = 0.6
_INSIDE: Final = 0.8
_CUT_MIN: Final = 0.008
_ALONE_MIN: Final = 0.015
_ALONE: Final = 0.6
_PARTS_COVER: Final = 0.6
_LAP: Final = 0.35
_SURE: Final = 0.5
_EDGE: Final = 0.08
_BLACK: Final = 32
_LIKELY: Final = 0.3


class Frame(NamedTuple):
    """A panel's box at reading size, and how sure it is."""

    box: Box
    score: float


def find_frames(evidence: PageEvidence) -> list[Frame]:
    """Return the panels of a page, in no order.

    Where both opinions agree the cut's box stands. A cut that holds several panels of the detector's gives way to
    them; cuts through what the detector sees as one panel give way to that one.
    """
    cuts = cut_panels(evidence.classical.gutters.all)
    if not evidence.has_detector:
        least = _CUT_MIN * evidence.grey.size
        return [Frame(box, score) for box, score in cuts if box.area >= least]
    seen = [Frame(one.box, one.score) for one in evidence.of("panel")]
    frames: list[Frame] = []
    used: set[Box] = set()
    for box, score in cuts:
        match = max((one for one in seen if one.box not in used), key=lambda one: one.box.iou(box), default=None)
        if match is not None and match.box.iou(box) >= _SAME:
            used.add(match.box)
            frames.append(Frame(box, max(score, match.score)))
        elif _stands_alone(box, seen, evidence):
            frames.append(Frame(box, _ALONE))
    for one in seen:
        if one.box not in used and not any(_repeats(one.box, frame.box) for frame in frames):
            frames.append(one)
    return frames


def gutters_around_panels(evidence: PageEvidence) -> NDArray[np.bool_]:
    """Return the page's gutters; black ones without what lies within panels that the detector sees.

    There black paper runs on into black art. What is left open beside a panel's edge is black and takes no colour.
    """
    gutters = evidence.classical.gutters.all
    if not gutters.any() or np.median(evidence.grey[gutters]) > _BLACK:
        return gutters
    apart = gutters.copy()
    for one in evidence.of("panel"):
        if one.score >= _LIKELY:
            apart[one.box.top : one.box.bottom, one.box.left : one.box.right] = False
    return apart


def _stands_alone(box: Box, seen: list[Frame], evidence: PageEvidence) -> bool:
    """Tell whether a cut that no detection matches is a panel: not a part of one, and not several in one."""
    if any(one.score >= _SURE and _covers(one.box, box) for one in seen):
        return False
    within = [one.box for one in seen if _covers(box, one.box)]
    apart = all(a.intersection(b).area <= _LAP * min(a.area, b.area) for a, b in combinations(within, 2))
    if len(within) > 1 and apart and sum(one.area for one in within) >= _PARTS_COVER * box.area:
        return False
    return box.area >= _ALONE_MIN * evidence.grey.size


def _repeats(box: Box, frame: Box) -> bool:
    """Tell whether a box is a panel once more, or a piece of it that reaches from edge to edge, as no inset does."""
    if box.iou(frame) >= _SAME:
        return True
    near = _EDGE * frame.width, _EDGE * frame.height
    left, top, right, bottom = (
        abs(edge - own) <= near[axis % 2] for axis, (edge, own) in enumerate(zip(box, frame, strict=True))
    )
    return _covers(frame, box) and ((left and right) or (top and bottom))


def _covers(outer: Box, inner: Box) -> bool:
    return outer.intersection(inner).area >= _INSIDE * inner.area > 0
