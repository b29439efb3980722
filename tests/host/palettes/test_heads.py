"""Where heads lie, which place names somebody, and what colours are read off them: to the pixel."""

from __future__ import annotations

import numpy as np
import pytest

from engines.base import PARTS
from engines.geometry import Box, Size
from engines.oklab import grey_to_lightness
from host.palettes import figures
from host.palettes.figures import Person, colours_of, people_of, tone_of
from host.pipeline.records.page_meta import Character, Face, PageMeta

SIZE = Size(400, 300)
RED = (200, 60, 60)


def meta(*boxes: tuple[int, ...], faces: tuple[Face, ...] = ()) -> PageMeta:
    return PageMeta(
        size=SIZE, pixels_sha256="0" * 64, kind="story", direction="ltr", faces=faces,
        characters=tuple(Character(box=Box(*box), index=index, panel=index + 3) for index, box in enumerate(boxes)),
    )  # fmt: skip


def face(*box: int, of: int = 0, score: float = 1.0) -> Face:
    return Face(box=Box(*box), character=of, score=score)


@pytest.mark.parametrize(
    ("box", "seen", "head"),
    [
        ((20, 40, 120, 300), None, (20, 40, 120, 140)),
        ((20, 40, 280, 140), None, (100, 40, 200, 140)),  # of what lies, the middle
        ((21, 40, 122, 300), None, (21, 40, 121, 141)),
        ((20, 40, 120, 300), (50, 100, 90, 140), (36, 78, 104, 146)),
        ((0, 0, 120, 300), (0, 5, 40, 45), (0, 0, 54, 51)),  # within the page
    ],
)
def test_a_head_is_the_face_with_hair_and_neck_or_the_upper_square(
    box: tuple[int, ...], seen: tuple[int, ...] | None, head: tuple[int, ...]
) -> None:
    (person,) = people_of(meta(box, faces=(face(*seen),) if seen else ()), None)
    assert person.head == Box(*head)
    assert (person.has_face, person.indices, person.panel) == (seen is not None, (0,), 3)


@pytest.mark.parametrize(("side", "is_known"), [(24, True), (23, False)])
def test_heads_too_small_to_be_known_by_are_nobody_s(side: int, *, is_known: bool) -> None:
    assert bool(people_of(meta((20, 40, 20 + side, 140)), None)) == is_known
    assert bool(people_of(meta((20, 40, 140, 40 + side)), None)) == is_known


def test_the_surest_face_is_somebody_s_and_the_largest_figure_comes_first() -> None:
    people = people_of(
        meta(
            (0, 0, 50, 60),
            (100, 0, 200, 300),
            faces=(face(110, 10, 150, 50, of=1, score=0.4), face(120, 60, 160, 100, of=1)),
        ),
        None,
    )
    assert [one.indices for one in people] == [(1,), (0,)]
    assert people[0].point == (pytest.approx(140.5 / 300, abs=1e-6), pytest.approx(80.5 / 400, abs=1e-6))
    assert people[1].point == (pytest.approx(25.5 / 300, abs=1e-6), pytest.approx(30.5 / 400, abs=1e-6))


def test_the_place_that_names_somebody_is_theirs_and_nearest_to_the_middle() -> None:
    characters = np.zeros(SIZE, np.uint8)
    characters[100:110, 40:60] = characters[250:260, 60:62] = 1
    characters[150:160, 45:55] = 2  # somebody before them
    (person,) = people_of(meta((20, 40, 120, 300)), characters)
    assert person.point == (pytest.approx(59.5 / 300, abs=1e-6), pytest.approx(109.5 / 400, abs=1e-6))


@pytest.mark.parametrize(("height", "rows"), [(100, 40), (24, 9), (2, 1), (1, 1)])
def test_the_tone_of_hair_is_that_of_the_upper_part(height: int, rows: int) -> None:
    grey = np.full(SIZE, 255, np.uint8)
    grey[50 : 50 + rows, 10:40] = 60
    box = Box(10, 50, 40, 50 + height)
    person = Person(indices=(0,), box=box, head=box, has_face=False, panel=None, point=(0, 0))
    level = float(grey_to_lightness(np.array([[60]], np.uint8))[0, 0])
    assert tone_of(grey, person) == pytest.approx(level, abs=1e-5)
    grey[50 + rows - 1, 10:40] = 255
    assert tone_of(grey, person) > level + 0.01


def test_hair_lies_over_the_face_skin_in_it_and_clothes_below() -> None:
    head = Box(40, 20, 108, 88)
    person = Person(indices=(0,), box=Box(20, 20, 120, 220), head=head, has_face=True, panel=None, point=(0, 0))
    shown = figures._by_place(person, Box(20, 20, 120, 220), 1, 1)
    names = {PARTS.index("figure"): "clothes", PARTS.index("hair"): "hair", PARTS.index("skin"): "skin", -1: ""}
    # Of the head's 68 rows the face begins after 55 of 170 parts; of its columns the face has 100 of 170 parts.
    at = {(x, y): names[int(shown[y, x])] for x, y in ((20, 0), (87, 21), (88, 5), (19, 5), (20, 22), (34, 22), (73, 67), (74, 67), (50, 68), (0, 68), (99, 199), (0, 67))}  # fmt: skip  # noqa: E501
    assert at == {
        (20, 0): "hair", (87, 21): "hair", (88, 5): "", (19, 5): "", (20, 22): "", (34, 22): "skin", (73, 67): "skin",
        (74, 67): "", (50, 68): "clothes", (0, 68): "clothes", (99, 199): "clothes", (0, 67): "",
    }  # fmt: skip


def parts_of(name: str, count: int) -> np.ndarray:
    """Return what an engine takes 20 by 10 places for: so many of them for a part, the others for background."""
    parts = np.zeros((20, 10, 4), np.float32)
    parts[..., PARTS.index("background")] = 1
    flat = parts.reshape(-1, 4)
    flat[:count] = np.eye(4)[PARTS.index(name)]
    return parts


EVERYTHING = Box(0, 0, 100, 200)


def whole(box: Box = EVERYTHING) -> Person:
    return Person(indices=(0,), box=box, head=box, has_face=False, panel=None, point=(0, 0))


@pytest.mark.parametrize(("part", "name"), [("hair", "hair"), ("skin", "skin"), ("figure", "clothes")])
@pytest.mark.parametrize(("count", "is_told"), [(24, True), (23, False)])
def test_a_colour_takes_two_dozen_places(part: str, name: str, count: int, *, is_told: bool) -> None:
    rgb = np.full((200, 100, 3), RED, np.uint8)
    found = colours_of(rgb, whole(), None, parts_of(part, count))
    assert found == ({name: (RED, 1.0)} if is_told else {})


@pytest.mark.parametrize(("level", "is_told"), [(61, True), (55, False)])
def test_ink_has_no_colour(level: int, *, is_told: bool) -> None:
    rgb = np.full((200, 100, 3), level, np.uint8)
    lightness = float(grey_to_lightness(np.array([[level]], np.uint8))[0, 0])
    assert (lightness > 0.35) == is_told
    assert bool(colours_of(rgb, whole(), None, parts_of("hair", 60))) == is_told


def test_a_colour_is_the_median_and_as_sure_as_most_places_are_of_it() -> None:
    rgb = np.full((200, 100, 3), RED, np.uint8)
    rgb[:20] = (60, 60, 200)  # two rows of places of six
    (colour, sure) = colours_of(rgb, whole(), None, parts_of("hair", 60))["hair"]
    assert colour == RED
    assert sure == 1.0
    mixed = np.zeros((60, 3), np.float32)
    mixed[:, 1] = np.repeat([0.0, 0.1], 30)
    assert figures._colour(np.full((60, 3), 9, np.uint8), mixed) == ((9, 9, 9), round(float(np.exp(-0.05 / 0.05)), 3))


def test_places_of_others_and_boxes_too_small_to_see_are_left_out() -> None:
    rgb = np.full((200, 100, 3), RED, np.uint8)
    rgb[:, :50] = (60, 60, 200)
    characters = np.zeros((200, 100), np.uint8)
    characters[:, 50:] = 1
    found = colours_of(rgb, whole(), characters, parts_of("hair", 200))
    assert found["hair"][0] == RED
    characters[:] = 2
    assert colours_of(rgb, whole(), characters, parts_of("hair", 200))["hair"][1] < 1  # nobody's: the whole box
    assert colours_of(rgb, whole(Box(0, 0, 100, 10)), None, parts_of("hair", 200)) == {}
    assert colours_of(rgb, whole(Box(0, 0, 10, 200)), None, parts_of("hair", 200)) == {}
