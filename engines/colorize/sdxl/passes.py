"""The two passes of SDXL as a plan wants them, wherever they run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from engines.base import StagePlan
from engines.colorize.sdxl.info import STEPS

if TYPE_CHECKING:
    from engines.base import Plan

# Where nothing was planned: the middle of the director's ranges.
_STRUCTURE: Final = StagePlan(
    guidance=8.0, denoise_01=0.85, structure_strength=0.75, structure_end_01=0.8, style_weight=0.6
)
_CLEAN_UP: Final = StagePlan(
    guidance=7.5, denoise_01=0.4, structure_strength=0.75, structure_end_01=0.8, style_weight=0.35
)


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass. steps: those that are really made; scheduled: the schedule's, of which denoise takes the last share."""

    stage: StagePlan
    scheduled: int

    @property
    def strength(self) -> float:
        """How much is made anew: at least one step's worth."""
        return max(self.stage.denoise_01, 1 / self.scheduled)

    @property
    def steps(self) -> int:
        """The steps that the pipeline makes of it."""
        return min(int(self.scheduled * self.strength), self.scheduled)


def passes_of(plan: Plan) -> tuple[Pass, Pass]:
    """Return the passes of a plan, of the middle of the director's ranges where it has none."""
    if plan.stages:
        first, second = plan.stage(0), plan.stage(1)
    else:
        first, second = (
            replace(stage, prompt=plan.prompt, negative_prompt=plan.negative_prompt, steps=plan.steps)
            for stage in (_STRUCTURE, _CLEAN_UP)
        )
    return Pass(first, first.steps or STEPS[plan.quality]), Pass(second, second.steps or STEPS[plan.quality])
