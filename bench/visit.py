"""A reader's visits, seen from the wire: `python bench/visit.py [--pages N]`.

A cold host is asked for a chapter: how long until the first page is there? Then another host on the same home is asked
again: how long for one page from the cache, request to `page.done`, and for the whole chapter?
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.chapter import drawn_page
from host.messaging.client import HostClient

FIRST_TARGET_S = 4.0
CACHED_TARGET_MS = 40.0
REVISIT_TARGET_S = 1.5
LIMIT_S = 600.0


@dataclass(frozen=True)
class Visits:
    """Seconds: start of the host's process to the first page, request to end of a cached page and of a chapter."""

    first_page_s: float
    cached_page_s: tuple[float, ...]
    revisit_s: float


def measure(pages: int) -> Visits:
    images = {f"p{number}": drawn_page(number) for number in range(pages)}
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        with HostClient.spawn(home=Path(home)) as host:
            host.hello()
            job = host.call("pipeline.run_chapter", _chapter(images))
            for name in job["need"]:
                host.put_page(job["job_id"], name, images[name])
            host.wait_for("page.done", LIMIT_S)
            first_page_s = time.perf_counter() - began
            host.wait_for("job.done", LIMIT_S, job_id=job["job_id"], done=pages)
        with HostClient.spawn(home=Path(home)) as host:
            host.hello()
            began = time.perf_counter()
            again = host.call("pipeline.run_chapter", _chapter(images))
            host.wait_for("job.done", LIMIT_S, job_id=again["job_id"], done=pages)
            revisit_s = time.perf_counter() - began
            return Visits(first_page_s, tuple(_one_page(host, image) for image in images.values()), revisit_s)


def _one_page(host: HostClient, image: bytes) -> float:
    began = time.perf_counter()
    job = host.call("pipeline.run_chapter", _chapter({"p": image}))
    done = host.wait_for("page.done", LIMIT_S, job_id=job["job_id"])
    if not done["cached"]:
        raise SystemExit("a page that was coloured before did not come from the cache")
    return time.perf_counter() - began


def _chapter(images: dict[str, bytes]) -> dict[str, object]:
    pages = [
        {"page_id": name, "index": index, "sha256": hashlib.sha256(image).hexdigest()}
        for index, (name, image) in enumerate(images.items())
    ]
    return {"series": "S", "chapter": "1", "direction": "ltr", "references": [], "pages": pages}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pages", type=int, default=20)
    visits = measure(parser.parse_args().pages)
    table = Table("what", "measured", "target", title=f"Visits to a chapter, {os.cpu_count()} cores")
    table.add_row(
        "cold host to first page", f"{visits.first_page_s:.2f} s", f"<= {FIRST_TARGET_S:.0f} s (browser included)"
    )
    cached_ms = statistics.median(visits.cached_page_s) * 1000
    table.add_row("cached page, request to page.done", f"{cached_ms:.1f} ms", f"<= {CACHED_TARGET_MS:.0f} ms")
    table.add_row("cached chapter", f"{visits.revisit_s:.2f} s", f"<= {REVISIT_TARGET_S} s (browser included)")
    Console().print(table)


if __name__ == "__main__":
    main()
