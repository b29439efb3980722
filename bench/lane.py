"""How busy the lane is kept: `python bench/lane.py [--pages N] [--page-s S]`.

A stand-in engine of fixed speed colours a chapter of 1200 x 1800 pages through the real store and pipeline. Wanted: it
works for at least 95 % of the time from the request to the last page, so that what the processor does for the next
and the last page costs nothing.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bench.chapter import Chapters, drawn_page
from engines.testing.stepped import SteppedEngine

if TYPE_CHECKING:
    from engines.base import ColorizeRequest, ColorizeResult, OnStep

TARGET = 0.95
STEPS = 10


class TimedEngine(SteppedEngine):
    """Adds up how long it works."""

    def __init__(self, page_s: float) -> None:
        super().__init__(page_s / STEPS, STEPS, "bench")
        self.worked_s = 0.0

    def colorize(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Colour a page and take the time."""
        began = time.perf_counter()
        try:
            return super().colorize(request, on_step)
        finally:
            self.worked_s += time.perf_counter() - began


def measure(pages: int, page_s: float) -> tuple[float, float]:
    """Return how long the engine worked and how long the chapter took, in seconds."""
    engine = TimedEngine(page_s)
    with tempfile.TemporaryDirectory() as home:
        chapters = Chapters(Path(home), engine)
        chapters.run([drawn_page(1000)])
        engine.worked_s = 0.0
        drawn = [drawn_page(number) for number in range(pages)]
        began = time.perf_counter()
        chapters.run(drawn)
        wall_s = time.perf_counter() - began
        chapters.application.close()
    if chapters.done != pages + 1:
        raise SystemExit(f"{pages + 1 - chapters.done} pages were not coloured: {set(chapters.failed)}")
    return engine.worked_s, wall_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--page-s", type=float, default=2.0)
    arguments = parser.parse_args()
    worked_s, wall_s = measure(arguments.pages, arguments.page_s)
    table = Table("what", "measured", "target", title=f"The lane, {arguments.pages} pages, {os.cpu_count()} cores")
    table.add_row("engine at work", f"{worked_s:.1f} s", "")
    table.add_row("request to last page", f"{wall_s:.1f} s", "")
    table.add_row("lane busy", f"{worked_s / wall_s:.1%}", f">= {TARGET:.0%}")
    Console().print(table)


if __name__ == "__main__":
    main()
