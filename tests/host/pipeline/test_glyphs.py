"""Glyphs by what the pixel network tells, and by what stands out in a box: levels, counts and shares."""

from __future__ import annotations

import numpy as np
import pytest

from engines.geometry import Box
from host.pipeline.analysis.classical.glyphs import _glyphs, _is_bright, glyphs_by_pixels, glyphs_in

SHAPE = (120, 160)
HERE = Box(40, 40, 60, 50)
"""Two hundred pixels."""


def evidence(sure=20, level=110, likely=12, more=0):
    """Return a patch that is likely, with some pixels that are sure, and as many more as asked for."""
    told = np.zeros(SHAPE, np.uint8)
    told[HERE.top : HERE.bottom, HERE.left : HERE.right] = likely
    told[HERE.bottom, HERE.left : HERE.left + more] = likely
    patch = told[HERE.top : HERE.bottom, HERE.left : HERE.right].reshape(-1).copy()
    patch[:sure] = level
    told[HERE.top : HERE.bottom, HERE.left : HERE.right] = patch.reshape(HERE.height, HERE.width)
    return told


def found(told, grey=255, seen=(), faces=()):
    page = np.full(SHAPE, grey, np.uint8) if isinstance(grey, int) else grey
    return glyphs_by_pixels(told, page, seen, faces)


@pytest.mark.parametrize(
    ("told", "are_kept"),
    [
        (evidence(), True),
        (evidence(sure=19), False),
        (evidence(level=109), False),
        (evidence(more=1), False),  # a tenth of the patch at least
        (evidence(sure=21, more=10), True),
        (evidence(likely=11), False),  # two rows of sure pixels alone
        (evidence(sure=0), False),
    ],
    ids=["sure", "fewer", "less sure", "a larger patch", "more of it", "unlikely around", "only likely"],
)
def test_a_patch_is_kept_where_enough_of_it_is_sure(told, are_kept):
    kept = found(told)
    inside = kept[HERE.top : HERE.bottom, HERE.left : HERE.right]
    if told[HERE.top + 5, HERE.left] == 11:  # the sure pixels are a patch of their own
        assert kept.any()
    else:
        assert (inside.all(), inside.any()) == (are_kept, are_kept)


@pytest.mark.parametrize(
    ("level", "seen", "faces", "are_kept"),
    [
        (60, [HERE], [], True),
        (59, [HERE], [], False),
        (230, [], [HERE], True),
        (229, [], [HERE], False),
        (60, [HERE], [HERE], True),  # where the detector reads, a face asks for no more
        (110, [Box(0, 0, 10, 10)], [Box(100, 100, 110, 110)], True),
    ],
)
def test_less_will_do_where_the_detector_reads_and_more_is_asked_for_on_faces(level, seen, faces, are_kept):
    assert found(evidence(level=level), seen=seen, faces=faces).any() == are_kept


def test_glyphs_have_a_rim_and_nothing_else():
    kept = found(evidence())
    assert kept[HERE.top - 2, HERE.left + 9]
    assert not kept[HERE.top - 3].any()
    assert kept.sum() == pytest.approx((HERE.width + 4) * (HERE.height + 4), abs=8)


@pytest.mark.parametrize(("level", "is_taken"), [(6, True), (5, False)])
@pytest.mark.parametrize(("away", "is_near"), [(10, True), (14, False)])
def test_beside_glyphs_hardly_anything_is_needed(level, is_taken, away, is_near):
    told = evidence()
    told[44, HERE.right + away] = level
    assert found(told)[44, HERE.right + away] == (is_taken and is_near)


@pytest.mark.parametrize(("grey", "are_kept"), [(80, True), (79, False)])
def test_on_a_night_page_what_does_not_stand_out_is_not_written(grey, are_kept):
    assert found(evidence(), grey).any() == are_kept
    assert found(evidence(), grey, seen=[HERE]).all() == 0
    assert found(evidence(level=60), grey, seen=[HERE]).any()  # but for what the detector reads


@pytest.mark.parametrize(("rows", "are_kept"), [(5, True), (4, False)])
def test_half_of_a_patch_is_legible_there(rows, are_kept):
    seen = [Box(HERE.left, HERE.top, HERE.right, HERE.top + rows)]
    assert found(evidence(level=110), 40, seen=seen).any() == are_kept


@pytest.mark.parametrize(("ink", "are_kept"), [(140, True), (120, False)])
def test_what_is_legible_has_nearly_half_of_the_page_s_contrast(ink, are_kept):
    page = np.full(SHAPE, 40, np.uint8)
    page[:20] = 250
    page[HERE.top : HERE.bottom : 4, HERE.left : HERE.right] = ink
    assert found(evidence(), page).any() == are_kept


def boxed(ground, ink):
    grey = np.full((60, 80), ground, np.uint8)
    grey[20:40:5, 10:70] = ink
    grey[21:41:5, 10:70] = ink
    return grey


@pytest.mark.parametrize(("ground", "ink", "is_bright"), [(40, 200, True), (200, 40, False), (128, 128, False)])
def test_the_border_of_a_box_tells_its_ground(ground, ink, is_bright):
    assert _is_bright(boxed(ground, ink)) == is_bright


@pytest.mark.parametrize(("ground", "ink"), [(40, 76), (200, 164), (20, 240), (240, 20)])
def test_strokes_that_stand_out_are_glyphs_with_their_rim(ground, ink):
    grey = boxed(ground, ink)
    kept = _glyphs(grey, 1000)
    assert kept[grey == ink].all()
    assert kept[18:44, 8:72][np.r_[0:4], 0].all()
    assert not kept[:18].any()
    assert not kept[:, :8].any()


@pytest.mark.parametrize(("ground", "ink"), [(40, 75), (200, 165)])
def test_what_is_fainter_is_none(ground, ink):
    assert not _glyphs(boxed(ground, ink), 1000).any()


def test_beside_what_stands_out_much_what_stands_out_little_is_none():
    grey = boxed(250, 50)
    grey[50:52, 10:70] = 200
    assert not _glyphs(grey, 1000)[48:54].any()
    grey[50:52, 10:70] = 150
    assert _glyphs(grey, 1000)[50:52, 10:70].all()


def test_strokes_are_narrow():
    """A twentieth of the page's width, and half of the box at most."""
    grey = np.full((100, 100), 255, np.uint8)
    grey[40:60, 40:60] = 0
    assert _glyphs(grey, 1000)[40:60, 40:60].all()
    assert not _glyphs(grey, 200)[45:55, 45:55].any()
    assert not _glyphs(grey[35:65, 35:65], 1000)[10:20, 10:20].any()


def test_boxes_are_looked_at_one_by_one():
    page = np.full((200, 1000), 255, np.uint8)
    page[20:80, 20:100], page[100:160, 500:580] = boxed(255, 0), boxed(30, 220)
    kept = glyphs_in(page, [Box(20, 20, 100, 80), Box(500, 100, 580, 160)])
    assert kept[40:42, 30:90].all()
    assert kept[120:122, 510:570].all()
    assert not kept[:, 101:499].any()
    assert not glyphs_in(page, []).any()
