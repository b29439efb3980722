"""Which engine is in memory: one at a time, brought in when it is needed, dropped when it idles, leaner when it must.

How an engine lies on the device is its memory policy. `auto` leaves the choice to the engine, by the device's memory
and what its parts take (`engines.torch_runtime.memory_policy`); where that was not enough it is loaded once more with
the leanest one, and stays with it.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Final

from models.catalog import load_catalog

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.base import ColorizeEngine, Device, MemoryPolicy

_LOG = logging.getLogger(__name__)
LEANEST: Final[MemoryPolicy] = "group_offload"
"""The policy with which only the layer that works is on the device: slow, and the last that there is."""


class Residency:
    """Holds at most one loaded engine. Calls may come from several threads; `load` runs under the lock."""

    def __init__(self, device: Device, clock: Callable[[], float] = time.monotonic) -> None:
        self._device = device
        self._clock = clock
        self._lock = RLock()
        self._resident: ColorizeEngine | None = None
        self._used_at_s = 0.0
        self._policies: dict[str, MemoryPolicy] = {}
        self._accelerator: Device | None = None

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
            device = self.device_of(engine)
            engine.load(replace(device, policy=self._policies.get(engine.info.id, device.policy)))
            self._resident = engine
            self._used_at_s = self._clock()
            return engine

    def device_of(self, engine: ColorizeEngine) -> Device:
        """Return where an engine runs: the accelerator for one that wants it, looked for when it is first loaded."""
        if engine.info.device not in ("cuda", "mps") or self._device.kind != "cpu":
            return self._device
        if self._accelerator is None:
            from engines.torch_runtime import accelerator

            try:
                self._accelerator = accelerator() or self._device
            except ImportError:
                self._accelerator = self._device
        return self._accelerator

    def make_leaner(self, engine: ColorizeEngine) -> bool:
        """Unload an engine whose device ran out of memory and let it load the leanest way from now on.

        Returns False where that helps nothing: it was so already, or the device has no memory of its own.
        """
        with self._lock:
            self.release()
            device = self.device_of(engine)
            if device.kind not in ("cuda", "mps") or engine.info.device == "cpu":
                return False
            if self._policies.get(engine.info.id, device.policy) == LEANEST:
                return False
            self._policies[engine.info.id] = LEANEST
            _LOG.warning("%s ran out of memory; once more with the policy %s", engine.info.label, LEANEST)
            return True

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


def what_fits(device: Device) -> str:
    """Return one sentence that names the models of the catalogue which the device's memory holds whole."""
    fitting = [card.label for card in load_catalog().values() if card.memory_mib <= device.memory_mib]
    if device.kind == "cpu" or not fitting:
        fitting = [card.label for card in load_catalog().values() if card.engine == "compact"]
    return f"This machine holds: {', '.join(fitting)}. Or ask a ComfyUI server elsewhere."
