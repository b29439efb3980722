"""Many small pages through one run: memory of the parent, and of it with its workers, as volumes go by."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.faults.memory import held_bytes
from bench.library.shelves import ROOT, page, start, volume

if TYPE_CHECKING:
    from collections.abc import Sequence

_GROWTH_MIB_MAX = 40.0
_LOOK_S = 0.5


def main(arguments: Sequence[str]) -> int:
    """Print the figures; return 1 where memory grows, or a page is lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.library memory", description=__doc__)
    parser.add_argument("--pages", type=int, default=5000)
    parser.add_argument("--of-a-volume", type=int, default=100)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make(folder / "shelf", options.pages, options.of_a_volume)
        line, environ = start(folder / "home", folder / "shelf", "-o", folder / "out")
        began_s = time.monotonic()
        with subprocess.Popen(line, env=environ, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
            looked: list[tuple[float, float]] = []
            watching = threading.Thread(target=_look, args=(process.pid, looked))
            watching.start()
            process.wait()
            watching.join()
        seconds = time.monotonic() - began_s
        counts = json.loads((folder / "out" / "report.json").read_text())["counts"]
    settled = looked[len(looked) // 5 :]
    half = len(settled) // 2
    grown = []
    for place, name in enumerate(("the command itself", "with its workers")):
        early, late = (max(one[place] for one in part) for part in (settled[:half], settled[half:]))
        grown.append(late - early)
        sys.stdout.write(f"{name}: {early:.0f} MiB at the highest in the first half, {late:.0f} in the second\n")
    sys.stdout.write(f"{counts['written']} of {options.pages} pages in {seconds:.0f} s\n")
    return 0 if counts["written"] == options.pages and max(grown) <= _GROWTH_MIB_MAX else 1


def _make(shelf: Path, pages: int, of_a_volume: int) -> None:
    for first in range(0, pages, of_a_volume):
        numbers = range(first, min(pages, first + of_a_volume))
        volume(shelf / f"v{first:05}", "cbz", {f"{number:05}.jpg": page(number, 120) for number in numbers})


def _look(pid: int, looked: list[tuple[float, float]]) -> None:
    try:
        parent = psutil.Process(pid)
        while parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
            own = parent.memory_info().rss / (1 << 20)
            looked.append((own, held_bytes(pid) / (1 << 20)))
            time.sleep(_LOOK_S)
    except psutil.Error:
        return
