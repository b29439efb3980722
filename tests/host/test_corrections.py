"""What a reader wants otherwise, where bounds do not say all: places that are numbers, palettes that say something."""

from __future__ import annotations

from math import inf, nan

import msgspec
import pytest

from host.corrections import ColourHint, Corrections, FigurePalette, PageWords, corrections_of, laid_over
from host.errors import BadRequest

RED = (200, 30, 30)
HINT = ColourHint(points=((0.5, 0.5),), rgb=RED)
PALETTE = FigurePalette(point=(0.5, 0.5), hair=RED)


@pytest.mark.parametrize(
    ("correction", "words"),
    [
        (ColourHint(points=((0.1, nan),), rgb=RED), "A colour hint lies nowhere"),
        (ColourHint(points=((0.1, 0.1), (inf, 0.1)), rgb=RED), "A colour hint lies nowhere"),
        (ColourHint(points=((0.1, 0.1),), rgb=RED, radius_01=nan), "A colour hint lies nowhere"),
        (FigurePalette(point=(nan, 0.1), hair=RED), "A palette lies nowhere"),
        (FigurePalette(point=(0.1, 0.1)), "A palette names no colour"),
        (PageWords(text=" \n"), "A page's words say nothing"),
    ],
)
def test_what_says_nothing_is_refused(correction: ColourHint | FigurePalette | PageWords, words: str) -> None:
    with pytest.raises(BadRequest, match=words) as told:
        correction.require_sound()
    assert told.value.hint
    kind = {ColourHint: "hints", FigurePalette: "palettes", PageWords: "words"}[type(correction)]
    with pytest.raises(BadRequest):
        corrections_of(Corrections(**{kind: (correction,)}))  # type: ignore[arg-type]


def test_what_is_sound_passes_whole() -> None:
    page = Corrections(hints=(HINT,), palettes=(PALETTE,), words=(PageWords(text="at night"),))
    assert corrections_of(page) == page
    for one in (HINT, PALETTE, PageWords(text="at night")):
        one.require_sound()


@pytest.mark.parametrize("part", ["hair", "skin", "clothes"])
def test_a_palette_has_the_colours_that_it_names(part: str) -> None:
    assert FigurePalette(point=(0, 0), **{part: RED}).colours == {part: RED}  # type: ignore[arg-type]


def test_a_page_s_own_corrections_lie_over_those_below() -> None:
    own, below = Corrections(hints=(HINT,)), Corrections(palettes=(PALETTE,), hints=(HINT, HINT))
    assert laid_over(Corrections(), own) is own
    other = ColourHint(points=((0.1, 0.1),), rgb=RED)
    both = laid_over(Corrections(hints=(other,), words=(PageWords(text="a"),)), Corrections(hints=(HINT,)))
    assert both == Corrections(hints=(other, HINT), words=(PageWords(text="a"),))
    assert laid_over(below, own).palettes == (PALETTE,)


def test_a_stroke_is_as_wide_as_a_pen_unless_somebody_says_otherwise() -> None:
    assert HINT.radius_01 == 0.004
    assert (
        msgspec.json.decode(msgspec.json.encode(ColourHint(points=((0, 0),), rgb=RED, radius_01=0.1)))["radius"] == 0.1
    )


@pytest.mark.parametrize(
    "hint", [{"points": []}, {"points": [[2, 0]]}, {"points": [[0, 0]], "radius": 0.2}, {"points": [[0, 0]] * 1025}]
)
def test_bounds_are_those_of_the_wire(hint: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"rgb": [1, 2, 3], **hint}, ColourHint)
