"""What a reader does to a palette."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import BadRequest, NotFound
from host.palette_records import PaletteMerge, PaletteSet, PartColour
from host.palettes.changes import changed, merged
from tests.host.palettes.people import AKI, BLUE, BOTAN, EMBEDDER, RED, at, character, figure, page, palette

SEEN = page(1, figure(AKI))


def set_(start: Any, who: str | None, seen: Any = None, **facts: Any) -> Any:
    return changed(start, PaletteSet(series="S", **facts), who, seen)


def test_somebody_new_brings_face_look_and_what_the_page_shows_and_the_reader_s_colour_goes_before_it() -> None:
    made = set_(palette(), None, (SEEN, SEEN.figures[0]), figure=at(SEEN), clothes=BLUE)
    (one,) = made.characters
    assert one.clothes == PartColour(rgb=BLUE, origin="reader")
    assert one.hair == PartColour(rgb=(90, 60, 40), origin="page", sure=0.6, source=SEEN.pixels_sha256)
    assert (one.face, one.looks, one.shown) == (b"face", [SEEN.figures[0].look], [at(SEEN)])
    assert made.embedder == EMBEDDER


def test_a_figure_is_nobody_else_s_once_it_is_somebody_s() -> None:
    before = palette(character("Aki", AKI, shown=[at(SEEN)]), character("Botan", BOTAN))
    after = set_(before, "botan", (SEEN, SEEN.figures[0]), character_id="botan", figure=at(SEEN))
    assert [one.shown for one in after.characters] == [[], [at(SEEN)]]


def test_what_is_not_this_one_is_remembered_and_can_be_said_otherwise() -> None:
    before = palette(character("Aki", AKI, shown=[at(SEEN)]))
    no = set_(before, "aki", character_id="aki", is_not=at(SEEN))
    assert (no.characters[0].shown, no.characters[0].not_shown) == ([], [at(SEEN)])
    yes = set_(no, "aki", (SEEN, SEEN.figures[0]), character_id="aki", figure=at(SEEN))
    assert (yes.characters[0].shown, yes.characters[0].not_shown) == ([at(SEEN)], [])


def test_names_colours_and_characters_come_and_go() -> None:
    start = palette(character("Aki", AKI, RED))
    named = set_(start, "aki", character_id="aki", name="  Aki T. ", hair=BLUE)
    assert (named.characters[0].name, named.characters[0].hair) == ("Aki T.", PartColour(rgb=BLUE, origin="reader"))
    assert set_(start, "aki", character_id="aki", clear=["hair"]).characters[0].hair is None
    assert set_(start, "aki", character_id="aki", remove=True).characters == []
    assert set_(start, None, mood=" dusk ").mood == "dusk"


def test_a_change_about_nobody_is_refused() -> None:
    with pytest.raises(BadRequest, match="nobody"):
        set_(palette(), None, hair=RED)
    with pytest.raises(NotFound, match="no character 'nobody'") as told:
        set_(palette(character("Aki", AKI)), "nobody", character_id="nobody", hair=RED)
    assert told.value.hint == "There are: aki Aki."


def test_two_who_are_one_keep_the_reader_s_colours_and_all_their_figures() -> None:
    other = page(2, figure(AKI))
    kept = character("Aki", AKI, None, shown=[at(SEEN)], skin=PartColour(rgb=RED, origin="page", sure=0.2))
    gone = character("Akane", BOTAN, BLUE, shown=[at(other)], skin=PartColour(rgb=BLUE, origin="reader"))
    (one,) = merged(palette(kept, gone), PaletteMerge(series="S", kept="Aki", gone="akane")).characters
    assert (one.character_id, one.name) == ("aki", "Aki")
    assert one.hair == PartColour(rgb=BLUE, origin="reader")
    assert one.skin == PartColour(rgb=BLUE, origin="reader")
    assert one.shown == [at(SEEN), at(other)]
    assert len(one.looks) == 2
    with pytest.raises(BadRequest, match="itself"):
        merged(palette(kept), PaletteMerge(series="S", kept="aki", gone="Aki"))


@pytest.mark.parametrize(
    ("kept", "gone", "wins"),
    [
        ("reader", "reader", "kept"),
        ("reader", "page", "kept"),
        ("page", "reader", "gone"),
        ("page", "page", "kept"),
        ("reference", "reader", "gone"),
        (None, "page", "gone"),
        ("page", None, "kept"),
    ],
)
def test_of_two_colours_the_reader_s_goes_before_and_else_that_of_who_is_kept(kept: Any, gone: Any, wins: str) -> None:
    colours = {"kept": RED, "gone": BLUE}
    own = {"kept": kept, "gone": gone}
    people = [
        character(name, AKI, clothes=origin and PartColour(rgb=colours[name], origin=origin))
        for name, origin in own.items()
    ]
    (one,) = merged(palette(*people), PaletteMerge(series="S", kept="kept", gone="gone")).characters
    assert one.clothes == PartColour(rgb=colours[wins], origin=own[wins])


def test_two_who_are_one_are_not_said_to_be_elsewhere_than_where_either_is() -> None:
    pages = [page(number, figure(AKI)) for number in range(1, 5)]
    first, second, third, fourth = (at(one) for one in pages)
    kept = character("Aki", AKI, shown=[first], not_shown=[second, third])
    gone = character("Akane", AKI, shown=[second], not_shown=[first, third, fourth])
    (one,) = merged(palette(kept, gone), PaletteMerge(series="S", kept="aki", gone="akane")).characters
    assert one.shown == [first, second]
    assert one.not_shown == [third, fourth]


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=6), st.data())
def test_whatever_is_said_a_figure_is_one_s_alone(order: list[str], data: st.DataObject) -> None:
    pages = [page(number, figure(AKI)) for number in range(3)]
    made = palette(*(character(name, at_) for at_, name in enumerate("abc")))
    for who in order:
        seen = data.draw(st.sampled_from(pages))
        if data.draw(st.booleans()):
            made = set_(made, who, (seen, seen.figures[0]), character_id=who, figure=at(seen))
        else:
            made = set_(made, who, character_id=who, is_not=at(seen))
    shown = [one for each in made.characters for one in each.shown]
    assert len(shown) == len(set(shown))
    assert all(not set(each.shown) & set(each.not_shown) for each in made.characters)
