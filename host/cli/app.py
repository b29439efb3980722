"""The `irodori` command. Commands are declared here and do their work elsewhere: `irodori --help` loads nothing heavy.

Exit status: 0 all done or skipped, 1 something failed, 2 wrong usage, 130 interrupted, 128 + N ended by signal N.
"""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from host.errors import BadRequest, IrodoriError, NotFound, TooLarge
from host.signals import end_on_signals, exit_after

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130

app: Final = typer.Typer(
    name="irodori",
    help="Irodori colours comic pages on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
cache: Final = typer.Typer(help="What coloured pages are kept.", no_args_is_help=True)
app.add_typer(cache, name="cache")
models: Final = typer.Typer(help="The models that engines use.", no_args_is_help=True)
app.add_typer(models, name="models")
annotating: Final = typer.Typer(help="What is on pages, in other people's formats.", no_args_is_help=True)
app.add_typer(annotating, name="annotations")
meta: Final = typer.Typer(help="The records of what was read on pages.", no_args_is_help=True)
app.add_typer(meta, name="meta")
runmeta: Final = typer.Typer(help="The records of how pictures were made.", no_args_is_help=True)
app.add_typer(runmeta, name="runmeta")
settings: Final = typer.Typer(help="What you have decided, also paths and addresses.", no_args_is_help=True)
app.add_typer(settings, name="settings")


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


class Format(StrEnum):
    """What is written."""

    IMAGES = "images"
    CBZ = "cbz"
    PDF = "pdf"
    EPUB = "epub"


class AnnotationFormat(StrEnum):
    """Other people's formats of annotations."""

    COCO = "coco"
    MANGA109 = "manga109"


class ExportKind(StrEnum):
    """The file of a chapter."""

    CBZ = "cbz"
    ZIP = "zip"
    PDF = "pdf"
    EPUB = "epub"


class ReadingDirection(StrEnum):
    """Which way panels are read."""

    RTL = "rtl"
    LTR = "ltr"
    AUTO = "auto"


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
    engine: Annotated[str | None, typer.Option(help="Which engine; see `irodori engines`.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Same seed, same page, same picture.")] = None,
    strength: Annotated[float | None, typer.Option(min=0, max=1, help="How strong the colour is.")] = None,
    format_: Annotated[Format | None, typer.Option("--format", help="Default: what --output looks like.")] = None,
    direction: Annotated[ReadingDirection, typer.Option(help="Which way the comic is read.")] = ReadingDirection.AUTO,
    keep_coloured: Annotated[
        bool | None,
        typer.Option("--keep-coloured/--recolour", help="Leave pages that have colour; or colour them anew."),
    ] = None,
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
            as_images=format_ is Format.IMAGES,
            as_archives=format_ is Format.CBZ,
            as_document="pdf" if format_ is Format.PDF else "epub" if format_ is Format.EPUB else None,
        ),
        references=tuple(reference or ()),
        corrections={
            "hints": CorrectionTexts(tuple(hint or ()), hints),
            "palettes": CorrectionTexts(tuple(palette or ()), palettes),
        },
        engine=engine,
        seed=seed,
        strength=strength,
        direction=direction.value,
        keep_coloured=keep_coloured,
        runmeta=runmeta,
        report=report,
        json=json_,
    )
    with _faults_told():
        raise typer.Exit(run(request))


@app.command()
def export(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="The pages as they were: as for colorize.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write: .cbz, .zip, .pdf or .epub.")],
    format_: Annotated[ExportKind | None, typer.Option("--format", help="Default: what --output looks like.")] = None,
    series: Annotated[str | None, typer.Option(help="The series' name; default: the input's.")] = None,
    chapter: Annotated[str, typer.Option(help="The chapter's number or name.")] = "",
    direction: Annotated[ReadingDirection, typer.Option(help="Which way the comic is read.")] = ReadingDirection.AUTO,
) -> None:
    """Write pages as one file, each with the colour that it was given last. What has none yet stays as it is."""
    from host.cli.export import Request, run

    request = Request(
        inputs=tuple(inputs),
        output=output,
        format=None if format_ is None else format_.value,
        series=series,
        chapter=chapter,
        direction=direction.value,
    )
    with _faults_told():
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
    direction: Annotated[ReadingDirection, typer.Option(help="Which way the comic is read.")] = ReadingDirection.AUTO,
) -> None:
    """Read pages without colouring them: panels, balloons, lettering, figures, masks, order, signals.

    Writes STEM.meta.json and a PNG for every mask and map of each page, and annotations.coco.json for all of them.
    """
    from host.cli.analyze import Request, run

    request = Request(inputs=tuple(inputs), output=output, direction=direction.value, overlay=overlay)
    with _faults_told():
        raise typer.Exit(run(request))


@app.command()
def rerun(
    record: Annotated[Path, typer.Argument(metavar="RUNMETA", help="The record beside a coloured picture.")],
    page: Annotated[Path, typer.Argument(metavar="PAGE", help="The page as it was before.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the picture goes.")],
) -> None:
    """Make a picture again from its record; exit status 1 where the pixels are not the recorded ones."""
    from host.cli.rerun import run

    with _faults_told():
        raise typer.Exit(run(record, page, output))


@app.command()
def engines() -> None:
    """List the engines, and whether each can run here."""
    from host.cli.tables import print_engines

    with _faults_told():
        print_engines()


@app.command()
def doctor() -> None:
    """Check the chain from the browser to the engines; say how to mend what is broken."""
    from host.cli.tables import print_diagnosis

    with _faults_told():
        raise typer.Exit(print_diagnosis())


@app.command()
def version() -> None:
    """Print the version."""
    from host import __version__

    typer.echo(__version__)


@cache.command()
def stats() -> None:
    """Say how much is kept, and how often it served."""
    from host.cli.tables import print_cache

    with _faults_told():
        print_cache()


@cache.command()
def clear(
    older_than: Annotated[
        str | None, typer.Option(metavar="AGE", help="Only what was not used for this long: 90s, 30m, 12h, 7d, 4w.")
    ] = None,
) -> None:
    """Drop coloured pages."""
    from host.cli.tables import clear_cache, seconds_of

    with _faults_told():
        clear_cache(None if older_than is None else seconds_of(older_than))


@settings.command("get")
def settings_get(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="One of them; without it, all.")] = None,
) -> None:
    """Print the settings in force."""
    from host.cli.settings import print_settings

    with _faults_told():
        print_settings(key)


@settings.command("set")
def settings_set(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its name; see `irodori settings get`.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help='Its new value; "" for none.')],
) -> None:
    """Change a setting, once it was checked; a host that runs takes it at once."""
    from host.cli.settings import change_setting

    with _faults_told():
        change_setting(key, value)


ModelId = Annotated[str, typer.Argument(metavar="MODEL", help="Its id; see `irodori models list`.")]
RecordFiles = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Records: JSON files.")]


@models.command("list")
def models_list() -> None:
    """List the catalogue's models and the files in the models' folder."""
    from host.cli.models import print_models

    with _faults_told():
        print_models()


@models.command("pull")
def models_pull(
    model: ModelId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accept a licence that forbids commercial use.")] = False,
) -> None:
    """Bring a model here, or complete one; what came before is kept and checked."""
    from host.cli.models import pull_model

    with _faults_told():
        pull_model(model, yes=yes)


@models.command("verify")
def models_verify(model: ModelId) -> None:
    """Compare a model's files with what was recorded when they came."""
    from host.cli.models import verify_model

    with _faults_told():
        verify_model(model)


@models.command("remove")
def models_remove(model: ModelId) -> None:
    """Remove a model that was pulled; files of your own stay."""
    from host.cli.models import remove_model

    with _faults_told():
        remove_model(model)


@models.command("identify")
def models_identify(path: Annotated[Path, typer.Argument(metavar="PATH", help="A weights file.")]) -> None:
    """Say what a weights file is, by its tensors, without loading it."""
    from host.cli.models import identify_file

    with _faults_told():
        identify_file(path)


@annotating.command("export")
def annotations_export(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="STEM.meta.json of analyze, STEM.annotations.json of import."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    format_: Annotated[AnnotationFormat, typer.Option("--format", help="COCO JSON or Manga109 XML.")],
    title: Annotated[str, typer.Option(help="The book's title, where the files do not say it.")] = "",
) -> None:
    """Write the annotations of pages as one COCO or Manga109 file."""
    from host.cli.annotations import export_annotations

    with _faults_told():
        export_annotations(files, output, format_.value, title)


@annotating.command("import")
def annotations_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="COCO JSON or Manga109 XML.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for STEM.annotations.json of each page.")],
) -> None:
    """Read a COCO or Manga109 file into one file for each page."""
    from host.cli.annotations import import_annotations

    with _faults_told():
        import_annotations(file, output)


@meta.command("validate")
def meta_validate(files: RecordFiles) -> None:
    """Check records of pages, as analyze writes them; exit status 1 where one is not valid."""
    from host.cli.records import validate_page_metas

    with _faults_told():
        raise typer.Exit(validate_page_metas(files))


@runmeta.command("validate")
def runmeta_validate(files: RecordFiles) -> None:
    """Check records of pictures, as colorize --runmeta writes them; exit status 1 where one is not valid."""
    from host.cli.records import validate_run_metas

    with _faults_told():
        raise typer.Exit(validate_run_metas(files))


@contextmanager
def _faults_told() -> Iterator[None]:
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
