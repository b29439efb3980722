"""`python -m bench.library MODE [options]`; exit status 0: nothing was lost and every bound held, else 1."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

# Each module has `main(arguments: Sequence[str]) -> int`.
MODES: Final = {
    "kills": ("bench.library.kills", "mixed volumes, coloured in runs that are killed at random points"),
    "plan": ("bench.library.plan", "a shelf of many volumes, planned: seconds and memory"),
    "cluster": ("bench.library.cluster", "the same shelf on Ray clusters of this machine, one with a node killed"),
    "memory": ("bench.library.memory", "many small pages: memory of the parent and its workers as they go by"),
}


def main(arguments: list[str]) -> int:
    """Run one mode with the rest of the arguments."""
    if not arguments or arguments[0] not in MODES:
        for name, (_, words) in MODES.items():
            sys.stderr.write(f"python -m bench.library {name}    {words}\n")
        return 2
    module, _ = MODES[arguments[0]]
    return int(import_module(module).main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
