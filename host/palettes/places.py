"""What a reader does to the places of a palette: where pages play, and the mood there."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from msgspec import structs

from host.errors import TooLarge
from host.palette_records import PalettePlace
from host.palettes.named import by_id_or_name

if TYPE_CHECKING:
    from host.palette_records import PlaceSet, SeriesPalette

PLACES_MAX: Final = 256
_PAGES_MAX: Final = 5000


def with_place(palette: SeriesPalette, change: PlaceSet) -> SeriesPalette:
    """Return the palette after a change of a place; pages are named by the digests of their pixels.

    Raises:
        NotFound: there is no such place. TooLarge: there are too many, or one has too many pages.
    """
    named = change.place_id
    one = place(palette, named) if named is not None else PalettePlace(place_id=secrets.token_hex(4))
    others = [other for other in palette.places if other.place_id != one.place_id]
    if change.remove:
        return structs.replace(palette, places=others)
    edited = _edited(one, change)
    places = [edited if other.place_id == one.place_id else other for other in palette.places]
    if edited not in places:
        places.append(edited)
    if len(places) > PLACES_MAX:
        words, told = f"The palette has {len(places)} places.", ("too_many_places", f"{PLACES_MAX}")
        raise TooLarge(words, f"At most {PLACES_MAX}; remove some.", told=told)
    return structs.replace(palette, places=places)


def place(palette: SeriesPalette, place_id: str) -> PalettePlace:
    """Return a place by its id, or by its name where only one has it.

    Raises:
        NotFound
    """
    return by_id_or_name([(one.place_id, one) for one in palette.places], place_id, "place")


def _edited(one: PalettePlace, change: PlaceSet) -> PalettePlace:
    gone = set(change.shows_not)
    shown = list(dict.fromkeys([*(page for page in one.shown if page not in gone), *change.shows]))
    if len(shown) > _PAGES_MAX:
        words, told = f"The place has {len(shown)} pages.", ("place_on_too_many_pages", f"{_PAGES_MAX}")
        raise TooLarge(words, f"At most {_PAGES_MAX}.", told=told)
    said = {name: text.strip() for name in ("name", "mood") if (text := getattr(change, name)) is not None}
    return structs.replace(one, shown=shown, **said)
