"""An engine, loaded, on the lane: what the lane thread works with."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from engines.base import EngineTooLarge
from engines.malloc_trim import return_free_memory
from engines.memory_ledger import HEAVY_MIB, Holder, MemoryLedger
from engines.residency import Residency, what_fits
from host.errors import IrodoriError, OutOfMemory
from host.jobs.recipe import viable_engine
from host.pipeline.faults import faults_mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engines.base import ColorizeEngine, ColorizeRequest, ColorizeResult, Device, EngineSource, OnStep
    from engines.info import EngineInfo
    from engines.memory_ledger import Slot
    from host.jobs.lane import Lane

    Colorize = Callable[[ColorizeRequest, OnStep], ColorizeResult]

_LOG = logging.getLogger(__name__)
T = TypeVar("T")


class EngineRoom:
    """Thread-safe; one thread at a time holds the engine, which is unloaded when nobody has used it for `idle_s`."""

    def __init__(
        self, engines: EngineSource, lane: Lane, device: Device, idle_s: float, ledger: MemoryLedger | None = None
    ) -> None:
        """Take note of the lane. ledger: of the process, where other rooms share it; None for one of its own."""
        self.idle_s = idle_s
        self.ledger = ledger or MemoryLedger()
        self._engines = engines
        self._lane = lane
        self._residency = Residency(device, ledger=self.ledger)

    def shared_engine(self, engine_id: str) -> ColorizeEngine | None:
        """Return the lane's own engine, loaded, for what may not wait for the lane: it may be at work there meanwhile.

        None where it does not run on the processor, may not be used by several at once, or the lane has another one.

        Raises:
            as `engine`.
        """
        engine = self._on_processor(engine_id)
        if engine is None or not engine.is_reentrant:
            return None
        with faults_mapped():
            return engine if self._residency.share(engine) else None

    def engine_apart(self, engine_id: str) -> ColorizeEngine | None:
        """Load an engine that is nobody else's, for what may not wait for the lane; the caller unloads it.

        None where there is none of this id, or where it does not run on the processor.

        Raises:
            as `engine`.
        """
        engine = self._on_processor(engine_id)
        if engine is None:
            return None
        apart = type(engine)()
        with faults_mapped():
            apart.load(self._residency.device_of(apart))
        return apart

    def _on_processor(self, engine_id: str) -> ColorizeEngine | None:
        try:
            engine = self._engines.get(engine_id)
        except KeyError:
            return None
        return engine if engine.info.device == "cpu" and engine.viability().ok else None

    @contextmanager
    def engine(self, engine_id: str, check: Callable[[], None]) -> Iterator[tuple[ColorizeEngine, bool]]:
        """Hold the lane with a loaded engine; also tells whether another process had the lane meanwhile.

        Raises:
            NotFound, EngineNotAvailable, WeightsMissing, WeightsInvalid, OutOfMemory, and what `check` raises.
        """
        with self._lane.hold(check) as waited:
            engine = viable_engine(self._engines, engine_id)
            self.run_with_memory(engine, lambda: None)
            yield engine, waited

    @contextmanager
    def lend(self, engine_id: str, check: Callable[[], None]) -> Iterator[tuple[EngineInfo, Colorize]]:
        """Hold the lane with what an engine is and its colouring, which goes on with less memory where it gives out.

        Raises:
            as `engine`; as `run_with_memory` where it colours.
        """
        with self.engine(engine_id, check) as (engine, _):

            def colorize(request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
                return self.run_with_memory(engine, lambda: engine.colorize(request, on_step))

            yield engine.info, colorize

    @contextmanager
    def lane(self, check: Callable[[], None]) -> Iterator[None]:
        """Hold the lane for models that enter the ledger themselves; the engine stays where they leave it room.

        Raises:
            what `check` raises, called while it waits for the lane.
        """
        with self._lane.hold(check):
            yield

    @contextmanager
    def guest(self, holder: Holder, check: Callable[[], None]) -> Iterator[None]:
        """Hold the lane with a model of another kind: what it excludes is unloaded before it, and it is afterwards.

        Raises:
            EngineTooLarge: there is no room for it. What `check` raises, called while it waits for the lane.
        """
        with self._lane.hold(check), self.ledger.holding(holder):
            yield

    @contextmanager
    def alone(self, check: Callable[[], None], slot: Slot = "video") -> Iterator[None]:
        """Hold the lane with no engine loaded: for a model of another kind, which shares the memory with none.

        Raises:
            what `check` raises, called while it waits for the lane.
        """
        with self._lane.hold(check):
            with self._unloading():
                self._residency.release()
            return_free_memory()
            # Whoever has the block loads and unloads; until then nobody else is to.
            with self.ledger.holding(Holder(slot, slot, HEAVY_MIB, lambda: None)):
                yield

    def run_with_memory(self, engine: ColorizeEngine, work: Callable[[], T]) -> T:
        """Load the engine and do the work; where memory gives out, once more with each leaner memory policy.

        Raises:
            OutOfMemory: it was not enough even so; the hint says what would fit. What loading and the work raise.
        """
        while True:
            try:
                return self._loaded(engine, work)
            except OutOfMemory as exc:
                # A model that was not loaded for want of room has been tried in every way already.
                if isinstance(exc.__cause__, EngineTooLarge) or not self._residency.make_leaner(engine):
                    raise self._with_hint(exc, engine) from exc
            return_free_memory()

    def _with_hint(self, exc: OutOfMemory, engine: ColorizeEngine) -> OutOfMemory:
        """Return an error that says what would fit here; a server's own says what would fit there."""
        if engine.info.device == "remote" and exc.hint:
            return OutOfMemory(exc.message, exc.hint, told=exc.told)
        self._residency.release()
        return OutOfMemory(exc.message, what_fits(self._residency.device_of(engine)))

    def _loaded(self, engine: ColorizeEngine, work: Callable[[], T]) -> T:
        with faults_mapped():
            self._residency.require(engine)
            return work()

    def release_idle(self) -> None:
        """Unload the engine if it has been idle for long."""
        with self._unloading():
            if self._residency.release_idle(self.idle_s):
                return_free_memory()
            self.ledger.release_idle(self.idle_s)

    def close(self) -> None:
        """Unload, and give the lane's files back."""
        with self._unloading():
            self._residency.release()
            self.ledger.close()
        self._lane.close()

    @contextmanager
    def _unloading(self) -> Iterator[None]:
        try:
            with faults_mapped():
                yield
        except IrodoriError as exc:
            _LOG.warning("the engine was not unloaded cleanly: %s", exc)
