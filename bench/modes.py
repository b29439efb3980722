"""Benches of several modes: each a module with `main(arguments: Sequence[str]) -> int`, named by its first word."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def run_mode(bench: str, modes: Mapping[str, tuple[str, str]], arguments: list[str]) -> int:
    """Run one mode with the rest of the arguments; without one, list them and return 2.

    modes: by name, the module and a line on what it does.
    """
    if not arguments or arguments[0] not in modes:
        for name, (_, words) in modes.items():
            sys.stderr.write(f"python -m {bench} {name}    {words}\n")
        return 2
    module, _ = modes[arguments[0]]
    return int(import_module(module).main(arguments[1:]))
