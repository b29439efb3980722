"""What the analysis made of the pages whose truth is known: figures by page, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.analysis import boxes, protect
from bench.analysis.boxes import Tally, found_boxes, match
from bench.analysis.order import score_pairs
from engines.detect.base import LABELS

if TYPE_CHECKING:
    from bench.analysis.protect import ProtectTally
    from bench.analysis.truth import TruePage
    from engines.detect.base import Label
    from host.pipeline.analysis.reader import PageReader, PageReading
    from host.vocabulary import Direction

# Half a per cent of the art wrongly protected weighs as much as a class of boxes with F1 0.95.
_ART_WEIGHT = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class ReadPage:
    """A true page, what was read, and the figures. pairs: right, judged, and all certain ones; None: unknown."""

    true: TruePage
    reading: PageReading
    tallies: dict[Label, Tally]
    protected: ProtectTally | None
    pairs: tuple[int, int, int] | None

    @property
    def badness(self) -> float:
        """What is missing from perfect, summed over classes, lettering, balloons and art."""
        lost = sum(1 - (tally.f1 or 0) for tally in self.tallies.values() if tally.truths)
        shares = self.protected.shares() if self.protected else {}
        lost += sum(1 - value for name in ("lettering", "balloons") if (value := shares.get(name)) is not None)
        return lost + _ART_WEIGHT * (shares.get("art_wrong") or 0.0)


@dataclass
class Totals:
    """All pages together."""

    tallies: dict[Label, Tally] = field(default_factory=dict)
    protected: dict[str, float | None] = field(default_factory=dict)
    worst: dict[str, tuple[str, float]] = field(default_factory=dict)
    pairs: tuple[int, int, int] | None = None


def read(true: TruePage, reader: PageReader, direction: Direction) -> ReadPage:
    """Let the analysis read a page and compare."""
    reading = reader.read(true.page, direction)
    found = found_boxes(reading.meta)
    tallies = {
        label: Tally(len(truths), len(found[label]), len(match(found[label], truths)))
        for label, truths in true.boxes.items()
    }
    counted = protect.count(reading.masks.protect, true.masks) if true.masks else None
    return ReadPage(true, reading, tallies, counted, _pairs(true, reading))


def totals(pages: list[ReadPage]) -> Totals:
    """Add all pages up."""
    known = [label for label in LABELS if any(label in page.tallies for page in pages)]
    tallies = {label: boxes.total(page.tallies[label] for page in pages if label in page.tallies) for label in known}
    masked = [page for page in pages if page.protected]
    shares = protect.total(page.protected for page in masked if page.protected).shares() if masked else {}
    judged = [page.pairs for page in pages if page.pairs is not None]
    pairs = tuple(sum(column) for column in zip(*judged, strict=True)) if judged else None
    return Totals(tallies, shares, _worst(masked), pairs)


def _worst(pages: list[ReadPage]) -> dict[str, tuple[str, float]]:
    """Return for every share the page on which it is worst: most for `art_wrong`, least for the others."""
    rows = [(page.true.name, page.protected.shares()) for page in pages if page.protected]
    found = {}
    for name in rows[0][1] if rows else ():
        values = [(page, value) for page, shares in rows if (value := shares[name]) is not None]
        if values:
            found[name] = (max if name == "art_wrong" else min)(values, key=lambda item: item[1])
    return found


def _pairs(true: TruePage, reading: PageReading) -> tuple[int, int, int] | None:
    if true.pairs is None:
        return None
    panels = reading.meta.panels
    matched = match([(panel.box, panel.score) for panel in panels], true.boxes["panel"])
    places = {truth: panels[index].order for index, truth in matched.items()}
    return (*score_pairs(true.pairs, places), len(true.pairs))
