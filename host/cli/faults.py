"""How a command ends that could not do what it was asked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import typer

from host.errors import BadRequest, IrodoriError, NotFound, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130


@contextmanager
def faults_told() -> Iterator[None]:
    """Turn what ends a command into words on stderr and an exit status."""
    try:
        yield
    except IrodoriError as error:
        from host.books.names import printable

        typer.echo(f"Error: {printable(error.message)}", err=True)
        if error.hint:
            typer.echo(f"       {printable(error.hint)}", err=True)
        raise typer.Exit(USAGE if isinstance(error, BadRequest | NotFound | TooLarge) else FAILED) from error
    except KeyboardInterrupt as interrupt:
        typer.echo("Interrupted; what was finished is kept.", err=True)
        raise typer.Exit(INTERRUPTED) from interrupt
