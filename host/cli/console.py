"""How commands tell things: tables, and one console for lines and bars, so that neither breaks the other."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.table import Table

from host.books.names import printable

STDERR: Final = Console(stderr=True, highlight=False)


def say(line: str) -> None:
    """Tell a line on stderr; nothing in it moves the terminal's cursor, and it is not broken."""
    STDERR.print(printable(line), markup=False, soft_wrap=True)


def plain_table(*headings: str) -> Table:
    """Return a table without frames, whose cells break rather than end."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
