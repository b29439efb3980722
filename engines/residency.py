"""Which engine is in memory: one at a time, brought in when it is needed, dropped when it idles, leaner when it must.

How an engine lies on the device is its memory policy. `auto` leaves the choice to the engine, by the device's memory
and what its parts take (`engines.device_memory`); where that was not enough it is loaded once more with the next leaner
one, and stays with it.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Final

from engines.base import EngineTooLarge
from engines.device_memory import Needs, free_memory, memory_policy
from engines.device_rules import rules_of
from engines.memory_ledger import Holder, MemoryLedger
from models.catalog import load_catalog

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.base import ColorizeEngine, Device, MemoryPolicy
    from engines.device_memory import FreeMemory
    from engines.info import EngineInfo
    from models.catalog import ModelCard

# The one that runs anywhere; and the tasks that are no one's to choose an engine by.
_SMALLEST: Final = "compact"
_NOT_COLOUR: Final = ("pass1", "retrieval", "studio", "words")
_LOG = logging.getLogger(__name__)
LEANEST: Final[MemoryPolicy] = "group_offload"
"""The policy with which only the layer that works is on the device: slow, and the last that there is."""


class Residency:
    """Holds at most one loaded engine. Calls may come from several threads; `load` runs under the lock.

    ledger: where the engine's memory is noted; None for one of its own.
    """

    def __init__(
        self, device: Device, clock: Callable[[], float] = time.monotonic, ledger: MemoryLedger | None = None
    ) -> None:
        self._device = device
        self._ledger = ledger or MemoryLedger()
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
            self._ledger.enter(self._holder(engine))
            try:
                engine.load(replace(device, policy=self._policies.get(engine.info.id, device.policy)))
            except BaseException:
                self._ledger.leave(engine.info.id)
                raise
            self._resident = engine
            self._used_at_s = self._clock()
            return engine

    def share(self, engine: ColorizeEngine) -> bool:
        """Load the engine, unless another one is resident, which stays; say whether it is loaded.

        Raises:
            as `require`.
        """
        with self._lock:
            if self._resident not in (None, engine):
                return False
            self.require(engine)
            return True

    def _holder(self, engine: ColorizeEngine) -> Holder:
        return Holder("image", engine.info.id, weight_mib(engine.info), self.release)

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
        """Unload an engine whose device ran out of memory and let it load the next leaner way from now on.

        Returns False where that helps nothing: there is none, or the device has no memory of its own.
        """
        with self._lock:
            lay = engine.policy
            self.release()
            device = self.device_of(engine)
            if not rules_of(device.kind).own_memory or engine.info.device == "cpu":
                return False
            leaner = _leaner(device, self._policies.get(engine.info.id, lay))
            if leaner is None:
                return False
            self._policies[engine.info.id] = leaner
            _LOG.warning("%s ran out of memory; once more with the policy %s", engine.info.label, leaner)
            return True

    def release(self) -> None:
        """Unload whatever is resident."""
        with self._lock:
            if self._resident is not None:
                self._resident.unload()
                self._ledger.leave(self._resident.info.id)
            self._resident = None

    def release_idle(self, idle_s: float) -> bool:
        """Unload the resident engine, if it was last required `idle_s` seconds ago or earlier; say whether it was."""
        with self._lock:
            if self._resident is None or self._clock() - self._used_at_s < idle_s:
                return False
            self.release()
            return True


def weight_mib(info: EngineInfo) -> int:
    """Return what an engine's models take here, all together, as their cards say; 0 where a server holds them."""
    cards = load_catalog()
    held = (cards[model].memory_mib for model in info.models if model in cards)
    return 0 if info.device == "remote" else sum(held)


def what_fits(device: Device, free: FreeMemory | None = None) -> str:
    """Return one sentence that names the models that draw or colour and for which there is room.

    free: None for what is free now.
    """
    free = free or free_memory(device)
    labels = [
        card.label
        for card in load_catalog().values()
        if card.engine == _SMALLEST
        or (card.engine not in _NOT_COLOUR and not card.is_part and _fits(card, device, free))
    ]
    return f"This machine holds: {', '.join(labels)}. Or ask a ComfyUI server elsewhere."


def _fits(card: ModelCard, device: Device, free: FreeMemory) -> bool:
    try:
        memory_policy(replace(device, policy="auto"), Needs(label=card.label, network_mib=card.memory_mib), free)
    except EngineTooLarge:
        return False
    return card.memory_mib <= free.device_mib or not rules_of(device.kind).own_memory


def _leaner(device: Device, policy: MemoryPolicy) -> MemoryPolicy | None:
    ladder = rules_of(device.kind).policies
    if policy not in ladder:
        return LEANEST
    rest = ladder[ladder.index(policy) + 1 :]
    return rest[0] if rest else None
