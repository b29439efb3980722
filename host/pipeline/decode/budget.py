"""How much memory all decodes of this process may hold together; whoever does not fit waits."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOOK_S: Final = 0.1


class MemoryBudget:
    """A semaphore that counts bytes. One who alone wants more than all of it goes alone."""

    def __init__(self, total_bytes: int) -> None:
        self._total = total_bytes
        self._held = 0
        self._freed = threading.Condition()

    @property
    def held_bytes(self) -> int:
        """What is held at this moment."""
        return self._held

    @contextmanager
    def hold(self, wanted_bytes: int, check: Callable[[], None] | None = None) -> Iterator[None]:
        """Hold memory while the block runs. `check` is called while waiting; what it raises ends the wait."""
        share = min(wanted_bytes, self._total)
        with self._freed:
            while self._held + share > self._total:
                self._freed.wait(_LOOK_S)
                if check is not None:
                    check()
            self._held += share
        try:
            yield
        finally:
            with self._freed:
                self._held -= share
                self._freed.notify_all()


DECODING: Final = MemoryBudget(700 * 10**6)
