"""Options that several commands take alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from host.errors import BadRequest
from host.vocabulary import Direction, EnhancerId

if TYPE_CHECKING:
    from collections.abc import Sequence

PresetName: TypeAlias = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME", help="A way of colouring (`irodori preset`); other options go before it."),
]
Engine: TypeAlias = Annotated[str | None, typer.Option(help="Which engine; see `irodori engines`.")]
Seed: TypeAlias = Annotated[int | None, typer.Option(min=0, help="Same seed, same page, same picture.")]
Strength: TypeAlias = Annotated[float | None, typer.Option(min=0, max=1, help="How strong the colour is.")]
EngineOptions: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--engine-option", metavar="NAME=VALUE", help="Of this engine alone, as its documents name it (repeatable)."
    ),
]
Wish: TypeAlias = Annotated[
    str | None,
    typer.Option("--wish", help="What the pages show, in words; for engines that read them. Default: the settings'."),
]
Translate: TypeAlias = Annotated[
    bool | None,
    typer.Option("--translate/--no-translate", help="Bring the wish into English first (`irodori models list`)."),
]
Caption: TypeAlias = Annotated[
    bool | None, typer.Option("--caption/--no-caption", help="Tell the engine what panels and references show.")
]
Enhance: TypeAlias = Annotated[
    EnhancerId | None, typer.Option("--enhance", help="Let a language model word the wish anew.")
]
KeepColoured: TypeAlias = Annotated[
    bool | None, typer.Option("--keep-coloured/--recolour", help="Leave pages that have colour; or colour them anew.")
]
ReadingWay: TypeAlias = Annotated[Direction, typer.Option(help="Which way the comic is read.")]


def engine_options(texts: Sequence[str]) -> dict[str, Any] | None:
    """Return `NAME=VALUE` as an engine reads it: values of JSON, and texts for what is none; None for none.

    Raises:
        BadRequest: one is no such pair, or a name is said twice.
    """
    options: dict[str, Any] = {}
    for text in texts:
        name, mark, value = text.partition("=")
        if not mark or not name.strip() or name.strip() in options:
            raise BadRequest(f"{text[:60]!r} is no option of an engine.", "Write NAME=VALUE, each name once.")
        try:
            options[name.strip()] = json.loads(value)
        except ValueError:
            options[name.strip()] = value
    return options or None
