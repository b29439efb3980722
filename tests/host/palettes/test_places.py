"""Places of a palette: what a reader says of them, and which pages hear it."""

from __future__ import annotations

import pytest
from msgspec import structs

from host.corrections import Corrections, PageWords
from host.errors import BadRequest, NotFound, TooLarge
from host.palette_records import PalettePlace, PlaceSet
from host.palettes import places
from host.palettes.cast import words_of
from host.palettes.files import decode, encode
from host.palettes.places import place, with_place
from tests.host.palettes.people import palette

ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)
HARBOUR = PalettePlace(place_id="h", name="Harbour", mood="dusk", shown=[ONE, TWO])
SCHOOL = PalettePlace(place_id="s", name="School")


def with_places(*found: PalettePlace):
    return structs.replace(palette(), places=list(found))


def test_a_place_is_made_named_and_shown() -> None:
    (made,) = with_place(palette(), PlaceSet(name=" Harbour ", mood="dusk", shows=[ONE, ONE])).places
    assert (made.name, made.mood, made.shown) == ("Harbour", "dusk", [ONE])
    assert len(made.place_id) == 8


def test_a_change_stays_in_its_place_and_leaves_the_rest() -> None:
    after = with_place(with_places(HARBOUR, SCHOOL), PlaceSet(place_id="h", shows=[THREE], shows_not=[ONE]))
    assert after.places == [structs.replace(HARBOUR, shown=[TWO, THREE]), SCHOOL]
    assert with_place(after, PlaceSet(place_id="h", remove=True)).places == [SCHOOL]
    assert with_place(after, PlaceSet(place_id="school", mood="noon")).places[1].mood == "noon"


def test_a_place_goes_by_its_id_before_its_name_and_by_a_name_that_only_one_has() -> None:
    known = with_places(HARBOUR, structs.replace(SCHOOL, name="h"))
    assert place(known, "h") is known.places[0]
    assert place(known, "HARBOUR") is known.places[0]
    with pytest.raises(NotFound, match="no place 'nowhere'"):
        place(known, "nowhere")
    twice = with_places(HARBOUR, structs.replace(SCHOOL, name="Harbour"))
    with pytest.raises(NotFound):
        place(twice, "harbour")


def test_there_are_not_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "PLACES_MAX", 2)
    monkeypatch.setattr(places, "_PAGES_MAX", 2)
    with pytest.raises(TooLarge, match="3 places"):
        with_place(with_places(HARBOUR, SCHOOL), PlaceSet())
    with pytest.raises(TooLarge, match="3 pages"):
        with_place(with_places(HARBOUR), PlaceSet(place_id="h", shows=[THREE]))


def test_pages_hear_the_name_and_the_mood_of_their_places() -> None:
    silent = PalettePlace(place_id="x", shown=[ONE, THREE])
    words = words_of(with_places(HARBOUR, silent, structs.replace(SCHOOL, shown=[TWO])))
    assert words == {
        ONE: (PageWords(text="Harbour, dusk"),),
        TWO: (PageWords(text="Harbour, dusk"), PageWords(text="School")),
    }
    assert words_of(with_places(*[HARBOUR] * 17))[ONE] == (PageWords(text="Harbour, dusk"),) * 16


def test_places_are_kept_in_the_palette_s_file_and_two_of_one_id_are_none() -> None:
    kept = with_places(HARBOUR, SCHOOL)
    assert decode(encode(kept)) == kept
    with pytest.raises(BadRequest, match="two places have one id"):
        decode(encode(with_places(HARBOUR, HARBOUR)))


def test_words_that_say_nothing_are_refused() -> None:
    with pytest.raises(BadRequest, match="say nothing"):
        PageWords(text="  ").require_sound()
    assert Corrections(words=(PageWords(text="dusk"),)).words[0].require_sound() is None


def test_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "PLACES_MAX", 2)
    monkeypatch.setattr(places, "_PAGES_MAX", 2)
    assert with_place(with_places(HARBOUR), PlaceSet(name="Roof")).places[1].name == "Roof"
    change = PlaceSet(place_id="h", shows=[THREE], shows_not=[ONE])
    assert with_place(with_places(HARBOUR), change).places[0].shown == [TWO, THREE]
