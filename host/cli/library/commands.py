"""The commands of `irodori library`, declared."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the types
from typing import Annotated, Final

import typer

from host.cli.faults import faults_told
from host.cli.options import (
    Caption,
    Engine,
    EngineOptions,
    Enhance,
    KeepColoured,
    PresetName,
    Seed,
    Strength,
    Translate,
    Wish,
    engine_options,
)
from host.vocabulary import Direction, OutputKind, PageFormat  # noqa: TC001 - typer reads the types

library: Final = typer.Typer(help="Whole shelves of comics.", no_args_is_help=True)


@library.callback()
def _library() -> None:
    """Whole shelves of comics."""


@library.command("colour")
def colour(
    shelves: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders of volumes; or volumes.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for coloured volumes, laid out alike.")],
    kind: Annotated[OutputKind, typer.Option("--format", help="What volumes become.")] = "cbz",
    pages: Annotated[
        PageFormat | None,
        typer.Option("--pages", help="What coloured pages become; default: the setting output_format."),
    ] = None,
    reference: Annotated[
        list[Path] | None,
        typer.Option("--reference", "-r", help="A picture whose colours all take (repeatable). Default: covers."),
    ] = None,
    references: Annotated[
        Path | None,
        typer.Option("--references", help='JSON of references by volume or series: {"Series/*": ["a.jpg"]}.'),
    ] = None,
    series: Annotated[
        str | None,
        typer.Option(help="The series whose palette all wear (`irodori palette`); default: each volume's own series'."),
    ] = None,
    wish: Wish = None,
    translate: Translate = None,
    caption: Caption = None,
    enhance: Enhance = None,
    preset: PresetName = None,
    engine: Engine = None,
    seed: Seed = None,
    strength: Strength = None,
    engine_option: EngineOptions = None,
    direction: Annotated[Direction, typer.Option(help="Which way the comics are read.")] = "auto",
    keep_coloured: KeepColoured = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes side by side; default: by cores and memory.")
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option("--ray", metavar="ADDRESS", help="Colour on a Ray cluster that runs: HOST:PORT, or auto."),
    ] = None,
    results: Annotated[
        str | None,
        typer.Option("--results", metavar="PLACE", help="Where all its nodes keep pages: a shared folder, s3://…"),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Say what would be done, and do nothing.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on with what is put there, until Ctrl-C.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Do volumes in which something failed again.")] = False,
    runmeta: Annotated[bool, typer.Option("--runmeta", help="Keep each coloured page's record beside it.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the report (or the plan) as JSON.")] = False,
) -> None:
    """Colour whole shelves. A run that was ended goes on where it was; what is done is not done again."""
    from host.cli.library.colour import Request, run
    from host.cli.presets import chosen_preset
    from host.messaging.messages import Options
    from host.store.presets import with_preset

    with faults_told():
        said = Options(
            seed=seed,
            strength=strength,
            keep_coloured=keep_coloured,
            prompt=wish,
            engine_options=engine_options(engine_option or ()),
            translate=translate,
            caption=caption,
            enhance=enhance,
        )
        chosen, options = with_preset(chosen_preset(preset), engine, said)
        request = Request(
            roots=tuple(shelves),
            output=output,
            kind=kind,
            page_format=pages,
            references=tuple(reference or ()),
            mapping=references,
            series=series or "",
            options=options,
            engine=chosen,
            direction=direction,
            workers=workers,
            ray=ray,
            results=results,
            plan_only=plan,
            watch=watch,
            retry=retry,
            runmeta=runmeta,
            json=json_,
        )
        raise typer.Exit(run(request))


library.command("color", hidden=True)(colour)
