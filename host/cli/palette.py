"""`irodori palette`: the same palettes as the browser's, shown and changed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec
import typer
from msgspec import structs
from rich.console import Console

from host.application import Application
from host.books.named_files import read_named
from host.books.whole_files import write_whole
from host.cli.console import plain_table
from host.errors import BadRequest
from host.palette_records import FigureAt, PaletteFile, PaletteMerge, PaletteQuery, PaletteSet, PlaceSet
from host.palettes.changes import PARTS
from host.palettes.files import BYTES_MAX, decode
from host.paths import state_paths

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from host.messaging.messages import Message
    from host.palette_records import PaletteCharacter, PaletteView
    from host.pipeline.decode import DecodedPage

_COLOUR: Final = re.compile(r"#?([0-9a-fA-F]{6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What `irodori palette set` was asked for; colours as they were written, by part."""

    series: str
    who: str | None = None
    page: Path | None = None
    at: str | None = None
    name: str | None = None
    colours: Mapping[str, str | None] = field(default_factory=dict)
    clear: tuple[str, ...] = ()
    remove: bool = False
    mood: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceChange:
    """What `irodori palette place` was asked for."""

    series: str
    where: str
    name: str | None = None
    mood: str | None = None
    pages: tuple[Path, ...] = ()
    not_pages: tuple[Path, ...] = ()
    remove: bool = False


def print_palettes() -> None:
    """Print a line for each series that has a palette."""
    with _open() as application:
        cards = application.palettes.list()
    table = plain_table("series", "characters", "pages seen")
    for one in cards:
        table.add_row(one.series, str(one.characters), str(one.pages))
    Console(highlight=False).print(table)


def print_palette(series: str, *, json: bool = False) -> None:
    """Print the characters of a series; or its file.

    Raises:
        NotFound: it has no palette, and its file was asked for.
    """
    with _open() as application:
        if json:
            typer.echo(application.palettes.export(PaletteQuery(series=series)).json.decode(), nl=False)
            return
        view = application.palettes.get(PaletteQuery(series=series))
    seen = {one.character_id: one for one in view.seen}
    table = plain_table("id", "name", *PARTS, "pages", "unsure")
    for one in view.palette.characters:
        colours = [_told(one, part) for part in PARTS]
        known = seen[one.character_id]
        table.add_row(one.character_id, one.name, *colours, str(known.pages), str(len(known.unsure)))
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    for place in view.palette.places:
        console.print(f"{place.place_id} {place.name}: {place.mood or '–'}, on {len(place.shown)} page(s)")
    for item in view.palette.elements:
        told = " ".join(filter(None, [item.element_id, item.name, item.trigger]))
        console.print(f"{told}: {item.kind}, {item.description or '–'}, {len(item.pictures)} picture(s)")
    if view.others:
        console.print(f"{len(view.others)} more were seen; name one with --page and --at:")
        for other in view.others:
            x, y = other.figure.point
            console.print(f"  {other.figure.page[:16]} --at {x:.3f},{y:.3f} on {other.pages} page(s)")


def change_palette(change: Change) -> None:
    """Change a palette and say how many pages that touches.

    Raises:
        BadRequest, NotFound: the change is about nobody, or a colour is none.
    """
    page, figure = _figure(change)
    asked = PaletteSet(
        series=change.series,
        character_id=change.who,
        figure=figure,
        name=change.name,
        clear=[_part(one) for one in change.clear],
        remove=change.remove,
        mood=change.mood,
    )
    colours = {part: _rgb(text) for part, text in change.colours.items() if text is not None}
    with _open() as application:
        if page is not None:
            application.palettes.see(change.series, page)
        _say(application.palettes.set(structs.replace(asked, **colours)))


def change_place(change: PlaceChange) -> None:
    """Change a place, or make it, and say which pages show it.

    Raises:
        NotFound: it is to go and is not there. ImageInvalid: a page is no picture.
    """
    shows, shows_not = ([_pixels(path) for path in paths] for paths in (change.pages, change.not_pages))
    with _open() as application:
        palette = application.palettes.get(PaletteQuery(series=change.series)).palette
        known = next((one for one in palette.places if change.where in (one.place_id, one.name)), None)
        asked = PlaceSet(
            place_id=known.place_id if known is not None else (change.where if change.remove else None),
            name=change.name if known is not None or change.name is not None else change.where,
            mood=change.mood,
            shows=shows,
            shows_not=shows_not,
            remove=change.remove,
        )
        view = application.palettes.set(PaletteSet(series=change.series, place=asked))
    for one in view.palette.places:
        count = len(one.shown)
        line = f"{one.place_id} {one.name}: {one.mood or '–'}, {count} page{'' if count == 1 else 's'}"
        Console(highlight=False, soft_wrap=True).print(line)


def merge_characters(series: str, kept: str, gone: str) -> None:
    """Make two characters one."""
    with _open() as application:
        _say(application.palettes.merge(PaletteMerge(series=series, kept=kept, gone=gone)))


def undo_change(series: str) -> None:
    """Take the last change back."""
    with _open() as application:
        _say(application.palettes.undo(PaletteQuery(series=series)))


def export_palette(series: str, output: Path) -> None:
    """Write a palette's file."""
    with _open() as application:
        write_whole(output, application.palettes.export(PaletteQuery(series=series)).json)


def import_palette(file: Path, series: str | None) -> None:
    """Let a file be a series' palette."""
    data = read_named(file, "The palette", "Name a JSON file.", BYTES_MAX)
    with _open() as application:
        _say(application.palettes.take_in(PaletteFile(series=series or decode(data).series, json=data)))


def _figure(change: Change) -> tuple[DecodedPage | None, FigureAt | None]:
    """Return the page that was named, and the figure on it."""
    if change.page is None and change.at is None:
        return None, None
    if change.page is None or change.at is None:
        raise BadRequest("A figure is a page and a point of it.", "Give both --page and --at X,Y.")
    page = _page(change.page)
    try:
        point = tuple(float(number) for number in change.at.split(","))
        return page, msgspec.convert({"page": page.pixels_sha256, "point": point}, FigureAt)
    except (ValueError, msgspec.ValidationError) as exc:
        raise BadRequest(f"{change.at[:128]!r} is no point.", "Write X,Y, each from 0 to 1 of the page.") from exc


def _page(path: Path) -> DecodedPage:
    from host.pipeline.decode import decode_page

    return decode_page(read_named(path, "The page", "Name a picture."))


def _pixels(path: Path) -> str:
    return _page(path).pixels_sha256


def _rgb(text: str) -> tuple[int, int, int]:
    found = _COLOUR.fullmatch(text.strip())
    if found is None:
        raise BadRequest(f"{text[:128]!r} is no colour.", "Write #RRGGBB.")
    red, green, blue = bytes.fromhex(found[1])
    return red, green, blue


def _part(text: str) -> Any:
    if text not in PARTS:
        raise BadRequest(f"{text[:128]!r} is no part.", f"The parts are: {', '.join(PARTS)}.")
    return text


def _told(one: PaletteCharacter, part: str) -> str:
    colour = getattr(one, part)
    if colour is None:
        return "–"
    sure = "" if colour.origin == "reader" else f" {colour.sure:.0%}"
    return f"#{bytes(colour.rgb).hex()} {colour.origin}{sure}"


def _say(view: PaletteView) -> None:
    count = view.touched
    Console(highlight=False).print(f"{count} page{'' if count == 1 else 's'} touched: colour them again to see it.")


def _open() -> Application:
    return Application.open(state_paths(), _unheard)


def _unheard(message: Message) -> None:
    """Nobody asked for work here, so nothing is told."""
