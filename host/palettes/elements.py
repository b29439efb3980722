"""What a reader does to the elements of a palette, and what their words stand for in a wish."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import structs

from host.errors import BadRequest, TooLarge
from host.palette_records import PaletteElement
from host.palettes.named import by_id_or_name, character_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host.palette_records import ElementSet, SeriesPalette

TRIGGER: Final = re.compile(r"(?<![\w@])@[\w-]+")
"""A trigger word where it stands in a text, whole."""
ELEMENTS_MAX: Final = 256


class Named(Protocol):
    """What a trigger word can stand for."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def trigger(self) -> str | None:
        """The word, `@Hero`; empty or None for none."""

    @property
    def description(self) -> str:
        """What it looks like, in words."""

    @property
    def pictures(self) -> Sequence[str]:
        """What shows it, by name or by id."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A wish in full. pictures: of those that it names, each once, in order."""

    words: str
    pictures: tuple[str, ...]


def spoken(text: str, elements: Sequence[Named]) -> Spoken:
    """Return what a wish says in full: `@Hero runs` becomes `Aki (a boy in a red coat) runs`.

    A word that no element has stays as it is; so does one that stands for something without name and description.
    """
    known = {one.trigger.casefold(): one for one in elements if one.trigger}

    def told(match: re.Match[str]) -> str:
        one = known.get(match[0].casefold())
        if one is None or not (one.name or one.description):
            return match[0]
        return f"{one.name} ({one.description})" if one.name and one.description else one.name or one.description

    named = [known[word] for word in map(str.casefold, TRIGGER.findall(text)) if word in known]
    return Spoken(TRIGGER.sub(told, text), tuple(dict.fromkeys(one for each in named for one in each.pictures)))


def with_element(palette: SeriesPalette, change: ElementSet) -> SeriesPalette:
    """Return the palette after a change of an element.

    Raises:
        NotFound: there is no such element, or no such character. BadRequest: another one has its name or its trigger
        word. TooLarge: there are too many.
    """
    named = change.element_id
    known = [(one.element_id, one) for one in palette.elements]
    made = PaletteElement(element_id=secrets.token_hex(4))
    one = by_id_or_name(known, named, "element") if named is not None else made
    others = [other for other in palette.elements if other.element_id != one.element_id]
    if change.remove:
        return structs.replace(palette, elements=others)
    edited = _edited(one, change)
    if change.character:
        edited = structs.replace(edited, character=character_of(palette, change.character).character_id)
    for what in ("name", "trigger"):
        own = getattr(edited, what).casefold()
        if own and any(getattr(other, what).casefold() == own for other in others):
            raise BadRequest(
                f"Another element has the {what} {getattr(edited, what)!r}.",
                "Choose another one.",
                told=("element_twice", getattr(edited, what)),
            )
    elements = [edited if other.element_id == one.element_id else other for other in palette.elements]
    if edited not in elements:
        elements.append(edited)
    if len(elements) > ELEMENTS_MAX:
        raise TooLarge(
            f"The palette has {len(elements)} elements.",
            f"At most {ELEMENTS_MAX}; remove some.",
            told=("too_many_elements", f"{ELEMENTS_MAX}"),
        )
    return structs.replace(palette, elements=elements)


def _edited(one: PaletteElement, change: ElementSet) -> PaletteElement:
    texts = {
        what: text.strip() for what in ("name", "trigger", "description") if (text := getattr(change, what)) is not None
    }
    kind = one.kind if change.kind is None else change.kind
    pictures = one.pictures if change.pictures is None else list(dict.fromkeys(change.pictures))
    character = one.character if change.character is None else change.character
    return structs.replace(one, kind=kind, pictures=pictures, character=character, **texts)


def known_elements(palette: SeriesPalette) -> list[PaletteElement]:
    """Return a palette's elements; one without a name is called as the character that it is."""
    names = {one.character_id: one.name for one in palette.characters}
    return [
        one if one.name.strip() else structs.replace(one, name=names.get(one.character, "")) for one in palette.elements
    ]


def names_of(palette: SeriesPalette) -> dict[str, str]:
    """Return what each character is called: as the element that it is, else by its own name."""
    names = {one.character_id: one.name for one in palette.characters}
    linked = {one.character: one.name for one in palette.elements if one.character in names and one.name.strip()}
    return {key: name for key, name in (names | linked).items() if name.strip()}


def with_links(palette: SeriesPalette, gone: str, kept: str = "") -> SeriesPalette:
    """Return a palette whose elements are no longer the character that went, but the one that was kept."""
    return structs.replace(
        palette,
        elements=[structs.replace(one, character=kept) if one.character == gone else one for one in palette.elements],
    )
