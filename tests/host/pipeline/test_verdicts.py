"""What makes a page blank, text, an advertisement, a cover or a coloured one: each share and count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engines.geometry import Box, Size
from host.pipeline.analysis import page_kind
from host.pipeline.analysis.fusion.findings import PageFindings
from host.pipeline.analysis.fusion.words import Words
from host.pipeline.analysis.own_colour import Colour
from host.pipeline.decode import as_page
from host.pipeline.generation.review import fault, review_page
from host.pipeline.records.masks import PageMasks
from host.pipeline.records.page_meta import Panel
from host.pipeline.records.run_meta import Verdicts

SHAPE = (100, 100)


def masks(shape: tuple[int, int] = SHAPE) -> PageMasks:
    return PageMasks(**{name: np.zeros(shape, np.bool_) for name in ("balloons", "lettering", "gutters")})


def found(shape: tuple[int, int] = SHAPE, **facts: object) -> PageFindings:
    parts = {"panels": (), "balloons": (), "free": (), "sound": (), "faces": (), "characters": ()}
    return PageFindings(**(parts | {"masks": masks(shape)} | facts))  # type: ignore[arg-type]


def inked(count: int, level: int = 199, ground: int = 255) -> np.ndarray:
    grey = np.full(SHAPE, ground, np.uint8)
    grey.reshape(-1)[:count] = level
    return grey


PANELS = tuple(Panel(box=Box(0, 0, 50, 100), order=order, score=1) for order in range(2))


@pytest.mark.parametrize(
    ("ink", "letters", "panels", "kind"),
    [
        (4, 0, 2, "blank"),
        (4, 1, 2, "text"),
        (5, 0, 2, "story"),
        (5, 0, 1, "splash"),
        (5, 0, 0, "story"),
        (99, 20, 2, "text"),
        (99, 19, 2, "story"),
        (100, 20, 2, "story"),
    ],
)
def test_a_page_with_next_to_no_art_is_blank_or_text(ink: int, letters: int, panels: int, kind: str) -> None:
    assert page_kind._kind_of_grey(inked(ink), found(letters=letters), PANELS[:panels]) == kind


def test_what_says_something_is_text() -> None:
    speaking = found(balloons=(Words(Box(0, 0, 9, 9)),))
    assert page_kind._kind_of_grey(inked(0), speaking, ()) == "text"
    lettered = found()
    lettered.masks.lettering[3, 3] = True
    assert page_kind._kind_of_grey(inked(0), lettered, ()) == "text"


@pytest.mark.parametrize(
    ("level", "ground", "share"),
    [(199, 255, 0.5), (200, 255, 0.0), (56, 54, 0.25), (55, 54, 0.0), (255, 55, 1.0 - 0.25)],
)
def test_art_is_what_is_dark_and_on_black_what_is_light(level: int, ground: int, share: float) -> None:
    protect = np.zeros(SHAPE, np.bool_)
    assert page_kind._art_share(inked(5000 if ground == 255 else 2500, level, ground), protect) == share
    assert page_kind._art_share(inked(5000, level, ground), ~protect) == 0


@pytest.mark.parametrize(
    ("count", "off", "is_blank"), [(98, 19, True), (99, 19, False), (5000, 18, True), (98, -19, True), (99, -19, False)]
)
def test_a_blank_page_is_even_but_for_specks(count: int, off: int, *, is_blank: bool) -> None:
    grey = np.full((256, 256), 200, np.uint8)
    grey.reshape(-1)[:count] = 200 + off
    assert page_kind._is_blank(grey) == is_blank


def advertised(
    small: int = 20, large: int = 50, width: int = 200, count: int = 12, heights: tuple[int, ...] = (), **facts: object
) -> bool:
    """Return the verdict on a page of a million pixels with so many blocks of print."""
    lines = list(heights) or [small] * (count - 1)
    free = [Words(Box(0, 0, 500, height)) for height in lines] + [Words(Box(0, 0, width, large))]
    grey = np.full((1000, 1000), 255, np.uint8)
    return page_kind._is_advertisement(grey, found((1000, 1000), free=tuple(free), **({"letters": 300} | facts)))


def test_an_advertisement_is_told_by_everything_at_once() -> None:
    assert advertised()
    assert not advertised(letters=299)
    assert not advertised(count=11, width=1000)
    assert not advertised(width=199)  # under 12 % of the page
    assert not advertised(large=49, width=300)
    assert not advertised(balloons=(Words(Box(0, 0, 9, 9)),))
    assert not advertised(sound=(Words(Box(0, 0, 9, 9)),))


def test_its_sizes_are_told_against_the_lower_quarter() -> None:
    assert advertised(heights=(10, 10, 10, 20, 21, *[21] * 6), width=1000)
    assert not advertised(heights=(10, 10, 10, 20, 20, *[20] * 6), width=1000, large=49)
    assert advertised(heights=(20, 20, 20, 20, 21, *[21] * 6), width=1000)


@pytest.mark.parametrize(
    ("box", "is_cover"),
    [
        (Box(0, 330, 350, 380), True),
        (Box(0, 331, 350, 381), False),
        (Box(0, 680, 350, 730), True),
        (Box(0, 679, 350, 729), False),
        (Box(0, 330, 349, 380), False),
        (Box(0, 331, 350, 380), False),
    ],
)
@pytest.mark.parametrize("kind", ["free", "sound"])
def test_a_cover_has_a_large_title_near_an_edge(box: Box, kind: str, *, is_cover: bool) -> None:
    grey = np.full((1000, 1000), 100, np.uint8)
    titled = found((1000, 1000), **{kind: (Words(Box(0, 0, 9, 9)), Words(box))})
    assert page_kind._is_cover(grey, titled) == is_cover
    assert not page_kind._is_cover(grey, replace(titled, balloons=(Words(Box(0, 0, 9, 9)),)))
    assert page_kind._kind_of_grey(grey, titled, ()) == ("cover" if is_cover else "story")
    assert page_kind._kind_of_grey(grey, titled, PANELS) == "story"


def colour(
    covered: int = 0, ink: tuple[int, int] = (0, 0), *, traces: float = 0.0, detail: float = 0.0, change: float = 0.0,
    strong_tint: float = 0.0,
) -> Colour:  # fmt: skip
    """Return colour that covers so many of 1000 samples; ink: those drawn, and those that are weakly coloured."""
    planes = [np.zeros((10, 100), np.bool_) for _ in range(3)]
    for plane, count in zip(planes, (covered, *ink), strict=True):
        plane.reshape(-1)[:count] = True
    coloured, drawn, weak = planes
    return Colour(drawn, coloured, weak, coloured, traces, detail, change, strong_tint)


@pytest.mark.parametrize(
    ("own", "is_everywhere"),
    [
        (colour(), False),
        (colour(traces=0.65, change=2.3), True),
        (colour(traces=0.64, change=2.3), False),
        (colour(traces=0.65, change=2.2), False),
        (colour(100, traces=0.65), True),
        (colour(100, traces=0.64), False),
        (colour(99, traces=0.65), False),
        (colour(5, strong_tint=0.05), True),
        (colour(4, strong_tint=0.05), False),
        (colour(5, strong_tint=0.04), False),
        (colour(30, traces=0.7), True),
        (colour(29, traces=0.7), False),
        (colour(30, traces=0.69), False),
        (colour(5, (100, 40), traces=0.7), True),
        (colour(5, (100, 39), traces=0.7), False),
        (colour(4, (100, 40), traces=0.7), False),
        (colour(5, traces=0.8), True),
        (colour(5, traces=0.79), False),
        (colour(0, (100, 30), traces=0.9), True),
        (colour(0, (100, 29), traces=0.9), False),
        (colour(0, (100, 30), traces=0.89), False),
        (colour(traces=0.9, detail=3.3), True),
        (colour(traces=0.9, detail=3.2), False),
        (colour(traces=0.89, detail=3.3), False),
    ],
)
def test_a_page_is_coloured_everywhere_where_enough_says_so(own: Colour, *, is_everywhere: bool) -> None:
    assert own.is_everywhere == is_everywhere


def test_how_much_of_a_box_has_colour_is_told_of_what_is_drawn_there() -> None:
    own = colour(30, (60, 0))
    page = Size(100, 1000)
    upper = Box(0, 0, 1000, 10)  # the first hundred samples
    assert own.share_of(upper, page) == own.traces_of(upper, page) == 0.5
    assert own.share_of(Box(0, 0, 400, 10), page) == 0.75
    assert own.share_of(Box(0, 0, 1000, 100), page) == 30 / 500  # little is drawn: half of the box counts as drawn
    assert own.share_of(Box(50, 95, 51, 96), page) == 0
    assert own.share_of(Box(0, 0, 1, 1), page) == 1
    assert colour().share_of(Box(0, 0, 1, 1), page) == 0


@pytest.mark.parametrize(("top", "outside", "spans"), [(7, 15, True), (7, 16, False), (6, 16, True)])
def test_colour_spans_a_box_where_most_of_what_is_drawn_lies_within_it(top: int, outside: int, *, spans: bool) -> None:
    """Or within the halo of it, two samples wide; 85 are drawn where the colour is."""
    inked, coloured = np.zeros((20, 100), np.bool_), np.zeros((20, 100), np.bool_)
    coloured[0:5, 0:17] = inked[0:5, 0:17] = True
    inked[top, :outside] = True
    own = Colour(inked, coloured, coloured, coloured, 0, 0, 0, 0)
    assert own.spans(Box(0, 0, 100, 20), Size(20, 100)) == spans


def test_nothing_coloured_spans_nothing() -> None:
    assert not colour(0, (50, 0)).spans(Box(0, 0, 1000, 100), Size(100, 1000))


@pytest.mark.parametrize(("count", "is_picture"), [(300, True), (299, False)])
def test_a_picture_is_more_than_writing_and_an_edge(count: int, *, is_picture: bool) -> None:
    """The halo of compression belongs to it: two samples to each side."""
    own = Colour(*(np.zeros(SHAPE, np.bool_) for _ in range(4)), 0, 0, 0, 0)
    own.coloured[50:90, 50:90] = True
    laid = masks()
    laid.lettering[:] = True
    free = np.argwhere(np.ones((20, 20), np.bool_))[:count] + 60
    laid.lettering[free[:, 0], free[:, 1]] = False
    assert page_kind._is_picture(own, laid) == is_picture
    laid.balloons[:] = True
    assert not page_kind._is_picture(own, laid)


GOOD = Verdicts(
    line_dice=1.0, panels_line_dice=(1.0, 1.0), protected_changed=0, protected_share=0.1, coloured_share=0.5,
    chroma_mean=0.05, spill=0.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "strength_01", "words"),
    [
        ({}, 1.0, ""),
        ({"protected_changed": 3, "line_dice": 0.1}, 1.0, "3 protected pixels changed."),
        ({"line_dice": 0.97}, 1.0, ""),
        ({"line_dice": 0.9699}, 1.0, "The ink changed: line Dice 0.970, at least 0.97 is asked."),
        ({"panels_line_dice": (1.0, 0.9)}, 1.0, ""),
        ({"panels_line_dice": (1.0, 0.89)}, 1.0, "The ink of panel 2 changed: line Dice 0.890, at least 0.9 is asked."),
        ({"coloured_share": 0.01}, 0.4, ""),
        ({"coloured_share": 0.0099}, 0.4, "The page stayed grey."),
        ({"coloured_share": 0.0}, 0.39, ""),
        ({"coloured_share": 0.0, "chroma_mean": 5e-4}, 0.39, ""),
        ({"coloured_share": 0.0, "chroma_mean": 4.9e-4}, 0.39, "The page stayed grey."),
        ({"coloured_share": 0.0, "chroma_mean": 4.9e-4}, 0.05, "The page stayed grey."),
        ({"coloured_share": 0.0, "chroma_mean": 0.0}, 0.049, ""),
    ],
)
def test_what_is_wrong_with_a_page_is_said_in_one_sentence(
    change: dict[str, object], strength_01: float, words: str
) -> None:
    assert fault(GOOD.model_copy(update=change), strength_01) == words


def test_what_a_page_had_of_tint_is_no_colour_that_it_got() -> None:
    """A yellowed page that comes out as it went in has stayed grey; one that takes another hue has not."""
    yellowed = np.full((*SHAPE, 3), (240, 225, 180), np.uint8)
    page = as_page(yellowed, np.full(SHAPE, 220, np.uint8))
    nothing = np.zeros(SHAPE, np.bool_)
    same, blue = (review_page(page, nothing, rgb) for rgb in (yellowed, yellowed[..., ::-1].copy()))
    assert (same.coloured_share, same.chroma_mean) == (0, 0)
    assert fault(same, 1.0) == "The page stayed grey."
    assert blue.coloured_share == 1
    assert fault(blue, 1.0) == ""


def test_colour_counts_where_nothing_is_protected_alone() -> None:
    grey = np.full((*SHAPE, 3), 200, np.uint8)
    red = grey.copy()
    red[:50] = (220, 180, 180)
    protect = np.zeros(SHAPE, np.bool_)
    protect[50:] = True
    page = as_page(grey, grey[..., 0])
    found = [review_page(page, where, red) for where in (protect, ~protect, np.ones_like(protect))]
    assert [one.coloured_share for one in found] == [1, 0, 0]
    assert [one.protected_changed for one in found] == [0, 5000, 5000]
    assert [one.protected_share for one in found] == [0.5, 0.5, 1]
