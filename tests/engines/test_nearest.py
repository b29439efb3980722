"""Labels in another size."""

import cv2
import numpy as np
import pytest

from engines.nearest import _nearest, resize_labels


@pytest.mark.parametrize(("source", "wanted"), [(100, 13), (13, 100), (1801, 226), (32_000, 999), (7, 7)])
def test_both_ways_choose_the_same_pixels(source, wanted):
    labels = np.random.default_rng(1).integers(0, 256, (source, 3), np.uint8)
    exact = cv2.resize(labels, (3, wanted), interpolation=cv2.INTER_NEAREST_EXACT)
    assert np.array_equal(labels[_nearest(source, wanted)], exact)


def test_a_strip_taller_than_opencv_can_count_is_resized():
    labels = np.repeat(np.arange(60, dtype=np.uint8), 1000)[:, None].repeat(8, axis=1)
    small = resize_labels(labels, 7500, 1)
    assert np.array_equal(small[:, 0], np.repeat(np.arange(60, dtype=np.uint8), 125))
