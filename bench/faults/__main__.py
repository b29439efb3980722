"""`python -m bench.faults MODE [options]`; exit status 0: nothing was lost, 1: something was."""

from __future__ import annotations

import sys
from typing import Final

from bench.modes import run_mode

MODES: Final = {
    "kills": ("bench.faults.kills", "runs of the command line, killed at random points"),
    "databases": ("bench.faults.databases", "databases with flipped bits, used as a host does"),
    "pictures": ("bench.faults.pictures", "pictures with flipped bytes, cuts and inserted chunks, decoded"),
    "formats": ("bench.faults.formats", "every format and mode, nearly as large as a page may be: memory and time"),
    "inputs": ("bench.faults.inputs", "files, archives and pictures that are trouble, by command line and wire"),
    "surroundings": ("bench.faults.surroundings", "the command line on full disks, among pipes, twice at once, …"),
    "homes": ("bench.faults.homes", "homes that take nothing: full, read-only, removed at work"),
    "settings": (
        "bench.faults.settings",
        "every setting with hostile values, by wire, file, environment and command line",
    ),
    "requests": ("bench.faults.requests", "every method of the wire with hostile parameters"),
    "stored": ("bench.faults.stored", "every file and row of a home with hostile content"),
    "cancels": ("bench.faults.cancels", "two pages cancelled at random points: how soon the next one is begun"),
    "chapters": ("bench.faults.chapters", "an ordinary chapter and a strip: the largest memory"),
    "floods": ("bench.faults.floods", "floods over the wire: frames, counts, peers that do not read, cancels"),
}


def main(arguments: list[str]) -> int:
    """Run one mode with the rest of the arguments."""
    return run_mode("bench.faults", MODES, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
