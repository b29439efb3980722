"""Margins and gutters of pages that are drawn here."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from host.pipeline.analysis.classical.gutters import _fat, find_gutters


def nothing(page: np.ndarray) -> np.ndarray:
    return np.zeros(page.shape, np.bool_)


def framed(height: int = 600, width: int = 400, paper: int = 255, ink: int = 0) -> np.ndarray:
    """Return two panels of one height with a gutter of 20 pixels between them."""
    page = np.full((height, width), paper, np.uint8)
    middle = height // 2
    for top, bottom in ((30, middle - 10), (middle + 10, height - 30)):
        page[top:bottom, 30 : width - 30] = 128
        cv2.rectangle(page, (30, top), (width - 31, bottom - 1), ink, 3)
    return page


@pytest.mark.parametrize("paper", [255, 240, 0])
def test_paper_around_panels_is_gutter_and_panels_are_not(paper: int) -> None:
    page = framed(paper=paper, ink=255 - paper)
    found = find_gutters(page, nothing(page))
    assert found.all[:28].all()
    assert found.all[295:305, 40:360].all()
    assert not found.all[60:260, 60:340].any()
    assert found.outer[:28].all()
    assert not found.outer[60:260, 60:340].any()


def test_where_art_bleeds_off_there_is_no_margin() -> None:
    page = np.random.default_rng(1).integers(0, 255, (300, 200), np.uint8)
    found = find_gutters(page, nothing(page))
    assert not np.stack([found.all, found.sure, found.outer]).any()


def test_an_even_page_is_all_margin() -> None:
    page = np.full((300, 200), 250, np.uint8)
    found = find_gutters(page, nothing(page))
    assert found.all.all()
    assert found.outer.all()


def test_a_paper_s_own_unevenness_is_paper_and_a_grey_is_not() -> None:
    page = framed()
    page[:29] = 240
    assert find_gutters(page, nothing(page)).all[:29].all()
    page[5:20, 100:200] = 225
    found = find_gutters(page, nothing(page))
    assert not found.all[8:17, 104:196].any()


def test_white_within_a_frame_is_no_gutter_and_white_that_lies_open_is_not_within_its_hull() -> None:
    page = framed()
    page[80:200, 100:300] = 255
    assert not find_gutters(page, nothing(page)).all[80:200, 100:300].any()
    figure = np.full((600, 400), 255, np.uint8)
    figure[100:500, 100:130] = figure[100:130, 100:300] = figure[470:500, 100:300] = 0  # open to the right
    found = find_gutters(figure, nothing(figure))
    assert not found.all[200:400, 150:260].any()
    assert found.all[:90].all()


def test_the_white_around_lettering_that_lies_open_to_a_gutter_is_no_corridor() -> None:
    """Between the lines of an open balloon the paper is long and narrow, too; its letters grow until they touch."""
    page = framed()
    page[60:200, 200:370] = 255  # a balloon without an outline, open to the right margin
    page[60:200, 367:372] = 255
    rows = [slice(top, top + 10) for top in range(75, 185, 22)]
    writing = nothing(page)
    for row in rows:
        for left in range(215, 355, 9):
            writing[row, left : left + 5] = True
    page[writing] = 0
    between = np.zeros(page.shape, np.bool_)
    for before, after in pairwise(rows):
        between[before.stop + 1 : after.start - 1, 230:340] = True
    assert find_gutters(page, nothing(page)).sure[between].mean() > 0.5
    assert find_gutters(page, writing).sure[between].mean() < 0.05


@pytest.mark.parametrize("width", [40, 120])
def test_marks_of_a_narrow_page_grow_by_a_pixel_to_each_side(width: int) -> None:
    """Where a share of the width is less than a pixel: no more, or gaps of three would read as one wide space."""
    writing = np.zeros((20, width), np.bool_)
    writing[10, 20] = True
    grown = np.zeros_like(writing)
    grown[9:12, 19:22] = True
    assert np.array_equal(_fat(writing), grown)


def test_masks_are_of_the_page_s_shape_however_small() -> None:
    for shape in ((1, 1), (1, 9), (9, 1), (3, 3), (5, 4)):
        page = np.full(shape, 255, np.uint8)
        found = find_gutters(page, nothing(page))
        assert {found.all.shape, found.sure.shape, found.outer.shape} == {shape}
