"""The commands in groups: `irodori cache`, `history`, `models`, `annotations`, `meta`, `runmeta`, `settings`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from host.cli.faults import faults_told

cache: Final = typer.Typer(help="What coloured pages are kept.", no_args_is_help=True)
history: Final = typer.Typer(help="What was coloured when.", no_args_is_help=True)
models: Final = typer.Typer(help="The models that engines use.", no_args_is_help=True)
annotating: Final = typer.Typer(help="What is on pages, in other people's formats.", no_args_is_help=True)
meta: Final = typer.Typer(help="The records of what was read on pages.", no_args_is_help=True)
runmeta: Final = typer.Typer(help="The records of how pictures were made.", no_args_is_help=True)
settings: Final = typer.Typer(help="What you have decided, also paths and addresses.", no_args_is_help=True)


@cache.command()
def stats() -> None:
    """Say how much is kept, and how often it served."""
    from host.cli.tables import print_cache

    with faults_told():
        print_cache()


@cache.command()
def clear(
    older_than: Annotated[
        str | None, typer.Option(metavar="AGE", help="Only what was not used for this long: 90s, 30m, 12h, 7d, 4w.")
    ] = None,
) -> None:
    """Drop coloured pages."""
    from host.cli.tables import clear_cache, seconds_of

    with faults_told():
        clear_cache(None if older_than is None else seconds_of(older_than))


@history.command("list")
def history_list() -> None:
    """List the series that were coloured: when, by what, and in how many seconds."""
    from host.cli.history import print_history

    with faults_told():
        print_history()


@history.command("report")
def history_report(
    series: Annotated[str, typer.Argument(metavar="SERIES", help="See `irodori history list`.")],
) -> None:
    """Write what was coloured of a series as HTML, with the settings that make it again, and say where."""
    from host.cli.history import print_report

    with faults_told():
        print_report(series)


@history.command("forget")
def history_forget(
    series: Annotated[str | None, typer.Argument(metavar="[SERIES]", help="Which; --all for all.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Forget all series.")] = False,
) -> None:
    """Forget that a series was coloured, its pictures with it; its palette and the references stay."""
    from host.cli.history import forget_history

    with faults_told():
        forget_history(series, everything=all_)


@settings.command("get")
def settings_get(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="One of them; without it, all.")] = None,
) -> None:
    """Print the settings in force."""
    from host.cli.settings import print_settings

    with faults_told():
        print_settings(key)


@settings.command("set")
def settings_set(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its name; see `irodori settings get`.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help='Its new value; "" for none.')],
) -> None:
    """Change a setting, once it was checked; a host that runs takes it at once."""
    from host.cli.settings import change_setting

    with faults_told():
        change_setting(key, value)


ModelId = Annotated[str, typer.Argument(metavar="MODEL", help="Its id; see `irodori models list`.")]
RecordFiles = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Records: JSON files.")]


@models.command("list")
def models_list() -> None:
    """List the catalogue's models and the files in the models' folder."""
    from host.cli.models import print_models

    with faults_told():
        print_models()


@models.command("pull")
def models_pull(
    model: ModelId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accept a licence that forbids commercial use.")] = False,
) -> None:
    """Bring a model here, or complete one; what came before is kept and checked."""
    from host.cli.models import pull_model

    with faults_told():
        pull_model(model, yes=yes)


@models.command("verify")
def models_verify(model: ModelId) -> None:
    """Compare a model's files with what was recorded when they came."""
    from host.cli.models import verify_model

    with faults_told():
        verify_model(model)


@models.command("remove")
def models_remove(model: ModelId) -> None:
    """Remove a model that was pulled; files of your own stay."""
    from host.cli.models import remove_model

    with faults_told():
        remove_model(model)


@models.command("identify")
def models_identify(path: Annotated[Path, typer.Argument(metavar="PATH", help="A weights file.")]) -> None:
    """Say what a weights file is, by its tensors, without loading it."""
    from host.cli.models import identify_file

    with faults_told():
        identify_file(path)


@annotating.command("export")
def annotations_export(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="STEM.meta.json of analyze, STEM.annotations.json of import."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    format_: Annotated[Literal["coco", "manga109"], typer.Option("--format", help="COCO JSON or Manga109 XML.")],
    title: Annotated[str, typer.Option(help="The book's title, where the files do not say it.")] = "",
) -> None:
    """Write the annotations of pages as one COCO or Manga109 file."""
    from host.cli.annotations import export_annotations

    with faults_told():
        export_annotations(files, output, format_, title)


@annotating.command("import")
def annotations_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="COCO JSON or Manga109 XML.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for STEM.annotations.json of each page.")],
) -> None:
    """Read a COCO or Manga109 file into one file for each page."""
    from host.cli.annotations import import_annotations

    with faults_told():
        import_annotations(file, output)


@meta.command("validate")
def meta_validate(files: RecordFiles) -> None:
    """Check records of pages, as analyze writes them; exit status 1 where one is not valid."""
    from host.cli.records import validate_page_metas

    with faults_told():
        raise typer.Exit(validate_page_metas(files))


@runmeta.command("validate")
def runmeta_validate(files: RecordFiles) -> None:
    """Check records of pictures, as colorize --runmeta writes them; exit status 1 where one is not valid."""
    from host.cli.records import validate_run_metas

    with faults_told():
        raise typer.Exit(validate_run_metas(files))
