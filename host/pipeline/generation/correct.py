"""Let the engine infer, look at what it made, and correct it: the part of a page's way that needs the lane.

An engine that draws is measured (`assess`). What is wrong in a small part is painted anew there, where the engine can;
what is wrong at large is tried once more with the director's safer plan; what is still wrong is no picture.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.base import ColorizeResult, Repair
from engines.oklab import oklab_to_srgb
from host.errors import QualityRejected
from host.pipeline.attempts import Attempt
from host.pipeline.generation.assess import GREY_CHROMA, assess
from host.pipeline.generation.director.direct import direct_safer
from host.pipeline.generation.figures import told, words_within
from host.pipeline.generation.request import with_sampling
from host.pipeline.generation.units import join, plan_units, request_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydantic import JsonValue

    from engines.base import ColorizeEngine, ColorizeRequest, OnStep
    from engines.geometry import Size
    from host.pipeline.attempts import Action, Grade
    from host.pipeline.generation.units import Unit
    from host.pipeline.prepared import PreparedPage

_LOG = logging.getLogger(__name__)
Progress = Callable[[float], None]
# The first try owns most of the way, so that the fraction never falls when there is a second one.
_FIRST_TRY_01: Final = 0.7
_BETTER: Final = {"acceptable": 2, "micro_inpaint": 1, "critical": 0}


def colour_page(
    prepared: PreparedPage, engine: ColorizeEngine, progress: Progress, watch: OnStep | None = None
) -> tuple[Attempt, ...]:
    """Return all attempts in their order; the last one is what the page gets.

    progress takes the fraction 0..1 of this part and raises to cancel. watch sees each step of the engine.

    Raises:
        QualityRejected: the picture departs from the page, even with the safer plan. Whatever engine, progress or
        watch raises.
    """
    units = plan_units(prepared.meta, engine.info.comfort_pixels)
    infer = _Inference(engine, units, watch, prepared)
    draws = engine.info.draws
    attempts = [
        _attempt("colour", prepared, infer, prepared.request, _span(progress, 0, _FIRST_TRY_01 if draws else 1))
    ]
    if attempts[-1].assessment is not None:
        attempts += _corrected(attempts[-1], prepared, infer, _span(progress, _FIRST_TRY_01, 1))
    progress(1.0)
    return tuple(attempts)


def record_attempts(attempts: Sequence[Attempt]) -> list[dict[str, JsonValue]]:
    """Return the figures of attempts that were measured, for `runmeta` and for what a reader is told."""
    return [
        {
            "action": attempt.action,
            "grade": attempt.assessment.grade,
            "shift_px": list(attempt.assessment.shift),
            "chroma_mean": attempt.assessment.chroma_mean,
            "palette_drift": attempt.assessment.drift,
            "panels": [asdict(panel) for panel in attempt.assessment.panels],
        }
        for attempt in attempts
        if attempt.assessment is not None
    ]


def _corrected(first: Attempt, prepared: PreparedPage, infer: _Inference, progress: Progress) -> list[Attempt]:
    attempts, last = [], first
    if _grade(last) == "critical":
        _LOG.warning("review: %s Once more, with the safer plan.", _wrong(last))
        directive = direct_safer(prepared.directive)
        safer = replace(prepared.request, plan=with_sampling(prepared.request.plan, directive.sampling))
        last = _attempt("safer_plan", prepared, infer, safer, _span(progress, 0, 0.7))
        attempts.append(last)
        if _grade(last) == "critical":
            raise QualityRejected(
                _wrong(last), "Try another reference or another engine.", attempts=record_attempts((first, *attempts))
            )
    if _grade(last) == "micro_inpaint" and infer.engine.info.supports.inpaint:
        repaired = _repair(last, prepared, infer, _span(progress, 0.7, 1))
        if _BETTER[_grade(repaired)] >= _BETTER[_grade(last)]:
            attempts.append(repaired)
    return attempts


def _repair(last: Attempt, prepared: PreparedPage, infer: _Inference, progress: Progress) -> Attempt:
    before, mask = last.result.oklab, _mask_of(last)
    repair = Repair(picture=oklab_to_srgb(before), mask=mask)
    made = infer(replace(prepared.request, repair=repair), progress)
    height, width = before.shape[:2]
    # What is kept made the same round trip through the engine; only what was asked for is taken.
    share = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)[..., None]
    new = cv2.resize(made.oklab, (width, height), interpolation=cv2.INTER_LINEAR)
    merged = np.asarray(before + (new - before) * share, np.float32)
    return _measured("repair", prepared, replace(last.result, oklab=merged, weights=made.weights))


def _attempt(
    action: Action, prepared: PreparedPage, infer: _Inference, request: ColorizeRequest, progress: Progress
) -> Attempt:
    result = infer(request, progress)
    return _measured(action, prepared, result) if infer.engine.info.draws else Attempt(action, result, None)


def _measured(action: Action, prepared: PreparedPage, result: ColorizeResult) -> Attempt:
    palettes = [rgb for reference in prepared.job.references for rgb in reference.palette]
    request = prepared.request
    return Attempt(action, result, assess(request.page, request.protect, result.oklab, prepared.meta, palettes))


def _mask_of(attempt: Attempt) -> NDArray[np.bool_]:
    if attempt.assessment is None:
        raise ValueError("nothing was measured")
    return attempt.assessment.mask


def _grade(attempt: Attempt) -> Grade:
    return attempt.assessment.grade if attempt.assessment is not None else "acceptable"


def _wrong(attempt: Attempt) -> str:
    if attempt.assessment is None or not attempt.assessment.panels:
        return "The picture departs from the page."
    if attempt.assessment.chroma_mean < GREY_CHROMA:
        return "The engine gave a picture without colour."
    worst = max(attempt.assessment.panels, key=lambda panel: (panel.unsound, -panel.line_recall))
    where = "the page" if worst.order is None else f"panel {worst.order + 1}"
    lines, unsound = f"{worst.line_recall:.0%}", f"{worst.unsound:.0%}"
    return f"The picture departs from {where}: {lines} of its lines are there, {unsound} of it is unsound."


def _span(progress: Progress, start: float, end: float) -> Progress:
    return lambda share: progress(start + (end - start) * min(1.0, max(0.0, share)))


class _Inference:
    """The engine on all units of a page, as if it were one call."""

    def __init__(
        self, engine: ColorizeEngine, units: tuple[Unit, ...], watch: OnStep | None, prepared: PreparedPage
    ) -> None:
        self.engine = engine
        self._units = units
        self._watch = watch
        self._prepared = prepared

    def __call__(self, request: ColorizeRequest, progress: Progress) -> ColorizeResult:
        wanted = [unit for unit in self._units if self._has_work(request, unit)]
        asked = [self._told(request_of(request, unit), unit, request.size) for unit in wanted]
        made = self.engine.colorize_several(asked, lambda done: self._on_step(progress, done, len(wanted)))
        results = list(zip(wanted, made, strict=True))
        if len(results) == 1 and results[0][0].is_whole(request.size):
            return results[0][1]
        pictures = [(unit, result.oklab) for unit, result in results]
        weights = {name: digest for _, result in results for name, digest in result.weights.items()}
        return ColorizeResult(oklab=join(pictures, request.size), weights=weights)

    def _told(self, asked: ColorizeRequest, unit: Unit, page: Size) -> ColorizeRequest:
        """Return what is asked of a part with words of what is in it; a whole page has its own."""
        if unit.is_whole(page) or self.engine.info.wording == "none":
            return asked
        return replace(asked, plan=told(asked.plan, words_within(self._prepared, unit.core)))

    @staticmethod
    def _has_work(request: ColorizeRequest, unit: Unit) -> bool:
        return request.repair is None or request_of(request, unit).repair is not None

    def _on_step(self, progress: Progress, index: int, units: int) -> OnStep:
        def on_step(step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
            if self._watch is not None:
                self._watch(index * steps + step, units * steps, preview if units == 1 else None)
            progress((index + step / max(1, steps)) / units)

        return on_step
