"""Masks and maps of a strip by those of its pieces: each row once, numbers counted on."""

from types import SimpleNamespace

import numpy as np
import pytest

from engines.geometry import Box
from host.pipeline.decode import as_page
from host.pipeline.records.layers import layers_of
from host.pipeline.records.masks import PageMaps, PageMasks
from host.pipeline.strips.layers import pack_layers, strip_layers

PAGE = as_page(None, np.arange(60, dtype=np.uint8).repeat(4).reshape(60, 4).copy())
# The first two share rows 16 to 24 and are parted at 20.
BOXES = [Box(0, 0, 4, 24), Box(0, 16, 4, 40), Box(0, 40, 4, 60)]


def plane(box, value, dtype=np.uint8):
    return np.full((box.height, 4), value, dtype)


def masks_of(box, **more):
    of = {name: plane(box, False, np.bool_) for name in ("balloons", "lettering", "gutters")}
    return PageMasks(**of | more)


def maps_of(box, number):
    return PageMaps(
        panels=plane(box, number),
        characters=plane(box, 0),
        depth=plane(box, 10 * number),
        tone=plane(box, 200),
    )


def reading(box, masks=None, maps=None):
    return SimpleNamespace(masks=masks or masks_of(box), maps=maps)


def meta(panels=0, characters=0):
    return SimpleNamespace(panels=[None] * panels, characters=[None] * characters)


def joined(readings, metas=None):
    pieces = [pack_layers(one) for one in readings]
    return strip_layers(PAGE, BOXES, metas or [meta()] * len(pieces), pieces)


def rows(values):
    assert all((row == row[0]).all() for row in values)
    return values[:, 0].tolist()


def test_a_mask_has_each_row_of_the_piece_whose_it_is():
    of = [reading(BOXES[0], masks_of(BOXES[0], gutters=plane(BOXES[0], True, np.bool_))), *map(reading, BOXES[1:])]
    gutters = joined(of).masks["gutters"]()
    assert gutters.dtype == np.bool_
    assert rows(gutters) == [True] * 20 + [False] * 40


def test_rows_of_a_piece_are_where_they_were_in_it():
    lettering = np.zeros((24, 4), np.bool_)
    lettering[[3, 4, 23]] = True
    of = [reading(BOXES[0]), reading(BOXES[1], masks_of(BOXES[1], lettering=lettering)), reading(BOXES[2])]
    assert np.flatnonzero(rows(joined(of).masks["lettering"]())).tolist() == [20, 39]


def test_layers_are_those_that_any_piece_has():
    lines = masks_of(BOXES[1], lines=plane(BOXES[1], True, np.bool_))
    found = joined([reading(BOXES[0]), reading(BOXES[1], lines), reading(BOXES[2])])
    assert set(found.masks) == {"protect", "balloons", "lettering", "gutters", "lines"}
    assert found.maps == {}
    assert rows(found.masks["lines"]()) == [False] * 20 + [True] * 20 + [False] * 20


def test_numbers_are_counted_on_from_the_pieces_before():
    found = joined(
        [reading(BOXES[0], maps=maps_of(BOXES[0], 2)), reading(BOXES[1]), reading(BOXES[2], maps=maps_of(BOXES[2], 1))],
        [meta(panels=2), meta(panels=3), meta(panels=1)],
    )
    assert set(found.maps) == {"panels", "characters", "depth", "tone"}
    assert rows(found.maps["panels"]()) == [2] * 20 + [0] * 20 + [6] * 20
    assert rows(found.maps["characters"]()) == [0] * 60
    assert rows(found.maps["depth"]()) == [20] * 20 + [0] * 20 + [10] * 20
    assert rows(found.maps["tone"]()) == [200] * 20 + list(range(20, 40)) + [200] * 20


@pytest.mark.parametrize(("before", "number"), [(253, 254), (254, 255), (255, 0), (300, 0)])
def test_beyond_the_255th_nothing_is_numbered(before, number):
    found = joined(
        [reading(BOXES[0]), reading(BOXES[1], maps=maps_of(BOXES[1], 1)), reading(BOXES[2])],
        [meta(panels=before), meta(panels=1), meta()],
    )
    assert set(rows(found.maps["panels"]())) == {0, number}


def test_a_page_that_was_read_whole_has_its_own():
    box = Box(0, 0, 4, 60)
    masks, maps = masks_of(box), maps_of(box, 1)
    found = layers_of(masks, maps)
    assert set(found.masks) == {"protect", "balloons", "lettering", "gutters"}
    assert found.mask("gutters") is masks.gutters
    assert found.mask("lines") is None
    assert found.maps["depth"]() is maps.depth
    assert layers_of(masks).maps == {}
