"""Boxes found against boxes that are there: F1 at an overlap (intersection over union) of 0.5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from engines.detect.base import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engines.detect.base import Label
    from engines.geometry import Box
    from host.pipeline.records.page_meta import PageMeta

IOU = 0.5


class _Thing(Protocol):
    @property
    def box(self) -> Box: ...

    @property
    def score(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Tally:
    """How many are there, how many were found, and how many of them are the same."""

    truths: int
    found: int
    hits: int

    def __add__(self, other: Tally) -> Tally:
        """Return both together."""
        return Tally(self.truths + other.truths, self.found + other.found, self.hits + other.hits)

    @property
    def precision(self) -> float | None:
        """Share of what was found that is there; None where nothing was found."""
        return self.hits / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Share of what is there that was found; None where nothing is there."""
        return self.hits / self.truths if self.truths else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of the two; None where nothing is there."""
        return 2 * self.hits / (self.truths + self.found) if self.truths else None


def match(found: Sequence[tuple[Box, float]], truths: Sequence[Box]) -> dict[int, int]:
    """Return the index of the truth by the index of what was found: best score first, each truth once."""
    free = dict(enumerate(truths))
    matched: dict[int, int] = {}
    for index, (box, _) in sorted(enumerate(found), key=lambda item: -item[1][1]):
        best = max(free, key=lambda truth: box.iou(free[truth]), default=None)
        if best is not None and box.iou(free[best]) >= IOU:
            matched[index] = best
            del free[best]
    return matched


def found_boxes(meta: PageMeta) -> dict[Label, list[tuple[Box, float]]]:
    """Return what the analysis found, with scores, by class."""
    things: tuple[Sequence[_Thing], ...] = (
        *(meta.panels, meta.balloons, meta.text),
        *(meta.sound_effects, meta.faces, meta.characters),
    )
    return {label: [(one.box, one.score) for one in those] for label, those in zip(LABELS, things, strict=True)}


def total(tallies: Iterable[Tally]) -> Tally:
    """Return all of them together."""
    return sum(tallies, Tally(0, 0, 0))
