"""What a command tells beside its output: one console for lines and bars, so that neither breaks the other."""

from __future__ import annotations

from typing import Final

from rich.console import Console

from host.books.names import printable

STDERR: Final = Console(stderr=True, highlight=False)


def say(line: str) -> None:
    """Tell a line on stderr; nothing in it moves the terminal's cursor, and it is not broken."""
    STDERR.print(printable(line), markup=False, soft_wrap=True)
