"""MaskBinder: what a request says of figures and faces."""

import numpy as np

from engines.base import FACE, FIGURE
from engines.geometry import Box, Size
from host.pipeline.generation.masks import bind_parts
from host.pipeline.records.masks import PageMaps
from host.pipeline.records.page_meta import Character, Face, PageMeta


def meta(**found: object) -> PageMeta:
    fixed = {"size": Size(80, 60), "pixels_sha256": "0" * 64, "kind": "story", "direction": "rtl"}
    return PageMeta.model_validate({**fixed, **found})


def maps() -> PageMaps:
    characters = np.zeros((80, 60), np.uint8)
    characters[20:70, 10:40] = 1
    blank = np.zeros_like(characters)
    return PageMaps(panels=blank, characters=characters, depth=blank, tone=blank)


def test_faces_lie_on_their_figures():
    found = meta(
        characters=(Character(box=Box(10, 20, 40, 70), index=0),), faces=(Face(box=Box(15, 22, 35, 42), score=0.9),)
    )
    parts = bind_parts(found, maps())
    assert parts is not None
    assert parts[32, 25] == FACE
    assert parts[60, 20] == FIGURE
    assert parts[22, 15] == FIGURE
    assert parts[5, 5] == 0


def test_a_doubtful_face_is_not_passed_on():
    found = meta(faces=(Face(box=Box(15, 22, 35, 42), score=0.2),))
    assert bind_parts(found, maps()) is None


def test_without_figures_nothing_is_said():
    assert bind_parts(meta(), maps()) is None
    assert bind_parts(meta(characters=(Character(box=Box(10, 20, 40, 70), index=0),)), None) is None
