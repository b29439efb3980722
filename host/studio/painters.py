"""Which engine makes a part anew, and the part made anew by it, on the lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from host.errors import EngineNotAvailable
from host.studio.repaint import fill, repaint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    import numpy as np
    from numpy.typing import NDArray

    from engines.base import ColorizeRequest, ColorizeResult, EngineSource, OnStep, Plan
    from engines.info import EngineInfo

    Colorize = Callable[[ColorizeRequest, OnStep], ColorizeResult]

FILL: Final = "fill"
"""Paints on from the rim, without a network."""


class EngineRoom(Protocol):
    """Lends engines on the one lane: `host.jobs.engine_room`."""

    def lend(self, engine_id: str, check: Callable[[], None]) -> AbstractContextManager[tuple[EngineInfo, Colorize]]:
        """Hold the lane with what an engine is and its colouring."""


class Painters:
    """The engines that make parts anew. default_engine: whom the reader prefers, asked at each painting."""

    def __init__(self, engines: EngineSource, room: EngineRoom, default_engine: Callable[[], str]) -> None:
        self._engines = engines
        self._room = room
        self._default_engine = default_engine

    def paint(
        self,
        rgb: NDArray[np.uint8],
        mask: NDArray[np.bool_],
        engine_id: str | None,
        plan: Plan,
        references: Sequence[NDArray[np.uint8]] = (),
        on_step: Callable[[int, int], None] = lambda _step, _steps: None,
    ) -> tuple[NDArray[np.uint8], str]:
        """Return the `(H, W, 3)` picture with what the mask covers made anew, and by whom.

        engine_id: None for the first that can; `FILL` needs no network. on_step: called while it waits for the lane
        and after each step; what it raises ends it.

        Raises:
            BadRequest: the mask covers nothing. EngineNotAvailable, NotFound, WeightsMissing, WeightsInvalid,
            OutOfMemory, RemoteFailed
        """
        if engine_id == FILL:
            return fill(rgb, mask), FILL
        with self._room.lend(engine_id or self._first(), lambda: on_step(0, 1)) as (info, colorize):

            def heard(step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
                del preview
                on_step(step, steps)

            most = info.supports.references_max
            made = repaint(rgb, mask, lambda wanted: colorize(wanted, heard), plan, tuple(references[:most]))
            return made, info.label

    def engine(self, engine_id: str | None) -> EngineInfo | None:
        """Return who would paint; None for `FILL`, and for one that there is not.

        Raises:
            EngineNotAvailable: none is named, and none can.
        """
        asked = engine_id or self._first()
        return next((info for info in self._engines.infos() if info.id == asked), None)

    def _first(self) -> str:
        """Return the engine of the settings if it paints parts anew, else the first that does and can run here."""
        able = [info.id for info in self._engines.infos() if info.supports.inpaint]
        preferred = self._default_engine()
        for engine_id in sorted(able, key=lambda one: one != preferred):
            if self._engines.get(engine_id).viability().ok:
                return engine_id
        raise EngineNotAvailable(
            "No engine here can make a part anew.",
            f"Pull one that can ({', '.join(able)}; see `irodori engines`), or choose `{FILL}` for thin strips.",
            told=("no_painter", ", ".join(able)),
        )
