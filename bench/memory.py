"""Whether the host grows: `python bench/memory.py [--pages N]`.

Colours many small pages, in chapters of 20, and compares the resident memory after all of them with that after the
first 20. Wanted: at most 40 MB more after 500 pages.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench.chapter import Chapters, drawn_page
from engines import registry

TARGET_MB = 40.0
CHAPTER = 20


def measure(pages: int, engine_id: str) -> list[tuple[int, float]]:
    """Return resident memory in MB after 20 pages, and after each further chapter."""
    process = psutil.Process()
    rows: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory() as home:
        chapters = Chapters(Path(home), registry.get(engine_id))
        for start in range(0, pages, CHAPTER):
            chapters.run([drawn_page(number, 600, 400) for number in range(start, min(start + CHAPTER, pages))])
            gc.collect()
            rows.append((start + CHAPTER, process.memory_info().rss / 1e6))
        chapters.application.close()
    if chapters.done != pages:
        raise SystemExit(f"{pages - chapters.done} pages were not coloured: {set(chapters.failed)}")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--engine", default=registry.DEFAULT_ENGINE)
    arguments = parser.parse_args()
    rows = measure(arguments.pages, arguments.engine)
    table = Table("pages", "resident", "growth", "target", title=f"The host's memory, engine {arguments.engine}")
    shown = {0, len(rows) - 1, *range(4, len(rows), 5)}
    for place in sorted(shown):
        pages, resident = rows[place]
        target = f"<= +{TARGET_MB:.0f} MB" if place == len(rows) - 1 else ""
        table.add_row(str(pages), f"{resident:.0f} MB", f"{resident - rows[0][1]:+.0f} MB", target)
    Console().print(table)


if __name__ == "__main__":
    main()
