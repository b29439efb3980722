"""What `irodori preset` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import typer
from msgspec import structs
from rich.console import Console

from host.application import Application
from host.cli.console import plain_table
from host.errors import BadRequest
from host.messaging.messages import LoraChoice, Preset
from host.paths import state_paths
from host.store.presets import PresetFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host.messaging.messages import Message, Options


def print_presets() -> None:
    """Print a line for each preset."""
    table = plain_table("name", "engine", "what it sets")
    for one in _kept().every():
        table.add_row(one.name, one.engine or "–", _told(one.options))
    Console(highlight=False).print(table)


def print_preset(name: str) -> None:
    """Print a preset as JSON.

    Raises:
        NotFound: there is none of this name.
    """
    typer.echo(msgspec.json.format(msgspec.json.encode(_kept().get(name)), indent=1).decode())


def save_preset(name: str, engine: str | None, options: Options, loras: Sequence[str]) -> None:
    """Keep a preset; loras: `NAME` or `NAME=WEIGHT`.

    Raises:
        BadRequest: a weight is none, or the name says nothing. NotFound: there is no such engine.
    """
    if loras:
        options = structs.replace(options, loras=[_lora(one) for one in loras])
    try:
        preset = msgspec.convert(msgspec.to_builtins(Preset(name=name, engine=engine, options=options)), Preset)
    except msgspec.ValidationError as exc:
        raise BadRequest(f"This is no preset: {exc}.", "See `irodori preset save --help`.") from exc
    with Application.open(state_paths(), _unheard) as application:
        application.save_preset(preset)


def remove_preset(name: str) -> None:
    """Forget a preset.

    Raises:
        NotFound: there is none of this name.
    """
    _kept().remove(name)


def chosen_preset(name: str | None) -> Preset | None:
    """Return the preset that `--preset` names; None for none.

    Raises:
        NotFound: there is none of this name.
    """
    return None if name is None else _kept().get(name)


def _kept() -> PresetFile:
    return PresetFile(state_paths().presets_file)


def _lora(text: str) -> LoraChoice:
    name, _, weight = text.rpartition("=")
    if not name:
        return LoraChoice(name=text)
    try:
        return LoraChoice(name=name, weight=float(weight))
    except ValueError as exc:
        raise BadRequest(f"{weight[:64]!r} is no weight.", "Write NAME or NAME=0.8.") from exc


def _told(options: Options) -> str:
    said = []
    for name, value in structs.asdict(options).items():
        if name == "loras" and value:
            said.append("loras " + ", ".join(f"{one.name} {one.weight:g}" for one in value))
        elif value is not None:
            said.append(f"{name.replace('_', ' ')} {value}")
    return "; ".join(said) or "–"


def _unheard(message: Message) -> None:
    """Nobody asked for work here, so nothing is told."""
