"""A page as the palette's room sees it: who, where, by which head, in what colours."""

import numpy as np
import pytest

from engines.geometry import Box, Size
from host.palettes.figures import face_of, people_of
from host.palettes.likeness import pack_look
from host.palettes.look import look_at
from host.pipeline.records.page_meta import Character, Face, PageMeta, Panel

SIZE = Size(400, 200)
ONE, OTHER = Box(20, 40, 90, 360), Box(120, 100, 190, 380)
FACE = Box(35, 60, 75, 110)
META = PageMeta(
    size=SIZE,
    pixels_sha256="0" * 64,
    kind="story",
    direction="ltr",
    panels=(Panel(box=Box(0, 0, 100, 400), order=0, score=1.0), Panel(box=Box(100, 0, 200, 400), order=1, score=1.0)),
    characters=(Character(box=ONE, index=0, panel=0), Character(box=OTHER, index=1, panel=1)),
    faces=(Face(box=FACE, character=0),),
)
GREY = np.random.default_rng(1).integers(0, 256, SIZE, np.uint8)


class Embedder:
    def __init__(self):
        self.heads = []

    def embed(self, heads):
        self.heads = list(heads)
        return np.eye(len(heads), 4, dtype=np.float32)


@pytest.fixture
def seen():
    embedder = Embedder()
    return look_at(GREY, "d" * 64, META, None, embedder, "toy 1"), embedder


def test_who_is_on_a_page_is_told_in_shares_of_it(seen):
    page, _ = seen
    people = people_of(META, None)
    assert (page.pixels_sha256, page.embedder, len(page.figures)) == ("d" * 64, "toy 1", len(people))
    for figure, person in zip(page.figures, people, strict=True):
        left, top, right, bottom = person.box
        assert figure.box == (left / 200, top / 400, right / 200, bottom / 400)
        assert (figure.point, figure.has_face, figure.panel) == (person.point, person.has_face, person.panel)
    assert sorted(figure.box for figure in page.figures) == [(0.1, 0.1, 0.45, 0.9), (0.6, 0.25, 0.95, 0.95)]
    assert [figure.has_face for figure in page.figures] == [person.has_face for person in people]


def test_a_head_is_seen_as_it_is_drawn(seen):
    page, embedder = seen
    for place, (figure, person) in enumerate(zip(page.figures, people_of(META, None), strict=True)):
        head = person.head
        assert np.array_equal(embedder.heads[place], GREY[head.top : head.bottom, head.left : head.right])
        assert 0 <= figure.tone <= 1
        assert figure.look == pack_look(np.eye(4, dtype=np.float32)[place], figure.tone)


def test_of_a_grey_page_no_colours_are_known(seen):
    for figure in seen[0].figures:
        assert (figure.face, figure.hair, figure.skin, figure.clothes) == (b"", None, None, None)


def test_of_a_coloured_page_faces_and_colours_are_known():
    rgb = np.full((*SIZE, 3), (60, 90, 160), np.uint8)
    rgb[FACE.top : FACE.bottom, FACE.left : FACE.right] = (230, 190, 160)
    page = look_at(GREY, "d" * 64, META, None, Embedder(), "toy 1", rgb)
    people = people_of(META, None)
    assert [figure.face for figure in page.figures] == [face_of(rgb, person) for person in people]
    with_face = next(figure for figure in page.figures if figure.has_face)
    assert with_face.skin is not None
    assert np.abs(np.subtract(with_face.skin.rgb, (230, 190, 160))).max() < 12
    assert 0 < with_face.skin.sure <= 1
