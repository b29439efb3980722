"""Components of masks: what OpenCV says of them, by runs."""

import cv2
import numpy as np
import pytest

from engines.components import find_components

MASKS = {
    "specks": np.random.default_rng(1).random((90, 70)) < 0.4,
    "crowd": np.random.default_rng(2).random((700, 500)) < 0.25,
    "full": np.ones((8, 5), np.bool_),
    "empty": np.zeros((8, 5), np.bool_),
    "edges": np.pad(np.zeros((6, 6), np.bool_), 1, constant_values=True),
    "row": np.array([[1, 0, 1, 1, 0, 1]], np.bool_),
    "column": np.array([[1], [0], [1], [1]], np.bool_),
}


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("name", MASKS)
def test_they_are_those_of_opencv(name, connectivity):
    mask = MASKS[name]
    _, labels, stats, centres = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=connectivity)
    found = find_components(mask, connectivity)
    assert np.array_equal(found.labels, labels)
    assert np.array_equal(found.stats[1:], stats[1:])
    assert np.array_equal(found.centres[1:], centres[1:])
    assert not found.stats[0].any()


def test_more_components_than_sixteen_bits_can_number_keep_their_facts():
    mask = np.zeros((600, 600), np.bool_)
    mask[::2, ::2] = True
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=4)
    assert len(stats) > 1 << 16
    assert np.array_equal(find_components(mask, 4).stats[1:], stats[1:])
