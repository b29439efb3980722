"""What an engine gave for a page, try by try, and how each measured against the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engines.base import ColorizeResult
    from host.pipeline.compose.align import Shift

Action = Literal["colour", "repair", "safer_plan"]
Grade = Literal["acceptable", "micro_inpaint", "critical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelFigures:
    """The figures of one panel, each 0..1; `order` None stands for the page where no panel is known."""

    order: int | None
    line_recall: float
    line_iou: float
    structure: float
    unsound: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessment:
    """What was measured. mask: `(H, W)` bool at the page's size, where a repair should make colour anew.

    chroma_mean: mean OKLab chroma of what is not protected. drift: None without references' palettes.
    """

    grade: Grade
    panels: tuple[PanelFigures, ...]
    shift: Shift
    chroma_mean: float
    drift: float | None
    mask: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """One try: what was done, what came of it, and how it measured; None where the engine does not draw."""

    action: Action
    result: ColorizeResult
    assessment: Assessment | None
