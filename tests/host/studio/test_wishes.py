"""Trigger words in a wish."""

from pathlib import Path

from host.studio.elements.records import Element
from host.studio.elements.wishes import understood

HERO = Element(name="Aki", trigger="@Hero", description="a boy in a red coat", pictures=("aki.png", "coat.png"))
FOX = Element(name="Kon", trigger="@Fox", pictures=("kon.png", "coat.png"))


def test_a_trigger_word_becomes_what_it_stands_for_and_brings_its_pictures() -> None:
    wish = understood("@fox before @HERO, at night; @hero again", [HERO, FOX], Path("series"))
    assert wish.words == "Kon before Aki (a boy in a red coat), at night; Aki (a boy in a red coat) again"
    assert wish.pictures == (Path("series/kon.png"), Path("series/coat.png"), Path("series/aki.png"))


def test_what_no_element_has_stays() -> None:
    for text in ("@Heroes", "x@Hero", "@Hero-like", "@@Hero", "hero", "", "@"):
        wish = understood(text, [HERO, FOX], Path())
        assert (wish.words, wish.pictures) == (text, ())


def test_descriptions_are_texts_and_no_patterns() -> None:
    odd = Element(name=r"\1 $& {0}", trigger="@Odd", description=r"\g<0>")
    assert understood("see @Odd.", [odd], Path()).words == r"see \1 $& {0} (\g<0>)."
