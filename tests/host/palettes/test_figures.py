"""Who is on a page: each once, named by a place of them, with the colours that they have."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engines.base import PARTS
from engines.geometry import Box, Size
from host.corrections import FigurePalette
from host.palettes.figures import FACE_PX, colours_of, face_of, people_of, tone_of
from host.pipeline.compose.palettes import place_palettes
from host.pipeline.records.masks import PageMaps
from host.pipeline.records.page_meta import Character, Face, PageMeta

SIZE = Size(400, 300)
BODY, HEAD, OTHER = Box(20, 20, 140, 380), Box(40, 20, 120, 120), Box(180, 100, 290, 390)
FACE = Box(55, 50, 105, 110)
HAIR, SKIN, COAT = (150, 60, 60), (230, 190, 160), (60, 90, 160)


@pytest.fixture
def meta():
    return PageMeta(
        size=SIZE,
        pixels_sha256="0" * 64,
        kind="story",
        direction="ltr",
        characters=(Character(box=HEAD, index=0), Character(box=BODY, index=1), Character(box=OTHER, index=2)),
        faces=(Face(box=FACE, character=0),),
    )


@pytest.fixture
def characters():
    labels = np.zeros(SIZE, np.uint8)
    for label, box in ((2, BODY), (1, HEAD), (3, OTHER)):
        labels[box.top : box.bottom, box.left : box.right] = label
    return labels


def coloured():
    rgb = np.full((*SIZE, 3), 200, np.uint8)
    rgb[BODY.top : BODY.bottom, BODY.left : BODY.right] = COAT
    rgb[HEAD.top : HEAD.bottom, HEAD.left : HEAD.right] = HAIR
    cv2.rectangle(rgb, FACE[:2], (FACE.right - 1, FACE.bottom - 1), SKIN, -1)
    return rgb


def parts():
    told = np.zeros((*SIZE, 4), np.float32)
    told[..., PARTS.index("background")] = 1
    for box, part in ((BODY, "figure"), (HEAD, "hair"), (FACE, "skin")):
        told[box.top : box.bottom, box.left : box.right] = np.eye(4)[PARTS.index(part)]
    return cv2.resize(told, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def test_a_head_that_was_found_apart_is_no_person_of_its_own(meta, characters):
    people = people_of(meta, characters)
    assert [one.indices for one in people] == [(1, 0), (2,)]
    assert [one.has_face for one in people] == [True, False]


def test_a_person_s_point_names_that_person_again(meta, characters):
    maps = PageMaps(panels=characters, characters=characters, depth=characters, tone=characters)
    people = people_of(meta, characters)
    placed = place_palettes([FigurePalette(point=one.point, hair=HAIR) for one in people], meta, maps)
    assert [set(one.figures) for one in placed] == [set(one.indices) for one in people]


def test_the_point_lies_in_the_map_s_figure_where_the_box_s_middle_does_not(meta, characters):
    characters[OTHER.top : 380, OTHER.left : OTHER.right] = 0
    (x, y) = people_of(meta, characters)[1].point
    assert characters[int(y * SIZE.height), int(x * SIZE.width)] == 3


@pytest.mark.parametrize("told", [True, False])
def test_hair_skin_and_clothes_are_told_by_the_engine_s_parts_or_by_where_they_lie(meta, characters, told):
    person = people_of(meta, characters)[0]
    found = colours_of(coloured(), person, characters, parts() if told else None)
    for name, rgb in (("hair", HAIR), ("skin", SKIN), ("clothes", COAT)):
        colour, sure = found[name]
        assert np.abs(np.subtract(colour, rgb)).max() < 12, name
        assert sure > 0.8


def test_where_no_face_is_and_nobody_told_parts_no_colour_is_guessed(meta, characters):
    assert colours_of(coloured(), people_of(meta, characters)[1], characters, None) == {}


def test_many_colours_are_less_sure_than_one(meta, characters):
    rgb = coloured()
    noise = np.random.default_rng(0).integers(0, 256, rgb.shape, np.uint8)
    rgb[120:] = cv2.blur(noise[120:], (5, 5))
    found = colours_of(rgb, people_of(meta, characters)[0], characters, parts())
    assert found["clothes"][1] < found["hair"][1]


def test_faces_are_small_and_tones_tell_dark_from_light(meta, characters):
    person = people_of(meta, characters)[0]
    picture = cv2.imdecode(np.frombuffer(face_of(coloured(), person), np.uint8), cv2.IMREAD_COLOR)
    assert max(picture.shape[:2]) <= FACE_PX
    dark, light = (tone_of(np.full(SIZE, level, np.uint8), person) for level in (20, 240))
    assert dark < 0.3 < 0.9 < light


@pytest.mark.slow
def test_what_a_cast_learns_of_a_page_are_the_colours_that_its_reader_sees():
    from engines.base import Device, Plan
    from engines.registry import get
    from host.pipeline.job import PageJob
    from host.pipeline.page import PagePipeline
    from tests.host.pipeline.drawn import manga_page

    class Nobody:
        def words(self, pixels_sha256):
            return ()

        def dress(self, page, meta, characters):
            return ()

    pipeline, engine = PagePipeline(), get("compact")
    engine.load(Device(kind="cpu", name="cpu", memory_mib=0))
    encoded = cv2.imencode(".png", manga_page(700, 500))[1].tobytes()
    job = PageJob(engine=engine.info, plan=Plan(), cast=Nobody(), output_format="png")
    prepared = pipeline.read(pipeline.decode(encoded), job, lambda stage, fraction: None)
    coloured = pipeline.colour(prepared, engine, lambda stage, fraction: None)
    finished = pipeline.finish(prepared, coloured, lambda stage, fraction: None)
    shown = cv2.cvtColor(cv2.imdecode(np.frombuffer(finished.image, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    assert np.array_equal(finished.rgb, shown)
