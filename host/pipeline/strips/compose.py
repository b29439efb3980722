"""The engine's colour on a strip, piece by piece, into one picture."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from host.errors import QualityRejected
from host.pipeline.compose.align import Shift
from host.pipeline.compose.compose import Composition
from host.pipeline.finished import ColouredPage
from host.pipeline.generation.correct import colour_page
from host.pipeline.generation.review import fault
from host.pipeline.progress import tell
from host.pipeline.strips.cut import is_within
from host.pipeline.strips.folded import bare, fold_coloured
from host.pipeline.strips.joined import join_verdicts

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engines.base import ColorizeEngine, OnStep
    from engines.geometry import Box
    from host.pipeline.attempts import Attempt
    from host.pipeline.job import Tick
    from host.pipeline.prepared import PreparedPage
    from host.pipeline.records.run_meta import Verdicts

_LEFT_ALONE = "It lies in a part of the strip that stays as it is."


class Composed(NamedTuple):
    """A picture that passed review, what review measured, how often it was made anew, and what a reader should know."""

    composition: Composition
    verdicts: Verdicts
    retries: int
    notes: tuple[str, ...] = ()


class Compose(Protocol):
    """Composes a page until it passes review."""

    def __call__(self, prepared: PreparedPage, coloured: ColouredPage, tick: Tick, *, may_stay_grey: bool) -> Composed:
        """Return what passed; may_stay_grey: little colour is no fault.

        Raises:
            QualityRejected: nothing passed. And whatever `tick` raises.
        """
        ...


def colour_strip(prepared: PreparedPage, engine: ColorizeEngine, tick: Tick, watch: OnStep | None) -> ColouredPage:
    """Let the engine infer piece by piece; errors as `colour_page`."""
    made: list[Callable[[], ColouredPage] | None] = []
    attempts: list[Attempt] = []
    for index, piece in enumerate(prepared.pieces):
        if piece.unfold is None:
            made.append(None)
            continue
        progress, page = partial(_share_of, tick, index, len(prepared.pieces)), piece.unfold()
        coloured = ColouredPage(attempts=colour_page(page, engine, progress, watch))
        attempts += map(bare, coloured.attempts)
        made.append(fold_coloured(coloured, parts=bool(page.drawing.palettes)))
        del coloured, page
    return ColouredPage(attempts=tuple(attempts), pieces=tuple(made))


def compose_strip(prepared: PreparedPage, coloured: ColouredPage, tick: Tick, compose: Compose) -> Composed:
    """Compose a strip. A piece that does not pass review stays as it was, and a note says so.

    Raises:
        QualityRejected: no piece passed, or the strip stayed grey. And whatever `tick` raises.
    """
    canvas, rejected = _Canvas(prepared), list[QualityRejected]()
    for index, (piece, made) in enumerate(zip(prepared.pieces, coloured.pieces, strict=True)):
        if piece.unfold is None or made is None:
            continue
        share = index / len(prepared.pieces)
        tell(tick, "compose", share)
        page = piece.unfold()
        try:
            canvas.lay(piece.box, page, compose(page, made(), _unheard(tick, share), may_stay_grey=True))
        except QualityRejected as exc:
            rejected.append(exc)
    if not canvas.verdicts:
        raise rejected[0]
    verdicts = join_verdicts(canvas.verdicts)
    wrong = fault(verdicts, prepared.request.plan.strength_01)
    if wrong:
        raise QualityRejected(wrong, "Try another reference or another engine.", verdicts=verdicts.model_dump())
    notes = (f"{len(rejected)} parts of the strip stay grey: {rejected[0].message}",) if rejected else ()
    return Composed(Composition(canvas.rgb, Shift(0.0, 0.0), tuple(canvas.faults)), verdicts, canvas.retries, notes)


class _Canvas:
    """The strip's picture, with what has been laid of it so far; verdicts: of the pieces, each with its pixels."""

    def __init__(self, strip: PreparedPage) -> None:
        self.rgb = np.array(strip.page.rgb)
        self.faults = [_LEFT_ALONE] * len(strip.drawing.palettes)
        self.verdicts: list[tuple[int, Verdicts]] = []
        self.retries = 0
        self._strip = strip
        self._bottom = 0
        self._kept: NDArray[np.bool_] = strip.request.protect[:0]

    def lay(self, box: Box, page: PreparedPage, made: Composed) -> None:
        """Lay a piece; where the one before reaches into it, the one's colour passes into the other's."""
        shared, protect, rgb = max(0, self._bottom - box.top), page.request.protect, made.composition.rgb
        target = self.rgb[box.top : box.bottom]
        if shared:
            weight = ((np.arange(shared, dtype=np.float32) + 0.5) / shared)[:, None, None]
            mixed = np.round(target[:shared] * (1 - weight) + rgb[:shared] * weight).astype(np.uint8)
            # What one of the two protects the other may have coloured.
            kept = (self._kept[-shared:] | protect[:shared])[..., None]
            target[:shared] = np.where(kept, page.page.rgb[:shared], mixed)
        target[shared:] = rgb[shared:]
        self._bottom, self._kept = box.bottom, protect
        self._note(box, made)

    def _note(self, box: Box, made: Composed) -> None:
        self.verdicts.append((box.area, made.verdicts))
        self.retries += made.retries
        height, palettes = self._strip.page.size.height, self._strip.drawing.palettes
        within = (place for place, one in enumerate(palettes) if is_within(one.palette.point[1], box, height))
        for place, words in zip(within, made.composition.faults, strict=True):
            self.faults[place] = words


def _share_of(tick: Tick, index: int, count: int, share_01: float) -> None:
    tell(tick, "pass2", (index + share_01) / count)


def _unheard(tick: Tick, share_01: float) -> Tick:
    """Return a tick for a piece: it cancels as the strip's does, and tells the strip's share."""
    return lambda *_: tell(tick, "compose", share_01)
