"""What lines enclose is one region, and what they do not is not parted."""

import cv2
import numpy as np
import pytest

from engines.oklab import grey_to_lightness
from engines.regions import find_regions, outlined


def regions_of(grey, panels=()):
    return find_regions(grey_to_lightness(grey), outlined(panels, grey.shape))


def page_with_disc(gap_deg=0, height=600, width=400):
    """Return paper with a circle in ink, open for some degrees of its way."""
    grey = np.full((height, width), 255, np.uint8)
    cv2.ellipse(grey, (200, 300), (90, 90), 0, gap_deg / 2, 360 - gap_deg / 2, 0, 3)
    return grey


def test_what_a_line_encloses_is_one_region():
    labels = regions_of(page_with_disc())
    inside = np.zeros(labels.shape, np.uint8)
    cv2.circle(inside, (200, 300), 84, 1, -1)
    assert len(np.unique(labels[inside > 0])) == 1
    outside = np.zeros(labels.shape, np.uint8)
    cv2.circle(outside, (200, 300), 96, 1, -1)
    assert labels[300, 200] not in labels[outside == 0]


def test_a_gap_in_a_line_is_closed():
    labels = regions_of(page_with_disc(gap_deg=6))
    assert labels[300, 200] != labels[50, 50]


def test_a_wide_opening_is_an_opening():
    labels = regions_of(page_with_disc(gap_deg=200))
    assert labels[300, 200] == labels[50, 50]


def test_strokes_that_enclose_nothing_part_nothing():
    grey = np.full((600, 400), 255, np.uint8)
    for top in range(10, 580, 24):
        for left in range(10 + top % 17, 390, 22):
            cv2.line(grey, (left + 5, top), (left, top + 12), 120, 1)
    labels = regions_of(grey)
    assert np.bincount(labels.ravel()).max() > 0.9 * labels.size


def test_a_step_of_tone_parts_without_a_line():
    grey = np.full((600, 400), 255, np.uint8)
    grey[:, 200:] = 150
    labels = regions_of(grey)
    assert labels[300, 190] == labels[20, 20]
    assert labels[300, 210] == labels[20, 380]
    assert labels[300, 190] != labels[300, 210]


def test_no_region_crosses_the_outline_of_a_panel():
    grey = np.full((600, 400), 255, np.uint8)
    assert len(np.unique(regions_of(grey))) == 1
    labels = regions_of(grey, [((20, 20), (380, 20), (380, 290), (20, 290)), ((20, 300), (380, 300), (200, 580))])
    assert len({labels[150, 200], labels[330, 200], labels[5, 5]}) == 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 77), (2, 2), (3, 500), (700, 5)])
def test_every_pixel_of_any_picture_has_a_region(shape):
    rng = np.random.default_rng(5)
    for grey in (np.full(shape, 255, np.uint8), np.zeros(shape, np.uint8), rng.integers(0, 256, shape, np.uint8)):
        labels = regions_of(grey)
        assert labels.shape == shape
        assert labels.dtype == np.int32
        assert labels.min() >= 1
        assert np.array_equal(labels, regions_of(grey))
