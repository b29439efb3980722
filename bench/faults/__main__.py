"""`python -m bench.faults MODE [options]`; exit status 0: nothing was lost, 1: something was."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

# Each module has `main(arguments: Sequence[str]) -> int`.
MODES: Final = {
    "kills": ("bench.faults.kills", "runs of the command line, killed at random points"),
    "databases": ("bench.faults.databases", "databases with flipped bits, used as a host does"),
    "pictures": ("bench.faults.pictures", "pictures with flipped bytes, cuts and inserted chunks, decoded"),
    "settings": (
        "bench.faults.settings",
        "every setting with hostile values, by wire, file, environment and command line",
    ),
    "cancels": ("bench.faults.cancels", "two pages cancelled at random points: how soon the next one is begun"),
    "chapters": ("bench.faults.chapters", "an ordinary chapter and a strip: the largest memory"),
    "floods": ("bench.faults.floods", "floods over the wire: frames, counts, peers that do not read, cancels"),
}


def main(arguments: list[str]) -> int:
    """Run one mode with the rest of the arguments."""
    if not arguments or arguments[0] not in MODES:
        for name, (_, words) in MODES.items():
            sys.stderr.write(f"python -m bench.faults {name}    {words}\n")
        return 2
    module, _ = MODES[arguments[0]]
    return int(import_module(module).main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
