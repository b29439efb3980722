"""`irodori palette`: who is in a series, and in what colours."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated, Final

import typer

from host.cli.faults import faults_told
from host.palette_records import ElementKind  # noqa: TC001 - typer reads the annotations

palette: Final = typer.Typer(help="Who is in a series, and in what colours.", no_args_is_help=True)

Series = Annotated[str, typer.Argument(metavar="SERIES", help="Its name, as the browser or the input calls it.")]
Who = Annotated[str, typer.Argument(metavar="CHARACTER", help="Its id or its name; see `irodori palette show`.")]
Colour = Annotated[str | None, typer.Option(metavar="#RRGGBB")]


@palette.command("list")
def list_() -> None:
    """List the series that have a palette."""
    from host.cli.palette import print_palettes

    with faults_told():
        print_palettes()


@palette.command()
def show(
    series: Series,
    json_: Annotated[bool, typer.Option("--json", help="Print the palette's file.")] = False,
) -> None:
    """Show the characters of a series, their colours and where these are from; and who else was seen."""
    from host.cli.palette import print_palette

    with faults_told():
        print_palette(series, json=json_)


@palette.command("set")
def set_(
    series: Series,
    who: Annotated[
        str | None, typer.Argument(metavar="[CHARACTER]", help="Its id or name; without it, whoever --page shows.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--page", help="A page on which the figure is: as it was before it was coloured.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="X,Y", help="A point of the figure, 0 to 1.")] = None,
    name: Annotated[str | None, typer.Option(help="What the character is called.")] = None,
    hair: Colour = None,
    skin: Colour = None,
    eyes: Colour = None,
    clothes: Colour = None,
    clear: Annotated[list[str] | None, typer.Option(help="A colour to let go: hair, skin, eyes, clothes.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the character out.")] = False,
    mood: Annotated[str | None, typer.Option(help="The mood of the series, for engines that read words.")] = None,
) -> None:
    """Set a character's colours; all its pages wear them from now on. Says how many pages that touches."""
    from host.cli.palette import Change, change_palette

    colours = {"hair": hair, "skin": skin, "eyes": eyes, "clothes": clothes}
    with faults_told():
        change_palette(
            Change(
                series=series,
                who=who,
                page=page,
                at=at,
                name=name,
                colours=colours,
                clear=tuple(clear or ()),
                remove=remove,
                mood=mood,
            )
        )


@palette.command()
def place(
    series: Series,
    where: Annotated[str, typer.Argument(metavar="PLACE", help="Its id or its name; a new name makes a new place.")],
    name: Annotated[str | None, typer.Option(help="What it is called from now on.")] = None,
    mood: Annotated[str | None, typer.Option(help="The mood there, such as `dusk, orange light`.")] = None,
    page: Annotated[list[Path] | None, typer.Option("--page", help="A page that shows it (repeatable).")] = None,
    not_page: Annotated[list[Path] | None, typer.Option("--not-page", help="One that does not (repeatable).")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the place out.")] = False,
) -> None:
    """Say where pages play and what the mood is there, in words, for engines that read them."""
    from host.cli.palette import PlaceChange, change_place

    with faults_told():
        change_place(
            PlaceChange(
                series=series,
                where=where,
                name=name,
                mood=mood,
                pages=tuple(page or ()),
                not_pages=tuple(not_page or ()),
                remove=remove,
            )
        )


@palette.command()
def element(
    series: Series,
    which: Annotated[str, typer.Argument(metavar="ELEMENT", help="Its id or its name; a new name makes a new one.")],
    name: Annotated[str | None, typer.Option(help="What it is called from now on.")] = None,
    kind: Annotated[ElementKind | None, typer.Option(help="What it is.")] = None,
    trigger: Annotated[str | None, typer.Option(metavar="@WORD", help="The word that stands for it in wishes.")] = None,
    description: Annotated[str | None, typer.Option(help="What it looks like.")] = None,
    picture: Annotated[
        list[Path] | None, typer.Option("--picture", "-p", help="What shows it, instead of before (repeatable).")
    ] = None,
    character: Annotated[
        str | None, typer.Option("--character", help="Which of the palette's characters it is, by id or name; '' none.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the element out.")] = False,
) -> None:
    """Say who, where or what comes again: wishes with its word hear its description and add its pictures."""
    from host.cli.palette_elements import ElementChange, change_element

    with faults_told():
        change_element(
            ElementChange(
                series=series,
                which=which,
                name=name,
                kind=kind,
                trigger=trigger,
                description=description,
                pictures=tuple(picture) if picture else None,
                character=character,
                remove=remove,
            )
        )


@palette.command()
def elements(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Characters, places and things: elements.json.")],
    series: Annotated[str, typer.Option(help="The series; default: as the file says.")] = "",
) -> None:
    """Take a list of elements into a series' palette; those of the same names are changed."""
    from host.cli.palette_elements import take_in_elements

    with faults_told():
        take_in_elements(file, series)


@palette.command()
def merge(series: Series, kept: Who, gone: Who) -> None:
    """Make two characters one: the second goes into the first."""
    from host.cli.palette import merge_characters

    with faults_told():
        merge_characters(series, kept, gone)


@palette.command()
def undo(series: Series) -> None:
    """Take the last change back."""
    from host.cli.palette import undo_change

    with faults_told():
        undo_change(series)


@palette.command()
def export(
    series: Series,
    output: Annotated[Path, typer.Option("--output", "-o", help="The JSON file to write.")],
) -> None:
    """Write the palette of a series as a file."""
    from host.cli.palette import export_palette

    with faults_told():
        export_palette(series, output)


@palette.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A palette: JSON.")],
    series: Annotated[str | None, typer.Option(help="The series; default: as the file says.")] = None,
) -> None:
    """Let a file be the palette of a series; `undo` brings the one before back."""
    from host.cli.palette import import_palette

    with faults_told():
        import_palette(file, series)
