"""What the detector finds on pages that it was not trained on: F1 at an overlap of 0.5, per class and threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engines.detect.base import LABELS, Label
from training.pages.annotated import BY_HAND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.detect.base import Detection
    from engines.geometry import Box
    from training.pages.variants import LabelledPage

_IOU = 0.5
_CHOICES = np.arange(0.05, 0.9, 0.025)


@dataclass(frozen=True, slots=True)
class Score:
    """How well one class is found on some pages; shares 0..1, `truths` how many there are."""

    precision: float
    recall: float
    truths: int

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


class Measure:
    """Collects what was found on pages; a page whose hand labels are missing does not count for the classes of them."""

    def __init__(self) -> None:
        self._hits: dict[Label, list[tuple[float, bool]]] = {label: [] for label in LABELS}
        self._truths: dict[Label, int] = dict.fromkeys(LABELS, 0)

    def add(self, page: LabelledPage, found: Sequence[Detection]) -> None:
        """Match a page's detections, best first, each to the truth that it overlaps most."""
        for label in LABELS:
            if label in BY_HAND and not page.hand:
                continue
            truths = [box for name, box in page.boxes if name == label]
            self._truths[label] += len(truths)
            self._hits[label] += _matched([one for one in found if one.label == label], truths)

    def score(self, label: Label, threshold: float) -> Score:
        """Return how well a class is found when what scores less than the threshold is dropped."""
        kept = [hit for score, hit in self._hits[label] if score >= threshold]
        truths = self._truths[label]
        return Score(sum(kept) / len(kept) if kept else 0.0, sum(kept) / truths if truths else 0.0, truths)

    def thresholds(self, otherwise: float = 0.25) -> dict[Label, float]:
        """Return the threshold of the best F1 of each class, the middle one where several are as good."""
        best = {}
        for label in LABELS:
            scores = [self.score(label, float(choice)).f1 for choice in _CHOICES]
            good = [choice for choice, score in zip(_CHOICES, scores, strict=True) if score >= max(scores) - 0.002]
            best[label] = round(float(good[len(good) // 2]), 3) if max(scores) > 0 else otherwise
        return best


def _matched(found: Sequence[Detection], truths: Sequence[Box]) -> list[tuple[float, bool]]:
    free = list(truths)
    hits = []
    for one in sorted(found, key=lambda one: -one.score):
        best = max(free, key=one.box.iou, default=None)
        hit = best is not None and one.box.iou(best) >= _IOU
        if best is not None and hit:
            free.remove(best)
        hits.append((one.score, hit))
    return hits
