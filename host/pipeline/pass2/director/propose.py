"""The first guess of every knob, from the signals alone; bounds and rules come after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host.pipeline.pass2.director.bounds import CFG_MAX
from host.pipeline.pass2.director.knobs import Knobs

if TYPE_CHECKING:
    from host.pipeline.pass2.director.evidence import Evidence


def base_cfg(intent: float) -> float:
    """Return the guidance that the reader's intent (0..1) asks for: 7.2 + 1.8 intent (seed plan §5)."""
    return 7.2 + 1.8 * intent


def propose(page: Evidence) -> Knobs:
    """Return the candidates.

    Sure structure (S) binds firmly and long and leaves little to make anew; risk of hallucination (H) does the same.
    The references weigh as much as they may influence, less the further their style lies.
    """
    firm = 0.65 * page.S + 0.35 * page.H
    base = base_cfg(page.intent)
    ip1 = page.influence * (0.95 - 0.25 * page.D)
    return Knobs(
        cfg1=min(CFG_MAX, base + 0.6 * page.S),
        cfg2=base - 0.5 + 0.3 * (1 - page.H),
        denoise1=0.90 - 0.15 * firm,
        denoise2=0.55 - 0.25 * firm,
        union=0.45 + 0.50 * firm,
        union_end=0.60 + 0.30 * firm,
        pose=0.90 * page.P,
        pose_end=0.40 + 0.40 * page.P,
        ip1=ip1,
        ip1_end=0.50 + 0.30 * page.influence,
        ip2=0.6 * ip1,
        ip2_end=0.35 + 0.30 * page.influence,
    )
