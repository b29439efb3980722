"""A host's first start: what a real host, spawned as a browser does, has spent by each mile of the way, and on imports.

The imports' times are those of the interpreter (`-X importtime`), which makes each of them a little slower.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil

from bench.page import bench_page
from host.messaging.client import HostClient

if TYPE_CHECKING:
    from collections.abc import Iterable

_LIMIT_S = 600.0
_PREFIX = "import time:"


class Mile(NamedTuple):
    """A place on the way: seconds since the host was started, and processor time that the host has taken until then."""

    name: str
    wall_s: float
    processor_s: float


class Imported(NamedTuple):
    """A package: how many of its modules were imported, and how long they took without those of other packages."""

    package: str
    modules: int
    own_ms: float


@dataclass(frozen=True)
class ColdProfile:
    """Of one start. peak_mb: the host's largest resident memory when the page was there."""

    miles: tuple[Mile, ...]
    imports: tuple[Imported, ...]
    peak_mb: float


def profile_start() -> ColdProfile:
    """Start a host on an empty home and let it colour one page, without a reference; then once more for the imports."""
    miles, peak_mb = _first_page(None)
    with tempfile.TemporaryFile() as told:
        _first_page(told.fileno())
        told.seek(0)
        imports = summed(told.read().decode(errors="replace").splitlines())
    return ColdProfile(miles, imports, peak_mb)


def summed(lines: Iterable[str]) -> tuple[Imported, ...]:
    """Return the packages of `-X importtime`'s lines, the costliest first."""
    modules, microseconds = Counter[str](), Counter[str]()
    for line in lines:
        own, _, name = (*line.removeprefix(_PREFIX).split("|"), "", "")[:3]
        if line.startswith(_PREFIX) and own.strip().isdigit():
            package = name.strip().split(".")[0]
            modules[package] += 1
            microseconds[package] += int(own)
    return tuple(Imported(name, modules[name], spent / 1000) for name, spent in microseconds.most_common())


def _first_page(stderr: int | None) -> tuple[tuple[Mile, ...], float]:
    encoded = bench_page()
    name = "p0"
    page = {"page_id": name, "index": 0, "sha256": hashlib.sha256(encoded).hexdigest()}
    chapter = {"series": "S", "chapter": "1", "direction": "ltr", "references": [], "pages": [page]}
    environment = None if stderr is None else {"PYTHONPROFILEIMPORTTIME": "1"}
    began = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as home,
        HostClient.spawn(home=Path(home), environment=environment, stderr=stderr) as host,
    ):
        process = psutil.Process(host.process.pid)

        def mile(name: str) -> Mile:
            used = process.cpu_times()
            return Mile(name, time.perf_counter() - began, used.user + used.system)

        miles = [(host.ready, mile("ready"))[1], (host.hello(), mile("hello answered"))[1]]
        job = host.call("pipeline.run_chapter", chapter)
        miles.append(mile("chapter accepted"))
        host.put_page(job["job_id"], name, encoded)
        host.wait_for("page.done", _LIMIT_S)
        miles.append(mile("first page in colour"))
        return tuple(miles), _peak_mb(process)


def _peak_mb(process: psutil.Process) -> float:
    """Return the largest resident memory that the process had; what it has now where the system keeps no record."""
    status = Path(f"/proc/{process.pid}/status")
    if os.name == "posix" and status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return float(process.memory_info().rss) / 1e6
