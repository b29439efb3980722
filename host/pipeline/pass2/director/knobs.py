"""What the director turns: the values of two passes, and the bounds within which they may move."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """The values of both passes. Pass 1 (KS1) has authority over structure, pass 2 (KS2) cleans up.

    cfg: guidance, 7..10. denoise: 0..1. union and pose: strength of line and pose control, 0..1, and the share of the
    steps up to which they act. ip: weight of the references per pass, 0..1, and its end.
    """

    cfg1: float
    cfg2: float
    denoise1: float
    denoise2: float
    union: float
    union_end: float
    pose: float
    pose_end: float
    ip1: float
    ip1_end: float
    ip2: float
    ip2_end: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and the highest value of every knob."""

    low: Knobs
    high: Knobs

    def clamp(self, knobs: Knobs) -> Knobs:
        """Return the nearest values within the bounds; where bounds cross, the higher one gives way."""
        return Knobs(
            **{
                one.name: max(getattr(self.low, one.name), min(getattr(knobs, one.name), getattr(self.high, one.name)))
                for one in fields(knobs)
            }
        )

    def lower(self, **by: float) -> Self:
        """Return bounds whose upper values are lowered by this much, never under the lower ones."""
        moved = {name: max(getattr(self.low, name), getattr(self.high, name) - step) for name, step in by.items()}
        return replace(self, high=replace(self.high, **moved))

    def widen(self, **by: float) -> Self:
        """Return bounds whose upper values are raised by this much, at most to 1."""
        moved = {name: min(1.0, getattr(self.high, name) + step) for name, step in by.items()}
        return replace(self, high=replace(self.high, **moved))

    def raise_floor(self, **by: float) -> Self:
        """Return bounds whose lower values are raised by this much, never over the upper ones."""
        moved = {name: min(getattr(self.high, name), getattr(self.low, name) + step) for name, step in by.items()}
        return replace(self, low=replace(self.low, **moved))
