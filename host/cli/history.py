"""`irodori history`: what was coloured when, and forgetting it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from host.application import Application
from host.cli.console import plain_table
from host.errors import BadRequest
from host.paths import state_paths

if TYPE_CHECKING:
    from host.messaging.messages import Message


def print_history() -> None:
    """Print a line for each series."""
    with Application.open(state_paths(), _unheard) as application:
        rows = application.store.history.series()
    table = plain_table("series", "last", "chapters", "pages", "engines", "references", "seconds")
    for one in rows:
        last = datetime.fromtimestamp(one.last, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
        figures = (str(one.chapters), str(one.pages), ", ".join(one.engines), str(len(one.references)))
        table.add_row(one.series or "(no name)", last, *figures, f"{one.seconds:.1f}")
    Console(highlight=False).print(table)


def print_report(series: str) -> None:
    """Write the report of a series and print where it is.

    Raises:
        NotFound: nothing of it is in the cache.
    """
    with Application.open(state_paths(), _unheard) as application:
        written = application.report(series)
    typer.echo(written.path)


def forget_history(series: str | None, *, everything: bool) -> None:
    """Forget a series or all of them, and say how many pages that were.

    Raises:
        BadRequest: neither is named, or both are.
    """
    if (series is None) != everything:
        raise BadRequest("Forget either a series or all of them.", "Name one, or say --all.")
    with Application.open(state_paths(), _unheard) as application:
        count = application.forget(series)
    Console(highlight=False).print(f"{count} pages forgotten")


def _unheard(message: Message) -> None:
    """Nobody asked for work here, so nothing is told."""
