"""Panels, balloons, text, sound effects, faces and characters by a YOLO network: the one that ships, or a reader's own.

Redmon et al., "You Only Look Once", 2016; the network is the nano size of YOLO11, made by `training/pages`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np

from engines.base import ModelInvalid
from engines.detect.base import LABELS, Detection, DetectorInfo, Label, PageDetector, unchecked
from engines.detect.boxes import Proposal, joined, suppress, unnested
from engines.detect.labels import EXPECTED
from engines.detect.lobes import with_joined_lobes
from engines.detect.networks import ExportedNetwork, Network, open_network
from engines.detect.tiles import View, shown, views
from engines.geometry import Box, Size
from engines.shipped_networks import shipped_faults
from models.catalog import load_catalog
from models.store import SHIPPED_WEIGHTS, read_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Set
    from pathlib import Path

    from numpy.typing import NDArray

CARD: Final = "pages-detector"
# Goes up when the same weights would find other things.
_METHOD: Final = 1
WEIGHTS_FILE: Final = "pages-detector.onnx"
_DEFAULT_THRESHOLD: Final = 0.25
_MOST_PROPOSALS: Final = 1000
# A cut has to lie this near to a tile's edge, in pixels of the network's input.
_CUT_PX: Final = 3.0
_END_TO_END: Final = 6
_FARTHEST_PX: Final = 1e6
# A balloon of two lobes is proposed whole and by lobe. Panels have insets, and characters hold each other.
_NEVER_NESTED: Final[frozenset[Label]] = frozenset({"balloon", "text", "sfx", "face"})


class YoloDetector(PageDetector):
    """The detector. weights: a reader's own `.onnx` or `.pt`; None is the network that ships.

    thresholds: the least score of a label, instead of the network's own. The network is opened at the first call.
    """

    def __init__(self, weights: Path | None = None, thresholds: dict[Label, float] | None = None) -> None:
        self._weights = weights
        self._thresholds = thresholds or {}
        self._network: Network | None = None
        self.info = DetectorInfo("yolo" if weights is None else "yolo-own", _version(weights))

    def detect(self, grey: NDArray[np.uint8], check: Callable[[], None] = unchecked) -> tuple[Detection, ...]:
        """Look at a page, or at the pieces of a strip."""
        if self._network is None:
            self._network = self._opened()
        page = Size(*grey.shape)
        facts = self._network.facts
        found: list[Proposal] = []
        seen = views(page, *facts.size, fixed=facts.fixed)
        for view in seen:
            check()
            proposals = self._network.run(shown(grey, view, facts.channels))
            found += _on_page(decoded(proposals, len(facts.labels), self._least(facts.labels)), view, page)
        if len(seen) > 1:
            found = joined(found)
        found = with_joined_lobes(grey, found, _kinds(facts.labels, {"balloon"}))
        found = unnested(found, _kinds(facts.labels, _NEVER_NESTED))
        made = (_detection(one, facts.labels[one.kind], page) for one in found)
        return tuple(one for one in made if one is not None)

    def _opened(self) -> Network:
        if self._weights is not None:
            return open_network(self._weights)
        with shipped_faults():
            return ExportedNetwork(read_weights(load_catalog()[CARD].file(WEIGHTS_FILE), SHIPPED_WEIGHTS))

    def _least(self, labels: tuple[Label | None, ...]) -> NDArray[np.float32]:
        own = self._network.facts.thresholds if self._network else {}
        chosen = {**dict.fromkeys(LABELS, _DEFAULT_THRESHOLD), **own, **self._thresholds}
        # Nothing scores above 1: classes of no use here are never found.
        return np.array([2.0 if label is None else chosen[label] for label in labels], np.float32)


def decoded(proposals: NDArray[np.float32], classes: int, least: NDArray[np.float32]) -> list[Proposal]:
    """Return what a network's output says, thinned out, best first, in pixels of its input.

    proposals: `(1, 4 + classes, n)` of centre, size and class scores (mask coefficients may follow), or, from networks
    that end in a list, `(1, n, 6)` of corners, score and class. least: `(classes,)`, the lowest score of each.

    Raises:
        ModelInvalid: the output has neither form.
    """
    if proposals.ndim != 3 or len(proposals) != 1:
        raise ModelInvalid("the detector's output has an unknown form", f"Choose {EXPECTED}.", told=("own_detector",))
    rows = np.clip(np.nan_to_num(proposals[0].astype(np.float32)), -_FARTHEST_PX, _FARTHEST_PX)
    if rows.shape[1] == _END_TO_END and rows.shape[0] not in (4 + classes, 36 + classes):
        edges, scores, kinds = rows[:, :4], rows[:, 4], rows[:, 5].astype(np.int64)
    elif rows.shape[0] in (4 + classes, 36 + classes):
        centre, half, by_class = rows[:2].T, rows[2:4].T / 2, rows[4 : 4 + classes].T
        kinds = by_class.argmax(1).astype(np.int64)
        edges, scores = np.hstack([centre - half, centre + half]), by_class.max(1)
    else:
        raise ModelInvalid(
            f"the detector's output does not fit its {classes} classes", f"Choose {EXPECTED}.", told=("own_detector",)
        )
    good = np.flatnonzero((kinds >= 0) & (kinds < classes))
    good = good[scores[good] >= least[kinds[good]]]
    good = good[np.argsort(-scores[good], kind="stable")][:_MOST_PROPOSALS]
    return [
        Proposal(int(kinds[index]), min(1.0, float(scores[index])), tuple(edges[index].tolist()))
        for index in good[suppress(edges[good], scores[good], kinds[good])]
    ]


def _kinds(labels: tuple[Label | None, ...], wanted: Set[Label]) -> frozenset[int]:
    return frozenset(kind for kind, label in enumerate(labels) if label in wanted)


def _on_page(found: list[Proposal], view: View, page: Size) -> list[Proposal]:
    """Bring what was found in a view to pixels of the page, and note what the view's edges may have cut."""
    window, near = view.window, _CUT_PX / view.scale
    inner = [window.left > 0, window.top > 0, window.right < page.width, window.bottom < page.height]
    placed = []
    for one in found:
        corner = (window.left, window.top) * 2
        edges = [side / view.scale + shift for side, shift in zip(one.edges, corner, strict=True)]
        edges = [
            max(edges[0], window.left),
            max(edges[1], window.top),
            min(edges[2], window.right),
            min(edges[3], window.bottom),
        ]
        cut = frozenset(side for side in range(4) if inner[side] and abs(edges[side] - window[side]) <= near)
        placed.append(Proposal(one.kind, one.score, (edges[0], edges[1], edges[2], edges[3]), cut))
    return placed


def _detection(one: Proposal, label: Label | None, page: Size) -> Detection | None:
    left, top, right, bottom = (round(side) for side in one.edges)
    box = Box(left, top, right, bottom).intersection(Box(0, 0, page.width, page.height))
    return Detection(label, box, one.score) if label and box.area else None


def _version(weights: Path | None) -> str:
    if weights is None:
        card = load_catalog().get(CARD)
        return f"{_METHOD}-{card.file(WEIGHTS_FILE).sha256[:16]}" if card else "none"
    try:
        return f"{_METHOD}-{hashlib.sha256(weights.read_bytes()).hexdigest()[:16]}"
    except OSError:
        return "missing"
