"""`make bench`: every figure that the project holds itself to, with the command that measures it alone.

`python -m bench [--quick]`; `--quick` takes fewer runs and pages. A measurement that fails is a row that says so.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from host.device import machine_device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Row:
    """One figure; `met` is None where there is no target."""

    what: str
    measured: str
    target: str
    met: bool | None
    command: str


def wire(*, quick: bool) -> Iterator[Row]:
    from bench import wire as bench

    with tempfile.TemporaryDirectory() as home:
        rows = bench.host_rows(Path(home), 5 if quick else 15)
    for name, times_ms, _ in rows:
        median = statistics.median(times_ms)
        target = bench.READY_TARGET_MS if "session.ready" in name else None
        yield Row(name, f"{median:.1f} ms", _most(target, "ms"), _within(median, target), "bench/wire.py")


def visit(*, quick: bool) -> Iterator[Row]:
    from bench import visit as bench

    pages = 5 if quick else 20
    visits = bench.measure(pages)
    cached_ms = statistics.median(visits.cached_page_s) * 1000
    rows = (
        ("cold host → first page (1200×1800)", visits.first_page_s, "s", bench.FIRST_TARGET_S),
        ("cached page, request → page.done", cached_ms, "ms", bench.CACHED_TARGET_MS),
        (f"cached chapter of {pages} pages, all of them", visits.revisit_s, "s", bench.REVISIT_TARGET_S),
    )
    for what, value, unit, target in rows:
        yield Row(what, f"{value:.2f} {unit}", _most(target, unit), _within(value, target), "bench/visit.py")


def page(*, quick: bool) -> Iterator[Row]:
    from bench import page as bench

    figures = bench.measure(runs=5 if quick else 15)
    median_s = statistics.median(figures.seconds)
    yield Row(
        "1200×1800 page, warm, decode → encode",
        f"{median_s:.2f} s",
        _most(bench.TARGET_S, "s"),
        median_s <= bench.TARGET_S,
        "bench/page.py",
    )
    peak_mb = figures.peak_mib * 2**20 / 1e6
    yield Row(
        "its peak memory",
        f"{peak_mb:.0f} MB",
        _most(bench.TARGET_MB, "MB"),
        peak_mb <= bench.TARGET_MB,
        "bench/page.py",
    )


def lane(*, quick: bool) -> Iterator[Row]:
    from bench import lane as bench

    pages = 6 if quick else 20
    worked_s, wall_s = bench.measure(pages, 2.0)
    busy = worked_s / wall_s
    what = f"lane busy over {pages} pages, stand-in engine"
    yield Row(what, f"{busy:.1%}", f"≥ {bench.TARGET:.0%}", busy >= bench.TARGET, "bench/lane.py")


def memory(*, quick: bool) -> Iterator[Row]:
    from bench import memory as bench
    from engines import registry

    pages = 100 if quick else 500
    rows = bench.measure(pages, registry.DEFAULT_ENGINE)
    growth = rows[-1][1] - rows[0][1]
    what = f"host memory after {pages} pages against after 20"
    yield Row(what, f"{growth:+.0f} MB", f"≤ +{bench.TARGET_MB:.0f} MB", growth <= bench.TARGET_MB, "bench/memory.py")


def ink(*, quick: bool) -> Iterator[Row]:
    from bench import ink as bench

    del quick
    pages = bench.measure()
    changed = sum(each.changed for each in pages)
    worst = min(each.dice for each in pages)
    rejected = sum(each.retries < 0 for each in pages)
    what = f"protected pixels changed, {len(pages)} pages"
    yield Row(what, str(changed), "0", changed == 0, "bench/ink.py")
    yield Row(
        "line Dice, worst page", f"{worst:.3f}", f"≥ {bench.DICE_TARGET}", worst >= bench.DICE_TARGET, "bench/ink.py"
    )
    yield Row("pages given up", str(rejected), "0", rejected == 0, "bench/ink.py")


def browser(*, quick: bool) -> Iterator[Row]:
    from bench import browser as bench

    pages = 5 if quick else 20
    waits = bench.measure(pages, 5 if quick else 9)
    rows = (
        ("click → first coloured page, host cold", waits.first_page_s, "s", 4.0),
        (f"chapter of {pages} pages again, all in colour", waits.revisit_s, "s", 1.5),
        ("page seen before, key → colour", statistics.median(waits.turns_ms), "ms", bench.TURN_TARGET_MS),
        ("8 MB there and back", statistics.median(waits.echo_ms), "ms", 400.0),
    )
    for what, value, unit, target in rows:
        yield Row(
            f"Chromium: {what}", f"{value:.2f} {unit}", _most(target, unit), _within(value, target), "bench/browser.py"
        )


MEASUREMENTS: tuple[Callable[..., Iterator[Row]], ...] = (wire, visit, page, browser, lane, ink, memory)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure what the project promises.")
    parser.add_argument("--quick", action="store_true", help="fewer runs and pages")
    parser.add_argument("only", nargs="*", metavar="WHAT", help=", ".join(each.__name__ for each in MEASUREMENTS))
    options = parser.parse_args()
    errors = Console(stderr=True)
    console = Console(width=max(130, errors.width))
    table = Table("what", "measured (median)", "target", "", "alone: python …", title=_machine(), expand=False)
    missed = 0
    for measurement in MEASUREMENTS:
        if options.only and measurement.__name__ not in options.only:
            continue
        errors.print(f"measuring: {measurement.__name__} …", style="dim")
        for row in _rows(measurement, quick=options.quick):
            missed += row.met is False
            mark = {True: "[green]✓[/]", False: "[red]✗[/]", None: ""}[row.met]
            table.add_row(row.what, row.measured, row.target, mark, row.command)
    console.print(table)
    return 1 if missed else 0


def _rows(measurement: Callable[..., Iterator[Row]], *, quick: bool) -> Iterator[Row]:
    try:
        yield from measurement(quick=quick)
    except (Exception, SystemExit) as exc:  # noqa: BLE001 - one measurement that fails must not hide the others
        yield Row(measurement.__name__, f"failed: {exc}", "", met=False, command=f"bench/{measurement.__name__}.py")


def _most(target: float | None, unit: str) -> str:
    return "" if target is None else f"≤ {target:g} {unit}"


def _within(value: float, target: float | None) -> bool | None:
    return None if target is None else value <= target


def _machine() -> str:
    return f"{machine_device().name}, {platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores"


if __name__ == "__main__":
    sys.exit(main())
