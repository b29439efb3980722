"""Who or what a reader means by an id or by a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from host.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host.palette_records import PaletteCharacter, PaletteElement, PalettePlace, SeriesPalette

Named = TypeVar("Named", "PaletteCharacter", "PaletteElement", "PalettePlace")


def by_id_or_name(known: Sequence[tuple[str, Named]], wanted: str, kind: str) -> Named:
    """Return the one of this id, or of this name where only one has it. `known`: with ids; `kind`: what an error says.

    Raises:
        NotFound
    """
    found = [one for its_id, one in known if its_id == wanted]
    found = found or [one for _, one in known if one.name and one.name.casefold() == wanted.casefold()]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{its_id} {one.name}".strip() for its_id, one in known) or "none yet"
    raise NotFound(
        f"There is no {kind} {wanted[:128]!r} in this palette.",
        f"There are: {listed}.",
        told=("not_in_palette", wanted[:128]),
    )


def character_of(palette: SeriesPalette, wanted: str) -> PaletteCharacter:
    """Return a character by its id, or by its name where only one has it.

    Raises:
        NotFound
    """
    return by_id_or_name([(one.character_id, one) for one in palette.characters], wanted, "character")
