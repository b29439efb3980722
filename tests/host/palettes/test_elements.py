"""Elements of a palette: what a reader says of them, and what their words stand for in a wish."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import structs

from host.errors import BadRequest, NotFound, TooLarge
from host.palette_records import ElementSet, PaletteElement, PaletteMerge, PaletteSet
from host.palettes import elements
from host.palettes.changes import changed, merged
from host.palettes.elements import known_elements, names_of, spoken, with_element
from host.palettes.files import decode, encode
from tests.host.palettes.people import BOTAN, CHIE, character, palette

HERO = PaletteElement(
    element_id="h", name="Aki", trigger="@Hero", description="a boy in a red coat", pictures=["p", "q"]
)
PEOPLE = palette(character("Chie", CHIE), character("Botan", BOTAN))
SWORD = PaletteElement(element_id="s", kind="thing", trigger="@Sword", description="a broken sword", pictures=["q"])


def with_elements(*found: PaletteElement):
    return structs.replace(palette(), elements=list(found))


def test_an_element_is_made_changed_kept_and_taken_out() -> None:
    first = ElementSet(name=" Aki ", trigger="@Hero", pictures=["p", "p", "q"])
    (made,) = with_element(palette(), first).elements
    assert (made.name, made.kind, made.trigger, made.pictures) == ("Aki", "character", "@Hero", ["p", "q"])
    after = changed(with_elements(HERO, SWORD), PaletteSet(series="S", element=ElementSet(
        element_id="aki", kind="place", description=" a town ", pictures=[],
    )), None, None)  # fmt: skip
    town = structs.replace(HERO, kind="place", description="a town", pictures=[])
    assert after.elements == [town, SWORD]
    assert decode(encode(after)).elements == after.elements
    assert with_element(after, ElementSet(element_id="h", remove=True)).elements == [SWORD]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (ElementSet(element_id="nobody"), NotFound),
        (ElementSet(element_id="nobody", remove=True), NotFound),
        (ElementSet(name="AKI"), BadRequest),
        (ElementSet(element_id="s", trigger="@hero"), BadRequest),
    ],
)
def test_what_is_not_there_and_what_another_one_has_are_refused(change: ElementSet, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        with_element(with_elements(HERO, SWORD), change)


def test_there_are_so_many_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "ELEMENTS_MAX", 2)
    with pytest.raises(TooLarge):
        with_element(with_elements(HERO, SWORD), ElementSet(name="Kon"))


@pytest.mark.parametrize("word", ["Hero", "@", "@a b", "@" + "x" * 65])
def test_what_is_no_trigger_word_does_not_come_over_the_wire(word: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"trigger": word}, ElementSet)


def test_a_wish_hears_descriptions_and_adds_pictures() -> None:
    said = spoken("@sword before @HERO; @Heroes", [HERO, SWORD])
    assert said.words == "a broken sword before Aki (a boy in a red coat); @Heroes"
    assert said.pictures == ("q", "p")
    nameless = structs.replace(SWORD, description="")
    assert spoken("@Sword", [nameless]) == elements.Spoken("@Sword", ("q",))
    assert spoken("@Hero", ()) == elements.Spoken("@Hero", ())


def test_an_element_is_a_character_of_the_palette_by_id_or_name_until_that_goes() -> None:
    base = structs.replace(PEOPLE, elements=[HERO, structs.replace(SWORD, kind="character")])
    one, other = base.characters[0], base.characters[1]
    linked = with_element(base, ElementSet(element_id="h", character=one.name or one.character_id))
    assert linked.elements[0].character == one.character_id
    with pytest.raises(NotFound):
        with_element(base, ElementSet(element_id="h", character="a stranger"))
    assert names_of(linked)[one.character_id] == "Aki"
    assert names_of(linked).get(other.character_id, "") == other.name
    assert decode(encode(linked)).elements == linked.elements

    merge = PaletteMerge(series="S", kept=other.character_id, gone=one.character_id)
    assert merged(linked, merge).elements[0].character == other.character_id
    gone = changed(linked, PaletteSet(series="S", character_id=one.character_id, remove=True), one.character_id, None)
    assert [each.character for each in gone.elements] == ["", ""]
    free = with_element(linked, ElementSet(element_id="h", character=""))
    assert free.elements[0].character == ""


def test_an_element_without_a_name_is_called_as_its_character() -> None:
    base = structs.replace(PEOPLE, elements=[structs.replace(HERO, name="", character="botan")])
    assert [one.name for one in known_elements(base)] == ["Botan"]
    assert spoken("@Hero runs", known_elements(base)).words == "Botan (a boy in a red coat) runs"
