"""What the director decides: the sampling of two passes, and the bounds within which it may move."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingPlan:
    """The values of both sampling passes: the first has authority over structure, the second cleans up.

    *_guidance_scale: classifier-free guidance, 7..10. *_denoising_strength: how much is made anew, 0..1.
    controlnet_scale, pose_scale: strength of line and pose control, 0..1; *_ip_adapter_scale: weight of the references,
    0..1; *_end_01: the share of the steps up to which each acts. The seed plan and `runmeta` say cfg, denoise, union,
    pose and ip for them, with 1 for structure and 2 for clean-up.
    """

    structure_guidance_scale: float
    cleanup_guidance_scale: float
    structure_denoising_strength: float
    cleanup_denoising_strength: float
    controlnet_scale: float
    controlnet_end_01: float
    pose_scale: float
    pose_end_01: float
    structure_ip_adapter_scale: float
    structure_ip_adapter_end_01: float
    cleanup_ip_adapter_scale: float
    cleanup_ip_adapter_end_01: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and the highest value of every field."""

    low: SamplingPlan
    high: SamplingPlan

    def clamp(self, sampling: SamplingPlan) -> SamplingPlan:
        """Return the nearest values within the bounds; where bounds cross, the higher one gives way."""
        return SamplingPlan(
            **{
                one.name: max(
                    getattr(self.low, one.name), min(getattr(sampling, one.name), getattr(self.high, one.name))
                )
                for one in fields(sampling)
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
