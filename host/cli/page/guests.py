"""Memory for a model that a command loads: on the machine's lane, so that no host works with another one meanwhile."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from engines.memory_ledger import MemoryLedger
from host.jobs.lane import Lane
from host.paths import state_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engines.memory_ledger import Guest, Holder


@contextmanager
def guest_of_machine() -> Iterator[Guest]:
    """Return what gives a model memory in this process; nothing is held before somebody asks."""
    lane, ledger = Lane(state_paths().lane_lock), MemoryLedger()

    @contextmanager
    def guest(holder: Holder, check: Callable[[], None]) -> Iterator[None]:
        with lane.hold(check), ledger.holding(holder):
            yield

    try:
        yield guest
    finally:
        lane.close()
