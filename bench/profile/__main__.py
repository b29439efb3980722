"""Where a page's processor time goes: `python -m bench.profile [page] [cold] [--runs N]`.

`page`: the page of `bench/page.py`, warm, step by step, by network and by function. `cold`: a host's first start to its
first page in colour, and what it imports on the way. Both without a name. Processor time of all threads: unlike the
time on the wall it hardly depends on what else the machine does.
"""

from __future__ import annotations

import argparse
import os
import platform
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bench.profile.cold import profile_start
from bench.profile.warm import profile_page

if TYPE_CHECKING:
    from bench.profile.cold import ColdProfile
    from bench.profile.warm import WarmProfile

_IMPORTS_SHOWN = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=["page", "cold", []], default=[])
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    console = Console()
    console.print(f"{platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    if not given.what or "page" in given.what:
        console.print(*_of_page(profile_page(given.runs)), sep="\n")
    if not given.what or "cold" in given.what:
        console.print(*_of_start(profile_start()), sep="\n")


def _of_page(profile: WarmProfile) -> list[Table]:
    steps = Table("step", "times", "ms", "share", title=f"A warm page, {profile.total_ms:.0f} ms of processor time")
    for step, cost in profile.steps:
        share = f"{cost.with_callees_ms / profile.total_ms:.0%}"
        steps.add_row("  " * step.depth + step.name, f"{cost.calls:g}", f"{cost.with_callees_ms:.0f}", share)
    networks = Table("network", "ms", title="of it, in ONNX Runtime")
    for name, milliseconds in profile.networks.items():
        networks.add_row(name, f"{milliseconds:.0f}")
    functions = Table("function", "times", "own ms", "with callees", title="the costliest functions")
    for name, cost in profile.functions:
        functions.add_row(name, f"{cost.calls:g}", f"{cost.own_ms:.1f}", f"{cost.with_callees_ms:.1f}")
    return [steps, networks, functions]


def _of_start(profile: ColdProfile) -> list[Table]:
    miles = Table("a cold host", "s", "processor s", title=f"peak {profile.peak_mb:.0f} MB")
    for mile in profile.miles:
        miles.add_row(mile.name, f"{mile.wall_s:.2f}", f"{mile.processor_s:.2f}")
    total_ms = sum(one.own_ms for one in profile.imports)
    imports = Table("package", "modules", "own ms", title=f"imports, {total_ms:.0f} ms")
    for one in profile.imports[:_IMPORTS_SHOWN]:
        imports.add_row(one.package, str(one.modules), f"{one.own_ms:.1f}")
    return [miles, imports]


if __name__ == "__main__":
    main()
