"""`irodori library key`: a server's key into the keyring, and out of it."""

from __future__ import annotations

import sys

import typer

from engines.vlm.endpoint import Endpoint
from host.cli.library.analyse import key_name
from host.errors import BadRequest
from host.secrets import delete_secret, set_secret


def keep_key(endpoint: str, *, forget: bool) -> None:
    """Ask for a key (on a terminal without showing it, else a line of standard input) and keep it for this server.

    Raises:
        BadRequest: the address is none, or no key was given. SecretsUnavailable
    """
    server = Endpoint(endpoint, "-")
    if server.fault():
        raise BadRequest(f"The endpoint cannot be used: {server.fault()}.", "Name it as for --endpoint.")
    if forget:
        delete_secret(key_name(server.origin))
        typer.echo(f"No key is kept for {server.origin}.")
        return
    value = typer.prompt("Key", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not value.strip():
        raise BadRequest("No key was given.", "Type it, or send it as a line of standard input.")
    set_secret(key_name(server.origin), value.strip(), server.origin)
    typer.echo(f"The key is kept for {server.origin}.")
