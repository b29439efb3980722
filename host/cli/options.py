"""Options that several commands take alike."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from host.vocabulary import Direction

PresetName: TypeAlias = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME", help="A way of colouring (`irodori preset`); other options go before it."),
]
Engine: TypeAlias = Annotated[str | None, typer.Option(help="Which engine; see `irodori engines`.")]
Seed: TypeAlias = Annotated[int | None, typer.Option(min=0, help="Same seed, same page, same picture.")]
Strength: TypeAlias = Annotated[float | None, typer.Option(min=0, max=1, help="How strong the colour is.")]
KeepColoured: TypeAlias = Annotated[
    bool | None, typer.Option("--keep-coloured/--recolour", help="Leave pages that have colour; or colour them anew.")
]
ReadingWay: TypeAlias = Annotated[Direction, typer.Option(help="Which way the comic is read.")]
