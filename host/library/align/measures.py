"""How well detector and model agree on a page.

panel ratio      model's panels / detector's panels; None without a detector's panel
text coverage    share of the model's panels in which anything is written, 0..1
order coherence  of the panels that share words with one of the detector's (as read there), the share of pairs that
                 both put in the same order, 0..1; None with less than two such panels

score  4  ratio = 1 and text coverage at least the bound          perfect
       3  0.9 <= ratio <= 1.1                                      near
       2  0.75 <= ratio <= 1.25, and something is written
       1  something is written                                     0  the rest, and pages without either's answer
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from typing import TYPE_CHECKING, Final

from host.library.align.pairs import panels_told

if TYPE_CHECKING:
    from host.library.align.pairs import PagePair
    from host.library.understand.story import StoryPanel

TEXT_COVERAGE_MIN: Final = 0.6
_NEAR: Final = (0.9, 1.1)
_FAIR: Final = (0.75, 1.25)
_ALIKE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the module's head says, of one page. ocr_coverage: share of the detector's panels in which words were read.

    reason: why there is no ratio, empty where there is one.
    """

    detector_panels: int
    model_panels: int
    panel_ratio: float | None
    text_coverage: float
    order_coherence: float | None
    ocr_coverage: float
    score: int
    reason: str = ""

    @property
    def is_perfect(self) -> bool:
        """Score 4."""
        return self.score == 4

    @property
    def is_near(self) -> bool:
        """A ratio near 1, but not 1."""
        return self.panel_ratio is not None and self.panel_ratio != 1 and _NEAR[0] <= self.panel_ratio <= _NEAR[1]


def agreement(pair: PagePair, text_coverage_min: float = TEXT_COVERAGE_MIN) -> Agreement:
    """Return how well both agree on a page."""
    told = panels_told(pair)
    seen, said = len(pair.detected), len(told)
    ratio = said / seen if seen and pair.told is not None else None
    coverage = sum(one.has_text for one in told) / said if said else 0.0
    read = sum(bool(one.words) for one in pair.detected)
    reason = "" if ratio is not None else "no model answer" if pair.told is None else "no detector panels"
    return Agreement(
        detector_panels=seen,
        model_panels=said,
        panel_ratio=ratio,
        text_coverage=coverage,
        order_coherence=order_coherence(pair),
        ocr_coverage=read / seen if seen else 0.0,
        score=score_of(ratio, coverage, text_coverage_min),
        reason=reason,
    )


def score_of(ratio: float | None, coverage: float, text_coverage_min: float = TEXT_COVERAGE_MIN) -> int:
    """Return 0 to 4."""
    if ratio is None:
        return 0
    if ratio == 1 and coverage >= text_coverage_min:
        return 4
    if _NEAR[0] <= ratio <= _NEAR[1]:
        return 3
    if _FAIR[0] <= ratio <= _FAIR[1] and coverage > 0:
        return 2
    return 1 if coverage > 0 else 0


def order_coherence(pair: PagePair) -> float | None:
    """Return the share of pairs of panels that detector and model put in the same order."""
    matched = _matched(pair)
    if len(matched) < 2:
        return None
    pairs = list(combinations(sorted(matched.items()), 2))
    return sum(one[1] < other[1] for one, other in pairs) / len(pairs)


def text_of_panels(pair: PagePair) -> list[StoryPanel | None]:
    """Return for each of the detector's panels, in order, what the model says of it; None where nothing is left.

    As many on both sides: one by one. Else those that share words first, and the rest in order.
    """
    told = panels_told(pair)
    if len(told) == len(pair.detected):
        return list(told)
    matched = _matched(pair)
    taken = set(matched.values())
    rest = iter([one for place, one in enumerate(told) if place not in taken])
    return [told[matched[place]] if place in matched else next(rest, None) for place in range(len(pair.detected))]


def _matched(pair: PagePair) -> dict[int, int]:
    """Return the detector's panels that share words with one of the model's: place to place, the likest first."""
    said = [_plain(" ".join(one.lines)) for one in panels_told(pair)]
    seen = [_plain(" ".join(one.words)) for one in pair.detected]
    found = []
    for here, words in enumerate(seen):
        for there, lines in enumerate(said):
            likeness = _likeness(words, lines)
            if likeness >= _ALIKE:
                found.append((-likeness, here, there))
    matched: dict[int, int] = {}
    for _, here, there in sorted(found):
        if here not in matched and there not in matched.values():
            matched[here] = there
    return matched


def _likeness(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())
