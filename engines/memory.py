"""Which engine is in memory: one at a time, brought in when it is needed, dropped when it idles."""

from __future__ import annotations

import time
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.base import ColorizeEngine, Device


class Residency:
    """Holds at most one loaded engine. Calls may come from several threads; `load` runs under the lock."""

    def __init__(self, device: Device, clock: Callable[[], float] = time.monotonic) -> None:
        self._device = device
        self._clock = clock
        self._lock = RLock()
        self._resident: ColorizeEngine | None = None
        self._used_at_s = 0.0

    @property
    def resident(self) -> ColorizeEngine | None:
        """The engine that is loaded, or None."""
        return self._resident

    def require(self, engine: ColorizeEngine) -> ColorizeEngine:
        """Return the engine, loaded; another one that was resident is unloaded first.

        Raises:
            what `ColorizeEngine.load` raises; nothing is resident then.
        """
        with self._lock:
            if self._resident is not engine:
                self.release()
            engine.load(self._device)
            self._resident = engine
            self._used_at_s = self._clock()
            return engine

    def release(self) -> None:
        """Unload whatever is resident."""
        with self._lock:
            if self._resident is not None:
                self._resident.unload()
            self._resident = None

    def release_idle(self, idle_s: float) -> bool:
        """Unload the resident engine, if it was last required `idle_s` seconds ago or earlier; say whether it was."""
        with self._lock:
            if self._resident is None or self._clock() - self._used_at_s < idle_s:
                return False
            self.release()
            return True
