"""`python -m bench.library MODE [options]`; exit status 0: nothing was lost and every bound held, else 1."""

from __future__ import annotations

import sys
from typing import Final

from bench.modes import run_mode

MODES: Final = {
    "kills": ("bench.library.kills", "mixed volumes, coloured in runs that are killed at random points"),
    "plan": ("bench.library.plan", "a shelf of many volumes, planned: seconds and memory"),
    "cluster": ("bench.library.cluster", "the same shelf on Ray clusters of this machine, one with a node killed"),
    "search": ("bench.library.search", "recall@10 of the search by picture and by words, on labelled pages"),
    "closure": ("bench.library.closure", "Closure-Lite's variants trained small: the next panel beside our rule"),
    "opened": ("bench.library.opened", "what `library colour` writes, opened by other people's readers"),
    "memory": ("bench.library.memory", "many small pages: memory of the parent and its workers as they go by"),
}


def main(arguments: list[str]) -> int:
    """Run one mode with the rest of the arguments."""
    return run_mode("bench.library", MODES, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
