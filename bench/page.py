"""One page, warm: `python bench/page.py [--runs N] [--engine ID]`.

A grey page of 1200 x 1800 with balloons (a page of `tests/pages`, enlarged, as JPEG) goes the whole way with an engine
that is loaded. Printed: the median of each stage and of the whole, and the largest resident memory on the way. Wanted:
at most 1.2 s and 700 MB. `compose` holds `review`, which is also given alone.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from engines import registry
from engines.base import Plan
from host.device import machine_device
from host.pipeline.decode import decode_page
from host.pipeline.generation.review import review_page
from host.pipeline.job import PageJob
from host.pipeline.page import PagePipeline
from host.pipeline.prepared import PreparedPage
from host.pipeline.series import ReferencePicture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host.pipeline.finished import FinishedPage

PAGES = Path(__file__).resolve().parent.parent / "tests" / "pages"
TARGET_S = 1.2
TARGET_MB = 700.0


@dataclass
class Figures:
    """Seconds of each run, milliseconds by stage, and the largest resident memory of the process."""

    seconds: list[float] = field(default_factory=list)
    stages_ms: dict[str, list[float]] = field(default_factory=dict)
    peak_mib: float = 0.0


class WarmPage:
    """The page, its references and an engine that is loaded. references: how many; one picture, turned."""

    def __init__(self, engine_id: str = registry.DEFAULT_ENGINE, references: int = 1) -> None:
        self._engine = registry.get(engine_id)
        self._engine.load(machine_device())
        pixels = decode_page((PAGES / "reference-warm.webp").read_bytes()).rgb
        shown = tuple(
            ReferencePicture(reference_id=f"warm{turn}", pixels=np.rot90(pixels, turn)) for turn in range(references)
        )
        self._job = PageJob(engine=self._engine.info, plan=Plan(seed=0), references=shown, direction="ltr")
        self._pipeline, self._encoded = PagePipeline(), bench_page()

    def colour(
        self, encoded: bytes | None = None, *, after_references: bool = True
    ) -> tuple[PreparedPage, FinishedPage, float]:
        """Return the page as it was prepared and as it is done, and how many seconds decoding took.

        encoded: another page in its place. after_references: whether its references are used.
        """
        started = time.perf_counter()
        page = self._pipeline.decode(encoded or self._encoded)
        decode_s = time.perf_counter() - started
        job = self._job if after_references else replace(self._job, references=())
        prepared = self._pipeline.read(page, job, _unheard)
        if not isinstance(prepared, PreparedPage):
            raise SystemExit(f"the page was skipped: {prepared.reason}")
        coloured = self._pipeline.colour(prepared, self._engine, _unheard)
        return prepared, self._pipeline.finish(prepared, coloured, _unheard), decode_s


def measure(runs: int, engine_id: str = registry.DEFAULT_ENGINE) -> Figures:
    """Colour the page `runs` times, after two runs that warm everything up."""
    page, figures = WarmPage(engine_id), Figures()
    with _peak_memory(figures):
        for run in range(-2, runs):
            stages_ms, seconds = _timed(page)
            if run >= 0:
                figures.seconds.append(seconds)
                for stage, milliseconds in stages_ms.items():
                    figures.stages_ms.setdefault(stage, []).append(milliseconds)
    return figures


def bench_page() -> bytes:
    """Return a grey page with balloons, 1200 x 1800, as JPEG."""
    grey = cv2.imread(str(PAGES / "panels-ja.jpg"), cv2.IMREAD_GRAYSCALE)
    encoded = cv2.imencode(".jpg", cv2.resize(grey, (1200, 1800), interpolation=cv2.INTER_CUBIC))[1]
    return encoded.tobytes()


def _timed(page: WarmPage) -> tuple[dict[str, float], float]:
    started = time.perf_counter()
    prepared, finished, decode_s = page.colour()
    seconds = time.perf_counter() - started
    return {"decode": decode_s * 1000, **finished.runmeta.duration_ms, "review alone": _review_ms(prepared)}, seconds


def _review_ms(prepared: PreparedPage) -> float:
    started = time.perf_counter()
    review_page(prepared.page, prepared.request.protect, prepared.page.rgb)
    return (time.perf_counter() - started) * 1000


def _unheard(*_: object) -> None:
    """Take a step's progress and say nothing."""


@contextmanager
def _peak_memory(figures: Figures) -> Iterator[None]:
    process, done = psutil.Process(), threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            figures.peak_mib = max(figures.peak_mib, process.memory_info().rss / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--engine", default=registry.DEFAULT_ENGINE)
    given = parser.parse_args()
    figures = measure(given.runs, given.engine)
    table = Table("stage", "median ms", "fastest ms")
    for stage, times in figures.stages_ms.items():
        table.add_row(stage, f"{statistics.median(times):.0f}", f"{min(times):.0f}")
    table.add_row("all", f"{1000 * statistics.median(figures.seconds):.0f}", f"{1000 * min(figures.seconds):.0f}")
    Console().print(table, f"peak {figures.peak_mib:.0f} MiB; wanted: {TARGET_S} s, {TARGET_MB:.0f} MB")


if __name__ == "__main__":
    main()
