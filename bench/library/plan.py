"""Plan a shelf of many volumes, as whole processes: seconds and highest memory against their bounds."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.library.shelves import ROOT, page, start, volume

if TYPE_CHECKING:
    from collections.abc import Sequence

_SECONDS_MAX = 10.0
_MIB_MAX = 300.0


def main(arguments: Sequence[str]) -> int:
    """Print the figures; return 1 where a bound is passed or a volume is not planned."""
    parser = argparse.ArgumentParser(prog="python -m bench.library plan", description=__doc__)
    parser.add_argument("--volumes", type=int, default=2000)
    parser.add_argument("--pages", type=int, default=20)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {f"{number:03}.jpg": page(0, 60) for number in range(options.pages)}
        for number in range(options.volumes):
            volume(folder / "shelf" / f"Series {number % 100}" / f"v{number:05}", "cbz", files)
        line, environ = start(folder / "home", folder / "shelf", "-o", folder / "out", "--plan", "--json")
        began_s = time.monotonic()
        done = subprocess.run(line, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - began_s
    mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    planned = json.loads(done.stdout)
    sys.stdout.write(
        f"{len(planned['volumes'])} volumes, {planned['pages']} pages planned in {seconds:.1f} s, {mib:.0f} MiB\n"
    )
    is_whole = len(planned["volumes"]) == options.volumes and planned["pages"] == options.volumes * options.pages
    return 0 if is_whole and seconds <= _SECONDS_MAX and mib <= _MIB_MAX else 1
