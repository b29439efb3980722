"""Who holds memory for a model: slots that exclude each other, so that no two heavy models are loaded at once.

A slot is a kind of work: `image` (an engine that colours), `video` (a network that makes films), `llm` (a language
model, also one that another process serves), `segment` (what a click means), `upscale` (larger pages). Whoever is about
to load enters; heavy ones of any slot go first. Small ones stay beside a heavy one.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal

from engines.base import EngineTooLarge
from engines.malloc_trim import return_free_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Guest = Callable[["Holder", Callable[[], None]], AbstractContextManager[None]]
    """Gives a model the memory for a block, and unloads it afterwards; what it is given is called while it waits."""

Slot = Literal["image", "video", "llm", "segment", "upscale"]
_WEIGHED_HERE: Final[tuple[Slot, ...]] = ("llm", "segment", "upscale")
HEAVY_MIB: Final = 1024
"""From here on a model has the memory to itself."""
_MIB: Final = 1 << 20
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Holder:
    """A model that is loaded, or about to be.

    mib: what it takes here. elsewhere: another process or the device's own memory holds it, so that the processor's
    need not have room. unload: gives its memory back; called by whoever enters, on that thread.
    """

    slot: Slot
    label: str
    mib: int
    unload: Callable[[], None]
    elsewhere: bool = False

    @property
    def is_heavy(self) -> bool:
        """Whether it has the memory to itself. What is served elsewhere counts as heavy: it is the same machine's."""
        return self.mib >= HEAVY_MIB or (self.elsewhere and self.slot == "llm")


@dataclass(slots=True)
class _Entry:
    holder: Holder
    used_s: float = field(default=0.0)


class MemoryLedger:
    """Thread-safe. Who enters a heavy or a language model holds the lane: none that is at work is unloaded.

    free_mib: the memory that other programs leave; None: the processor's.
    """

    def __init__(self, free_mib: Callable[[], int] | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._free_mib = free_mib or _free_ram_mib
        self._clock = clock
        self._lock = Lock()
        self._entries: dict[str, _Entry] = {}

    @property
    def held(self) -> tuple[Holder, ...]:
        """What is loaded now, in the order of entering."""
        with self._lock:
            return tuple(entry.holder for entry in self._entries.values())

    def enter(self, holder: Holder) -> None:
        """Note a model that is about to be loaded; what may not stay beside it is unloaded first.

        One of the same label takes the other's place; it is not unloaded.

        Raises:
            EngineTooLarge: there is no room even so; it is not noted. What `unload` raises.
        """
        with self._lock:
            own = self._entries.get(holder.label)
            if own is not None:
                own.holder, own.used_s = holder, self._clock()
                return
        self._evict([one for one in self.held if holder.is_heavy and one.is_heavy])
        # Engines and films are weighed by `device_memory`, which knows how they can lie.
        if holder.slot in _WEIGHED_HERE and not holder.elsewhere and self._free_mib() < holder.mib:
            self._evict(self._longest_unused())
            free = self._free_mib()
            if free < holder.mib:
                raise EngineTooLarge(
                    f"{holder.label} takes {holder.mib / 1024:.1f} GiB of memory, {free / 1024:.1f} GiB are free",
                    "Close other programs, or choose a smaller model.",
                )
        with self._lock:
            self._entries[holder.label] = _Entry(holder, self._clock())

    def leave(self, label: str) -> None:
        """Note that a model was unloaded; nothing where it was not there."""
        with self._lock:
            self._entries.pop(label, None)

    @contextmanager
    def holding(self, holder: Holder) -> Iterator[None]:
        """Enter for the time of a block; afterwards the model is unloaded and leaves.

        Raises:
            as `enter`
        """
        self.enter(holder)
        try:
            yield
        finally:
            self._evict([holder])

    def release_idle(self, idle_s: float) -> None:
        """Unload small models that were last entered `idle_s` seconds ago or earlier."""
        now_s = self._clock()
        with self._lock:
            idle = [
                entry.holder
                for entry in self._entries.values()
                if entry.holder.slot == "llm" and now_s - entry.used_s >= idle_s
            ]
        self._evict(idle)

    def close(self) -> None:
        """Unload the language models; engines are their residency's to unload."""
        self.release_idle(float("-inf"))

    def _longest_unused(self) -> list[Holder]:
        with self._lock:
            return [one.holder for one in sorted(self._entries.values(), key=lambda one: one.used_s)]

    def _evict(self, holders: list[Holder]) -> None:
        for one in holders:
            _LOG.info("%s (%s) gives its memory back", one.label, one.slot)
            try:
                one.unload()
            finally:
                self.leave(one.label)
        if holders:
            return_free_memory()


@contextmanager
def nobody_else(holder: Holder, check: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Be the `Guest` of a process that holds no other model: unload afterwards."""
    check()
    try:
        yield
    finally:
        holder.unload()


def _free_ram_mib() -> int:
    import psutil

    return int(psutil.virtual_memory().available) // _MIB
