"""Scores with the bounds that were published, recomputed here; which text goes to which panel; page types."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.geometry import Box, Size
from host.library.align.measures import agreement, order_coherence, score_of, text_of_panels
from host.library.align.naming import name_of
from host.library.align.page_types import page_type
from host.library.align.pairs import DetectedPanel, PagePair
from host.library.understand.story import PageStory, StoryPanel, Utterance


def told(*lines: str) -> PageStory:
    panels = [
        StoryPanel(order=place, dialogue=(Utterance(text=line),) if line else ()) for place, line in enumerate(lines)
    ]
    return PageStory(model="m", panels=tuple(panels))


def seen(*words: str) -> tuple[DetectedPanel, ...]:
    return tuple(
        DetectedPanel(Box(0, 10 * place, 9, 10 * place + 9), 1.0, (word,) if word else ())
        for place, word in enumerate(words)
    )


def pair(detected: tuple[DetectedPanel, ...], story: PageStory | None, **facts: object) -> PagePair:
    return PagePair(id="a/1.png", picture_path="/a/1.png", detected=detected, told=story, size=Size(99, 9), **facts)  # type: ignore[arg-type]


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_scores_are_those_of_the_bounds(detector: int, model: int, with_text: int) -> None:
    with_text = min(with_text, model)
    page = pair(seen(*[""] * detector), told(*["hi"] * with_text, *[""] * (model - with_text)))
    found = agreement(page)
    ratio = Fraction(model, detector) if detector else None
    coverage = Fraction(with_text, model) if model else Fraction(0)
    if ratio is None:
        expected = 0
    elif ratio == 1 and coverage >= Fraction(6, 10):
        expected = 4
    elif Fraction(9, 10) <= ratio <= Fraction(11, 10):
        expected = 3
    elif Fraction(3, 4) <= ratio <= Fraction(5, 4) and coverage > 0:
        expected = 2
    else:
        expected = 1 if coverage else 0
    assert found.score == expected
    assert found.text_coverage == pytest.approx(float(coverage))
    assert found.panel_ratio == (None if ratio is None else pytest.approx(float(ratio)))
    assert found.is_near == (ratio is not None and ratio != 1 and Fraction(9, 10) <= ratio <= Fraction(11, 10))


def test_pages_that_one_of_both_did_not_answer_say_so() -> None:
    assert agreement(pair(seen("a"), None)).reason == "no model answer"
    assert agreement(pair((), told("a"))).reason == "no detector panels"
    assert score_of(1.0, 0.5, text_coverage_min=0.5) == 4


def test_coherence_is_the_share_of_pairs_in_the_same_order() -> None:
    words = ("Good morning, Pepper", "What a storm tonight", "The broom is broken")
    assert order_coherence(pair(seen(*words), told(*words))) == 1.0
    assert order_coherence(pair(seen(*words), told(*words[::-1]))) == 0.0
    swapped = told(words[1], words[0], words[2])
    assert order_coherence(pair(seen(*words), swapped)) == pytest.approx(2 / 3)
    assert order_coherence(pair(seen(words[0], ""), told(words[0], ""))) is None
    shouted = told(*(word.upper().replace(" ", "\n") + "!" for word in words))
    assert order_coherence(pair(seen(*words), shouted)) == 1.0


def test_text_finds_its_panel_by_its_words_and_the_rest_in_order() -> None:
    page = pair(seen("Good morning", "", "The broom is broken"), told("The broom is broken!", "Hm"))
    found = text_of_panels(page)
    assert [one.lines if one else None for one in found] == [("Hm",), None, ("The broom is broken!",)]
    assert [one.lines[0] for one in text_of_panels(pair(seen("", ""), told("a", "b"))) if one] == ["a", "b"]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"comic_info": "FrontCover"}, ("cover", "comicinfo")),
        ({"comic_info": "Advertisement", "kind": "story"}, ("ad_third_party", "comicinfo")),
        ({"kind": "already_coloured", "number": 0, "pages": 20}, ("cover", "record")),
        ({"kind": "already_coloured", "number": 19, "pages": 20}, ("back_cover", "record")),
        ({"kind": "splash", "number": 7, "pages": 20}, ("splash", "record")),
        ({"kind": "story", "number": 7, "pages": 20}, ("interior", "record")),
        ({"kind": "advertisement", "number": 7, "pages": 20}, ("ad_third_party", "record")),
        ({"kind": "text", "number": 1, "pages": 20}, ("title_page", "record")),
        ({"kind": "text", "number": 9, "pages": 20}, ("editorial", "record")),
        ({"kind": "text", "number": 18, "pages": 20}, ("backmatter", "record")),
        ({"kind": "text", "number": 18, "pages": 20, "loose_words": ("Dear Editor,",)}, ("letters", "record")),
        ({"kind": "blank", "number": 3, "pages": 20}, ("backmatter", "record")),
    ],
)
def test_page_types(facts: dict[str, object], expected: tuple[str, str]) -> None:
    assert page_type(pair((), None, **facts)) == expected


def test_what_a_model_says_of_a_page_goes_before_its_record() -> None:
    story = PageStory(model="m", page_type="letters")
    assert page_type(pair((), story, kind="story")) == ("letters", "model")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("Series A/Series A v02 #7", ("Series A", "2", "7")),
        ("Series A/v1", ("Series A", "1", "")),
        ("One Shot 012", ("One Shot", "", "12")),
        ("Pepper/Chapter 10.5", ("Pepper", "", "10.5")),
        ("Just a name", ("Just a name", "", "")),
    ],
)
def test_names_of_books_are_told_from_their_places(place: str, expected: tuple[str, str, str]) -> None:
    assert tuple(name_of(place)) == expected
