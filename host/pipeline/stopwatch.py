"""How long the stages of a page took, and how much memory the process held."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host.vocabulary import Stage

_PROCESS = psutil.Process()


class Stopwatch:
    """Collects one page's durations by stage; a stage measured twice adds up.

    `peak_memory_mib` is the largest resident memory of the process at the end of any of the page's stages.
    """

    def __init__(self) -> None:
        self.duration_ms: dict[Stage, float] = {}
        self.peak_memory_mib = 0.0

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Measure what runs inside, also when it fails."""
        started = time.perf_counter()
        try:
            yield
        finally:
            elapsed_ms = (time.perf_counter() - started) * 1000
            self.duration_ms[stage] = round(self.duration_ms.get(stage, 0.0) + elapsed_ms, 3)
            self.peak_memory_mib = max(self.peak_memory_mib, round(_PROCESS.memory_info().rss / 2**20, 1))
