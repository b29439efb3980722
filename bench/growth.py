"""How a page's cost grows: `python -m bench.growth [sizes] [strips] [references] [pages] [hosts]`, all without a name.

Each row is a process of its own. Processor time of all threads, which hardly depends on what else the machine does, and
the largest resident memory. `sizes`: a page of 0.5 to 60 megapixels, the second of two; `strips`: 800 px wide, 1,000 to
60,000 px high; `references`: the page of `bench/page.py`, their first time and again; `pages`: a folder of 300 x 450,
every page another, by `irodori colorize` (`--pages N ...`); `hosts`: two of those at once on one home, other pages.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from bench.page import WarmPage, bench_page
from engines.malloc_trim import keep_one_small_heap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_ROOT: Final = Path(__file__).resolve().parent.parent
_MEGAPIXELS: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
_HEIGHTS: Final = (1_000, 3_000, 10_000, 30_000, 60_000)
_REFERENCES: Final = (0, 1, 2, 4)
_SMALL: Final = 300, 450
_WHAT: Final = ("sizes", "strips", "references", "pages", "hosts")


class Cost(NamedTuple):
    """Processor seconds and peak resident MB; per_mp_s: processor seconds a megapixel, 0 where that says nothing."""

    name: str
    processor_s: float
    peak_mb: float
    per_mp_s: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=[*_WHAT, []], default=[])
    parser.add_argument("--pages", type=int, nargs="+", default=[20, 200, 2000])
    parser.add_argument("--case", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:
        kind, value = given.case.split("=")
        print(json.dumps(_CASES[kind](float(value))))
        return
    console = Console()
    for what in given.what or _WHAT:
        table = Table(what, "processor s", "s a megapixel", "peak MB")
        for cost in _costs(what, given.pages):
            share = f"{cost.per_mp_s:.2f}" if cost.per_mp_s else ""
            table.add_row(cost.name, f"{cost.processor_s:.2f}", share, f"{cost.peak_mb:.0f}")
        console.print(table)


def _costs(what: str, pages: list[int]) -> Iterator[Cost]:
    if what == "sizes":
        yield from (_of_process(f"{one:g} MP", f"sizes={one}", one) for one in _MEGAPIXELS)
    elif what == "strips":
        yield from (_of_process(f"800 x {one}", f"strips={one}", 800 * one / 1e6) for one in _HEIGHTS)
    elif what == "references":
        for count in _REFERENCES:
            yield _of_process(f"{count}, first", f"first={count}")
            yield _of_process(f"{count}, again", f"again={count}")
    elif what == "pages":
        yield from (_by_command(count, 1) for count in pages)
    else:
        yield _by_command(min(pages), 2)


def _of_process(name: str, case: str, megapixels: float = 0.0) -> Cost:
    line = [sys.executable, "-m", "bench.growth", "--case", case]
    done = subprocess.run(line, cwd=_ROOT, check=True, capture_output=True, text=True)
    seconds, peak_mb = json.loads(done.stdout)
    return Cost(name, seconds, peak_mb, seconds / megapixels if megapixels else 0.0)


def _sized(megapixels: float) -> tuple[float, float]:
    width = int((megapixels * 1e6 / 1.5) ** 0.5)
    page = cv2.resize(_grey(), (width, int(1.5 * width)), interpolation=cv2.INTER_CUBIC)
    return _measured(np.asarray(page, np.uint8))


def _strip(height: float) -> tuple[float, float]:
    page = cv2.resize(_grey(), (800, 1200), interpolation=cv2.INTER_AREA)
    return _measured(np.tile(page, (int(height) // 1200 + 1, 1))[: int(height)])


def _first(references: float) -> tuple[float, float]:
    return _measured(_grey(), int(references), again=False)


def _again(references: float) -> tuple[float, float]:
    return _measured(_grey(), int(references))


_CASES: Final = {"sizes": _sized, "strips": _strip, "first": _first, "again": _again}


def _measured(grey: NDArray[np.uint8], references: int = 1, *, again: bool = True) -> tuple[float, float]:
    """Return processor seconds of a page and the process' peak in MB; again: it and its references were seen before."""
    keep_one_small_heap()
    page = WarmPage(references=references)
    encoded = cv2.imencode(".jpg" if max(grey.shape) < 1 << 16 else ".png", grey)[1].tobytes()
    page.colour(after_references=again)
    if again:
        page.colour(encoded)
    began = time.process_time()
    page.colour(encoded)
    return time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def _grey() -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(bench_page(), np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)


def _by_command(pages: int, hosts: int) -> Cost:
    """Colour a folder of pages by the command line, in so many processes at once, each its own pages."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        page = np.asarray(cv2.resize(_grey(), _SMALL, interpolation=cv2.INTER_AREA), np.uint8)
        running, noise = [], np.random.default_rng(0)
        for host in range(hosts):
            (folder := root / str(host)).mkdir()
            for number in range(pages):
                # A frame of its own makes each page another.
                mine = cv2.copyMakeBorder(page, 6, 6, 6, 6, cv2.BORDER_CONSTANT, value=255)
                mine[0, : _SMALL[0]] = noise.integers(0, 256, _SMALL[0])
                cv2.imwrite(str(folder / f"{number:05}.png"), np.roll(mine, number % 40, axis=1))
            line = [sys.executable, "-m", "host.cli", "colorize", str(folder), "-o", str(root / f"out{host}")]
            environ = os.environ | {"IRODORI_HOME": str(root / "home")}
            running.append(
                subprocess.Popen(line, cwd=_ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )
        costs = [_ended(one) for one in running]
    return Cost(f"{pages} pages, {hosts} at once", sum(one[0] for one in costs), sum(one[1] for one in costs))


def _ended(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Wait for a process; return its processor seconds and its peak in MB."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"irodori colorize ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3


if __name__ == "__main__":
    main()
