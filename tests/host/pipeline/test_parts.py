"""Strips and double pages: where a page falls apart, and that it is whole again afterwards."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.geometry import Box
from host.pipeline.analysis.layout.parts import find_parts, in_reading_order
from host.pipeline.analysis.read import TwoOpinionReader
from tests.host.pipeline.drawn import decoded, manga_page


def strip(tall: int, gap: int, panels: int, width: int = 400) -> tuple[np.ndarray, list[Box]]:
    page = np.full((panels * (tall + gap) + gap, width), 255, np.uint8)
    boxes = []
    for top in range(gap, len(page) - tall, tall + gap):
        boxes.append(Box(20, top, width - 20, top + tall))
        cv2.rectangle(page, (20, top), (width - 21, top + tall - 1), 0, 3)
        cv2.line(page, (30, top + 5), (width - 30, top + tall - 5), 60, 5)
    return page, boxes


def covers(parts: list[Box], shape: tuple[int, ...]) -> bool:
    covered = np.zeros(shape, np.uint8)
    for left, top, right, bottom in parts:
        covered[top:bottom, left:right] += 1
    return bool((covered == 1).all())


@pytest.mark.parametrize(("tall", "gap"), [(300, 40), (500, 30), (700, 120), (620, 16)])
def test_a_strip_is_cut_at_gutters_and_never_through_a_panel(tall, gap):
    page, panels = strip(tall, gap, 12)
    parts = find_parts(page)
    assert len(parts) > 2
    assert covers(parts, page.shape)
    for part in parts[:-1]:
        assert not any(panel.top < part.bottom < panel.bottom for panel in panels)


def test_a_strip_without_gutters_is_cut_at_its_calmest_rows():
    page = np.random.default_rng(1).integers(0, 255, (4000, 300), np.uint8)
    page[1000:1010] = np.linspace(100, 140, 300)
    parts = find_parts(page)
    assert covers(parts, page.shape)
    assert 1000 <= parts[0].bottom <= 1010


def test_no_cut_goes_through_what_a_detector_calls_a_panel():
    page = np.full((4000, 400), 255, np.uint8)
    panels = [Box(0, 100, 400, 1200), Box(0, 1300, 400, 2400), Box(0, 2500, 400, 3900)]
    edges = [part.bottom for part in find_parts(page, panels)[:-1]]
    assert edges
    assert not any(panel.top + 50 < edge < panel.bottom - 50 for panel in panels for edge in edges)


def test_the_reading_of_a_strip_is_joined_without_a_seam():
    page, panels = strip(500, 40, 8)
    reading = TwoOpinionReader().read(decoded(page), "auto")
    found = reading.meta.panels
    assert len(reading.meta.parts) > 1
    assert reading.meta.direction == "ttb"
    assert [panel.order for panel in found] == list(range(8))
    assert all(np.abs(np.array(a.box) - b).max() <= 8 for a, b in zip(found, panels, strict=True))
    assert reading.masks.gutters[:, 5].all()


@pytest.mark.parametrize("height", [1, 30, 120, 400])
def test_a_band_is_cut_from_left_to_right_at_gutters(height):
    page, panels = strip(300, 40, 12)
    band = np.ascontiguousarray(cv2.resize(page.T, (page.shape[0] * height // 400 + 8 * height, height)))
    parts = find_parts(band)
    assert covers(parts, band.shape)
    assert all(part.height == height for part in parts)
    assert max(part.width for part in parts) <= 6 * max(48, height)
    scale = band.shape[1] / page.shape[0]
    if height == 400:
        frames = [(panel.top * scale, panel.bottom * scale) for panel in panels]
        assert len(parts) > 3
        assert not any(left + 2 < part.right < right - 2 for part in parts[:-1] for left, right in frames)


def test_a_band_is_never_cut_into_many_hundred_parts():
    band = np.random.default_rng(3).integers(0, 255, (60, 60_000), np.uint8)
    parts = find_parts(band)
    assert covers(parts, band.shape)
    assert 10 < len(parts) <= 200


def test_a_page_of_eight_heights_is_no_band():
    page = np.random.default_rng(2).integers(0, 255, (100, 801), np.uint8)
    assert len(find_parts(page)) > 1
    assert find_parts(page[:, :800]) == [Box(0, 0, 800, 100)]


@pytest.mark.slow
def test_two_pages_side_by_side_are_two_and_the_right_one_is_read_first():
    page = np.hstack([manga_page(), manga_page()])
    reading = TwoOpinionReader().read(decoded(page), "rtl")
    first, second = reading.meta.parts
    assert abs(first.left - 1000) <= 60
    assert second.left == 0
    assert len(reading.meta.panels) == 8
    assert all((panel.box.left >= 940) == (panel.order < 4) for panel in reading.meta.panels)
    assert {balloon.panel for balloon in reading.meta.balloons} == {0, 3, 4, 7}


def test_two_pages_are_read_from_the_left_where_the_comic_is():
    parts = find_parts(np.hstack([manga_page(), manga_page()]))
    assert in_reading_order(parts, "ltr") == [0, 1]
    assert in_reading_order(parts, "rtl") == [1, 0]


def test_a_picture_over_the_fold_is_one_page():
    page = np.full((700, 1000), 255, np.uint8)
    cv2.rectangle(page, (30, 30), (970, 670), 0, 4)
    cv2.circle(page, (500, 350), 260, 90, 12)
    cv2.line(page, (40, 600), (960, 100), 0, 8)
    assert len(find_parts(page)) == 1
    twice = np.hstack([manga_page(), manga_page()])
    assert len(find_parts(twice, [Box(100, 0, 1900, 600)])) == 1


def test_a_portrait_page_is_one():
    assert find_parts(manga_page()) == [Box(0, 0, 1000, 1400)]


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 900), st.integers(1, 300), st.integers(0, 2**32 - 1), st.integers(2, 255))
def test_parts_are_the_page_whatever_it_shows(height, width, seed, levels):
    page = np.random.default_rng(seed).integers(0, levels, (height, width), np.uint8)
    assert covers(find_parts(page), page.shape)
