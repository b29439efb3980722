"""What the director knows of a page and of the reader's wish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engines.info import Quality
    from host.pipeline.records.page_meta import Case, PageMeta, Signals

_INTENT_01: Final[dict[Quality, float]] = {"preview": 0.35, "standard": 0.5, "best": 0.7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The signals of `PageMeta` (S, R, D, P, H in its record) with what they do not hold. Every figure 0..1.

    conflict: how much the references contradict the page: their style distance, the more so the less they are relied
    on. reference_coloured: they carry colour that could bleed into the clean-up pass (grey sheets do not).
    intent: how firmly the words are followed; the quality that the reader asked for decides it.
    """

    structure_confidence: float
    reference_reliability: float
    style_distance: float
    pose_risk: float
    hallucination_risk: float
    case: Case
    line_quality: float
    object_scale: float
    conflict: float
    has_reference: bool
    reference_coloured: bool
    intent: float

    @property
    def influence(self) -> float:
        """How far the references may go: what is relied on, less what contradicts it (the seed's influence scalar)."""
        return max(0.0, min(1.0, self.reference_reliability * (1 - self.conflict))) if self.has_reference else 0.0

    @property
    def reference_mode(self) -> str:
        """Return `none`, `style` or `identity`; identity is not forced where conflict is high."""
        if not self.has_reference:
            return "none"
        return "identity" if self.reference_reliability >= 0.6 and self.conflict < 0.4 else "style"


def gather(meta: PageMeta, quality: Quality, *, reference_coloured: bool) -> Evidence:
    """Return the evidence of a page. Where nothing was measured the cautious middle stands."""
    signals = meta.signals or _unmeasured(meta)
    return Evidence(
        structure_confidence=signals.S,
        reference_reliability=signals.R,
        style_distance=signals.D,
        pose_risk=signals.P,
        hallucination_risk=signals.H,
        case=signals.case,
        line_quality=signals.line_quality,
        object_scale=signals.object_scale,
        conflict=signals.D * (1 - signals.R) if meta.references else 0.0,
        has_reference=bool(meta.references),
        reference_coloured=bool(meta.references) and reference_coloured,
        intent=_INTENT_01[quality],
    )


def _unmeasured(meta: PageMeta) -> Signals:
    from host.pipeline.records.page_meta import Signals

    middle = dict.fromkeys(("S", "R", "D", "P", "H", "line_quality", "anatomy_risk", "complexity", "object_scale"), 0.5)
    return Signals(**middle, case="multi_object" if len(meta.panels) > 1 else "single_complex")
