"""How far a page is: every stage owns a span of the whole way, so that the fraction never falls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from host.pipeline.job import Tick
    from host.vocabulary import Stage

# About the shares that the stages take with the compact engine.
_SPANS: Final[dict[Stage, tuple[float, float]]] = {
    "queued": (0.0, 0.0),
    "decode": (0.0, 0.05),
    "pass1": (0.05, 0.2),
    "retrieve": (0.2, 0.22),
    "pass2": (0.22, 0.75),
    "compose": (0.75, 0.92),
    "encode": (0.92, 1.0),
}


def fraction_of_page(stage: Stage, share_01: float) -> float:
    """Return the fraction 0..1 of a page's whole way, for a share 0..1 of one stage."""
    start, end = _SPANS[stage]
    return start + (end - start) * min(1.0, max(0.0, share_01))


def tell(tick: Tick, stage: Stage, share_01: float = 0.0) -> None:
    """Tell how far a page is, for a share 0..1 of one stage; raises what `tick` raises."""
    tick(stage, fraction_of_page(stage, share_01))


def unchecked() -> None:
    """Let a piece of work go on to its end: what is asked between steps where nobody cancels."""
