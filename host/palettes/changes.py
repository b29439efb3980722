"""What a reader does to a palette, as functions from one palette to the next."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final, get_args

from msgspec import structs

from host.errors import BadRequest, TooLarge
from host.palette_records import (
    ColourOrigin,
    FigureAt,
    PaletteCharacter,
    PaletteMerge,
    PaletteSet,
    PartColour,
    PartName,
    SeriesPalette,
)
from host.palettes.elements import with_element, with_links
from host.palettes.named import character_of
from host.palettes.places import with_place

if TYPE_CHECKING:
    from host.palettes.sightings import SeenFigure, SeenPage

PARTS: Final[tuple[PartName, ...]] = get_args(PartName)
_LOOKS_MAX: Final = 8
_FIGURES_MAX: Final = 256
_CHARACTERS_MAX: Final = 256


def changed(
    palette: SeriesPalette, change: PaletteSet, character_id: str | None, seen: tuple[SeenPage, SeenFigure] | None
) -> SeriesPalette:
    """Return the palette after a change. character_id: whom it is about, None for somebody new. seen: its figure.

    Raises:
        NotFound: there is no such character. TooLarge: there are too many.
    """
    if change.mood is not None:
        palette = structs.replace(palette, mood=change.mood.strip())
    if change.place is not None:
        palette = with_place(palette, change.place)
    if change.element is not None:
        palette = with_element(palette, change.element)
    about_somebody = change.character_id is not None or change.figure is not None or change.is_not is not None
    if not about_somebody:
        if _says_something(change):
            raise BadRequest("The change is about nobody.", "Name a character_id or a figure.")
        return palette
    if change.remove:
        gone = character_of(palette, character_id or "").character_id
        return with_links(_without(palette, gone), gone)
    if seen is not None:
        palette = structs.replace(palette, embedder=palette.embedder or seen[0].embedder)
    one = character_of(palette, character_id) if character_id is not None else PaletteCharacter(
        character_id=secrets.token_hex(4)
    )  # fmt: skip
    return _with(palette, _edited(one, change, seen, usable=seen is None or palette.embedder == seen[0].embedder))


def merged(palette: SeriesPalette, request: PaletteMerge) -> SeriesPalette:
    """Return the palette in which two characters are one.

    Raises:
        NotFound: there is no such character. BadRequest: both are the same.
    """
    kept, gone = character_of(palette, request.kept), character_of(palette, request.gone)
    if kept is gone:
        raise BadRequest("A character cannot be merged with itself.", "Name two.")
    own = {name: getattr(kept, name) or getattr(gone, name) for name in ("name", "face")}
    parts = {name: _surer(getattr(kept, name), getattr(gone, name)) for name in PARTS}
    one = structs.replace(
        kept,
        **own,
        **parts,
        shown=_once([*kept.shown, *gone.shown]),
        not_shown=[at for at in _once([*kept.not_shown, *gone.not_shown]) if at not in (*kept.shown, *gone.shown)],
        looks=list(dict.fromkeys([*kept.looks, *gone.looks]))[:_LOOKS_MAX],
    )
    return with_links(_with(_without(palette, gone.character_id), one), gone.character_id, kept.character_id)


def _edited(
    one: PaletteCharacter, change: PaletteSet, seen: tuple[SeenPage, SeenFigure] | None, *, usable: bool
) -> PaletteCharacter:
    if seen is not None:
        one = _recognised(one, *seen, usable=usable)
    if change.is_not is not None:
        at = change.is_not
        others = [figure for figure in one.shown if figure != at]
        one = structs.replace(one, shown=others, not_shown=_once([*one.not_shown, at])[-_FIGURES_MAX:])
    said = {name: PartColour(rgb=rgb, origin="reader") for name in PARTS if (rgb := getattr(change, name)) is not None}
    named = {} if change.name is None else {"name": change.name.strip()}
    return structs.replace(structs.replace(one, **dict.fromkeys(change.clear)), **said, **named)


def _recognised(one: PaletteCharacter, page: SeenPage, figure: SeenFigure, *, usable: bool) -> PaletteCharacter:
    """Return a character that is known by one figure more, with what that shows where nothing was known."""
    origin: ColourOrigin = "reference" if page.reference_id else "page"
    source = page.reference_id or page.pixels_sha256
    shows = {
        name: PartColour(rgb=colour.rgb, origin=origin, sure=colour.sure, source=source)
        for name in PARTS
        if getattr(one, name) is None and (colour := getattr(figure, name, None)) is not None
    }
    at = FigureAt(page=page.pixels_sha256, point=figure.point)
    looks = list(dict.fromkeys([*one.looks, figure.look]))[:_LOOKS_MAX] if usable and figure.look else one.looks
    return structs.replace(
        one,
        **shows,
        name=one.name or page.name,
        face=one.face or figure.face,
        shown=_once([*one.shown, at])[-_FIGURES_MAX:],
        not_shown=[other for other in one.not_shown if other != at],
        looks=looks,
    )


def _with(palette: SeriesPalette, one: PaletteCharacter) -> SeriesPalette:
    """Return the palette with a character in its place, or at the end; a figure is nobody else's then."""
    others = [
        structs.replace(other, shown=[at for at in other.shown if at not in one.shown])
        if other.character_id != one.character_id
        else one
        for other in palette.characters
    ]
    if one not in others:
        others.append(one)
    if len(others) > _CHARACTERS_MAX:
        words, told = f"The palette has {len(others)} characters.", ("too_many_people", f"{_CHARACTERS_MAX}")
        raise TooLarge(words, f"At most {_CHARACTERS_MAX}; merge some.", told=told)
    return structs.replace(palette, characters=others)


def _without(palette: SeriesPalette, character_id: str) -> SeriesPalette:
    return structs.replace(palette, characters=[one for one in palette.characters if one.character_id != character_id])


def _surer(kept: PartColour | None, gone: PartColour | None) -> PartColour | None:
    """Return the reader's colour before any other, else that of the one that is kept."""
    if kept is None or (gone is not None and gone.origin == "reader" and kept.origin != "reader"):
        return gone
    return kept


def _says_something(change: PaletteSet) -> bool:
    return bool(change.remove or change.clear or change.name is not None or any(getattr(change, one) for one in PARTS))


def _once(figures: list[FigureAt]) -> list[FigureAt]:
    return list(dict.fromkeys(figures))
