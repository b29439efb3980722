"""Whose a figure is: the reader's word before any likeness, questions where it is not sure, nobody twice in a panel."""

from __future__ import annotations

import pytest

from host.corrections import FigurePalette
from host.palettes.cast import Wardrobe
from host.palettes.likeness import PERHAPS, SURE, alike, known_of, whose
from tests.host.palettes.people import AKI, BLUE, BOTAN, CHIE, EMBEDDER, RED, at, character, figure, page, palette

UNSURE = 1 - (SURE + PERHAPS) / 2


def names(seen, *characters, embedder=EMBEDDER):
    found = whose(seen, known_of(palette(*characters), embedder))
    return [(one.character_id, one.is_sure) for one in found]


def test_who_is_drawn_alike_is_taken_for_somebody_and_a_stranger_for_nobody():
    seen = page(1, figure(AKI), figure(CHIE, 0.7, 1))
    assert names(seen, character("Aki", AKI), character("Botan", BOTAN)) == [("aki", True), ("", False)]


def test_what_is_not_sure_is_a_question_and_never_dressed():
    seen = page(1, figure(AKI, unlike=UNSURE))
    assert names(seen, character("Aki", AKI)) == [("aki", False)]
    assert Wardrobe(palette(character("Aki", AKI, RED)), EMBEDDER).dress(seen) == ()


def test_the_reader_s_word_goes_before_every_likeness():
    seen = page(1, figure(AKI))
    told = character("Botan", BOTAN, shown=[at(seen)])
    assert names(seen, character("Aki", AKI), told) == [("botan", True)]
    assert names(seen, character("Aki", AKI, not_shown=[at(seen)])) == [("", False)]


def test_nobody_stands_in_one_panel_twice():
    seen = page(1, figure(AKI), figure(AKI, 0.7, unlike=0.02), figure(AKI, 0.25, 1, unlike=0.02))
    assert names(seen, character("Aki", AKI)) == [("aki", True), ("", False), ("aki", True)]
    shown = character("Aki", AKI, shown=[at(seen, 1)])
    assert names(seen, shown) == [("", False), ("aki", True), ("aki", True)]


def test_figures_that_no_panel_holds_do_not_keep_each_other_out():
    seen = page(1, figure(AKI, panel=None), figure(AKI, 0.7, panel=None))
    assert names(seen, character("Aki", AKI)) == [("aki", True)] * 2


def test_looks_of_another_embedder_say_nothing_and_the_reader_s_word_stays():
    seen = page(1, figure(AKI), figure(BOTAN, 0.7, 1))
    told = character("Botan", BOTAN, shown=[at(seen, 1)])
    assert names(seen, character("Aki", AKI), told, embedder="other 2") == [("", False), ("botan", True)]


def test_black_hair_and_white_hair_are_two_heads():
    assert alike(figure(AKI), figure(AKI)) == pytest.approx(1, abs=1e-3)
    one = figure(AKI)
    dark = type(one)(point=one.point, box=one.box, has_face=True, look=_toned(0.1), tone=0.1)
    light = type(one)(point=one.point, box=one.box, has_face=True, look=_toned(0.9), tone=0.9)
    assert alike(dark, light) < SURE


def test_only_the_reader_s_colours_are_worn():
    known, others = character("Aki", AKI, RED), character("Botan", BOTAN)
    seen = page(1, figure(AKI), figure(BOTAN, 0.7, 1))
    worn = Wardrobe(palette(known, others), EMBEDDER).dress(seen)
    assert worn == (FigurePalette(point=(0.25, 0.5), hair=RED),)


def test_a_figure_that_is_somebody_else_s_is_not_dressed_as_the_next_one():
    seen = page(1, figure(BOTAN, unlike=0.02))
    red = character("Aki", AKI, RED)
    assert Wardrobe(palette(red, character("Botan", BOTAN)), EMBEDDER).dress(seen) == ()
    assert Wardrobe(palette(character("Botan", BOTAN, BLUE), red), EMBEDDER).dress(seen)[0].hair == BLUE


def test_damaged_looks_are_nobody_s():
    seen = page(1, figure(AKI))
    for broken in (b"", b"x", b"\xff" * 34):
        assert names(
            seen, palette(character("Aki", AKI)).characters[0].__class__(character_id="a", looks=[broken])
        ) == [("", False)]


def _toned(tone):
    from tests.host.palettes.people import look

    return look(AKI, tone=tone)
