"""The `irodori` command. Commands are declared here and do their work elsewhere: `irodori --help` loads nothing heavy.

Exit status: 0 all done or skipped, 1 something failed, 2 wrong usage, 130 interrupted, 128 + N ended by signal N.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated, Final, Literal

import typer

from host.cli.faults import faults_told
from host.cli.groups import annotating, cache, history, meta, models, runmeta, settings
from host.cli.library.all_commands import library
from host.cli.options import (  # noqa: TC001 - as above
    Caption,
    Engine,
    EngineOptions,
    Enhance,
    KeepColoured,
    PresetName,
    ReadingWay,
    Seed,
    Strength,
    Translate,
    Wish,
)
from host.cli.page.commands import page
from host.cli.palette_group import palette as palette_group
from host.cli.preset_group import preset as preset_group
from host.signals import end_on_signals, exit_after
from host.vocabulary import ExportFormat  # noqa: TC001 - as above

app: Final = typer.Typer(
    name="irodori",
    help="Irodori colours comic pages on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(cache, name="cache")
app.add_typer(models, name="models")
app.add_typer(annotating, name="annotations")
app.add_typer(meta, name="meta")
app.add_typer(runmeta, name="runmeta")
app.add_typer(settings, name="settings")
app.add_typer(library, name="library")
app.add_typer(page, name="page")
app.add_typer(palette_group, name="palette")
app.add_typer(preset_group, name="preset")
app.add_typer(history, name="history")


def _print_version(wanted: bool) -> None:
    if wanted:
        from host import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def irodori(
    version_: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Irodori colours comic pages on this machine."""


@app.command()
def colorize(
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT...", help="Pictures, folders, volumes (CBZ, CBR, CB7, CBT, PDF, EPUB)."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A folder; or a .cbz, .pdf or .epub, or a picture for one page.")
    ],
    reference: Annotated[
        list[Path] | None, typer.Option("--reference", "-r", help="A picture whose colours to take (repeatable).")
    ] = None,
    hint: Annotated[
        list[str] | None,
        typer.Option("--hint", metavar="PAGE:X,Y=#RRGGBB", help="A colour at a place of a page, 0 to 1 (repeatable)."),
    ] = None,
    hints: Annotated[
        Path | None,
        typer.Option("--hints", help='JSON of such colours: {"PAGE": [{"points": [[X, Y]], "rgb": [R, G, B]}]}.'),
    ] = None,
    palette: Annotated[
        list[str] | None,
        typer.Option(
            "--palette",
            metavar="PAGE:X,Y:hair=#RRGGBB,...",
            help="Colours of the figure at a place: hair, skin, clothes (repeatable).",
        ),
    ] = None,
    palettes: Annotated[
        Path | None,
        typer.Option("--palettes", help='JSON of such: {"PAGE": [{"point": [X, Y], "hair": [R, G, B]}]}.'),
    ] = None,
    series: Annotated[
        str,
        typer.Option(help="The series whose palette the pages wear (`irodori palette`); default: the input's name."),
    ] = "",
    wish: Wish = None,
    elements: Annotated[
        Path | None,
        typer.Option("--elements", help="A record of characters, places, things: what @words in --wish stand for."),
    ] = None,
    translate: Translate = None,
    caption: Caption = None,
    enhance: Enhance = None,
    preset: PresetName = None,
    engine: Engine = None,
    seed: Seed = None,
    strength: Strength = None,
    engine_option: EngineOptions = None,
    format_: Annotated[
        Literal["images", "cbz", "pdf", "epub"] | None,
        typer.Option("--format", help="Default: what --output looks like."),
    ] = None,
    direction: ReadingWay = "auto",
    keep_coloured: KeepColoured = None,
    runmeta: Annotated[
        bool, typer.Option("--runmeta", help="Write PICTURE.runmeta.json, the record, beside every picture.")
    ] = False,
    report: Annotated[bool, typer.Option("--report", help="Write a before/after report.html as well.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document about all pages.")] = False,
) -> None:
    """Colour pages as the browser's extension would, from the same cache and with the same engine."""
    from host.books.corrections import CorrectionTexts
    from host.books.layout import Layout
    from host.cli.colorize import Request, run

    request = Request(
        inputs=tuple(inputs),
        layout=Layout(
            output,
            as_images=format_ == "images",
            as_archives=format_ == "cbz",
            as_document=format_ if format_ in ("pdf", "epub") else None,
        ),
        references=tuple(reference or ()),
        corrections={
            "hints": CorrectionTexts(tuple(hint or ()), hints),
            "palettes": CorrectionTexts(tuple(palette or ()), palettes),
        },
        series=series,
        wish=wish,
        elements=elements,
        translate=translate,
        caption=caption,
        enhance=enhance,
        preset=preset,
        engine=engine,
        seed=seed,
        strength=strength,
        engine_options=tuple(engine_option or ()),
        direction=direction,
        keep_coloured=keep_coloured,
        runmeta=runmeta,
        report=report,
        json=json_,
    )
    with faults_told():
        raise typer.Exit(run(request))


@app.command()
def export(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="The pages as they were: as for colorize.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write: .cbz, .pdf, .zip or .epub.")],
    format_: Annotated[ExportFormat | None, typer.Option("--format", help="Default: what --output looks like.")] = None,
    series: Annotated[str | None, typer.Option(help="The series' name; default: the input's.")] = None,
    chapter: Annotated[str, typer.Option(help="The chapter's number or name.")] = "",
    direction: ReadingWay = "auto",
) -> None:
    """Write pages as one file, each with the colour that it was given last. What has none yet stays as it is."""
    from host.cli.export import Request, run

    request = Request(
        inputs=tuple(inputs),
        output=output,
        format=format_,
        series=series,
        chapter=chapter,
        direction=direction,
    )
    with faults_told():
        raise typer.Exit(run(request))


@app.command()
def analyze(
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT...", help="Pictures, folders, volumes (CBZ, CBR, CB7, CBT, PDF, EPUB)."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for records and masks.")],
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Draw what was read over each page: STEM.overlay.png.")
    ] = False,
    direction: ReadingWay = "auto",
) -> None:
    """Read pages without colouring them: panels, balloons, lettering, figures, masks, order, signals.

    Writes STEM.meta.json and a PNG for every mask and map of each page, and annotations.coco.json for all of them.
    """
    from host.cli.analyze import Request, run

    request = Request(inputs=tuple(inputs), output=output, direction=direction, overlay=overlay)
    with faults_told():
        raise typer.Exit(run(request))


@app.command()
def rerun(
    record: Annotated[
        Path, typer.Argument(metavar="RUNMETA", help="The record beside a coloured picture, or an HTML report.")
    ],
    page: Annotated[Path, typer.Argument(metavar="PAGE", help="The page as it was before.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the picture goes.")],
    reference: Annotated[
        list[Path] | None,
        typer.Option("--reference", "-r", help="A style reference of then that is not kept here (repeatable)."),
    ] = None,
) -> None:
    """Make a picture again from its record; exit status 1 where the pixels are not the recorded ones."""
    from host.cli.rerun import run

    with faults_told():
        raise typer.Exit(run(record, page, output, reference or ()))


@app.command()
def engines() -> None:
    """List the engines, and whether each can run here."""
    from host.cli.tables import print_engines

    with faults_told():
        print_engines()


@app.command()
def doctor() -> None:
    """Check the chain from the browser to the engines; say how to mend what is broken."""
    from host.cli.tables import print_diagnosis

    with faults_told():
        raise typer.Exit(print_diagnosis())


@app.command()
def version() -> None:
    """Print the version."""
    from host import __version__

    typer.echo(__version__)


def main() -> None:
    """Run the command line; the entry point `irodori`."""
    end_on_signals()
    try:
        app()
    except BaseException as end:
        exit_after(end)
        raise


if __name__ == "__main__":
    main()
