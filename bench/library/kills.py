"""Colour one shelf undisturbed, and once more in runs that are killed at random points: the same bytes must come out.

Counted: pages in and out by the report, volumes whose bytes differ, files of killed runs that stayed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.library.shelves import ROOT, mixed, start
from host.library.manifest import FOLDER

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHOLE_S = 7200


def main(arguments: Sequence[str]) -> int:
    """Print the counts; return 1 on a loss."""
    parser = argparse.ArgumentParser(prog="python -m bench.library kills", description=__doc__)
    parser.add_argument("--volumes", type=int, default=40)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    dice = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages = mixed(folder / "shelf", options.volumes, options.seed)
        whole, whole_s = _whole(folder, "whole")
        sys.stdout.write(f"{options.volumes} volumes of {pages} pages; undisturbed {whole_s:.0f} s\n")
        killed = _kill(folder, options.kills, whole_s, dice)
        again, _ = _whole(folder, "killed")
        return _judge(folder, pages, killed, whole, again)


def _kill(folder: Path, kills: int, whole_s: float, dice: random.Random) -> int:
    """Start and kill runs; return how many were killed at work."""
    killed = 0
    for number in range(kills):
        line, environ = start(folder / "home", folder / "shelf", "-o", folder / "killed")
        name = dice.choice(["SIGKILL", "SIGKILL", "SIGTERM"])
        with subprocess.Popen(line, env=environ, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
            time.sleep(dice.uniform(0.5, max(1.0, whole_s / kills * 2)))
            killed += process.poll() is None
            process.send_signal(getattr(signal, name))
        sys.stdout.write(f"  {number + 1}: {name}, {len(_digests(folder / 'killed'))} volumes stand\n")
        sys.stdout.flush()
    return killed


def _whole(folder: Path, output: str) -> tuple[dict[str, Any], float]:
    began_s = time.monotonic()
    line, environ = start(folder / "home", folder / "shelf", "-o", folder / output)
    subprocess.run(line, env=environ, cwd=ROOT, stderr=subprocess.DEVNULL, check=False, timeout=_WHOLE_S)
    return json.loads((folder / output / "report.json").read_text()), time.monotonic() - began_s


def _judge(folder: Path, pages: int, killed: int, whole: dict[str, Any], again: dict[str, Any]) -> int:
    one, other = _digests(folder / "whole"), _digests(folder / "killed")
    differ = [name for name in one.keys() | other.keys() if one.get(name) != other.get(name)]
    counts = [{**report["counts"], "volumes_done_before": 0} for report in (whole, again)]
    remains = [path for path in (folder / "killed").rglob("*") if path.name.startswith(".irodori-") and path.is_file()]
    unpacked = [path for path in (folder / "home" / "cache" / "unpacked").glob("*") if path.is_dir()]
    told = counts[1]
    sys.stdout.write(
        f"killed at work {killed} times; pages in {pages}, told {told['pages']}, out {told['written']}; "
        f"volumes {len(other)}, other bytes {len(differ)}; remains: {len(remains)} there, {len(unpacked)} else\n"
    )
    is_whole = told["pages"] == pages == told["written"] and counts[0] == counts[1]
    return 0 if is_whole and not differ and not remains and other else 1


def _digests(output: Path) -> dict[str, str]:
    return {
        path.relative_to(output).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in output.rglob("*.cbz")
        if FOLDER not in path.parts
    }
