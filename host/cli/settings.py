"""`irodori settings`: look at the settings and change them, also those that the extension may not set."""

from __future__ import annotations

import typer
from msgspec import structs

from engines import registry
from host.errors import BadRequest, NotFound
from host.paths import state_paths
from host.settings import SettingsFile, spelled

_SHOWN = 128


def print_settings(key: str | None) -> None:
    """Print the settings in force; of one, its value alone.

    Raises:
        NotFound: there is none of this name.
    """
    found = structs.asdict(_opened().current)
    if key is None:
        for name, value in found.items():
            typer.echo(f"{name} = {value}")
    elif key in found:
        typer.echo(f"{found[key]}")
    else:
        raise NotFound(f"There is no setting {key[:_SHOWN]!r}.", f"The settings are: {', '.join(found)}.")


def change_setting(key: str, text: str) -> None:
    """Change a setting to what a text spells, and print it.

    Raises:
        BadRequest: an unknown key, a bad value, or the environment goes before it. DiskFull, InternalError
    """
    value = spelled(key, text)
    known = [info.id for info in registry.infos()]
    if key == "default_engine" and value not in known:
        raise BadRequest(f"There is no engine {text[:_SHOWN]!r}.", f"The engines are: {', '.join(known)}.")
    changed = structs.asdict(_opened().update({key: value}))
    typer.echo(f"{key} = {changed[key]}")
    if changed[key] != value:
        typer.echo(f"IRODORI_{key.upper()} in the environment goes before what was written.", err=True)


def _opened() -> SettingsFile:
    return SettingsFile(state_paths().settings_file)
