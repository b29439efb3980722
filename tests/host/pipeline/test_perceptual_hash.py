"""The perceptual hash has the bits of `imagehash.phash`."""

import cv2
import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from host.pipeline.analysis.perceptual_hash import perceptual_hash
from tests.host.pipeline.drawn import manga_page


@pytest.mark.parametrize("page", [manga_page(), manga_page()[:700], np.zeros((40, 30), np.uint8)])
def test_the_bits_are_those_of_imagehash(page):
    page = np.ascontiguousarray(page)
    assert perceptual_hash(page) == str(imagehash.phash(Image.fromarray(page)))


@settings(deadline=None, max_examples=30)
@given(st.integers(24, 200), st.integers(24, 200), st.integers(0, 2**32 - 1))
def test_noise_of_any_size_has_the_same_bits(height, width, seed):
    page = np.random.default_rng(seed).integers(0, 255, (height, width), np.uint8)
    ours, theirs = (int(bits, 16) for bits in (perceptual_hash(page), str(imagehash.phash(Image.fromarray(page)))))
    # A coefficient on the median itself may fall on either side.
    assert (ours ^ theirs).bit_count() <= 1


def test_a_smaller_copy_is_near_and_another_page_far():
    page = manga_page()
    copy = cv2.resize(page, (500, 700), interpolation=cv2.INTER_AREA)
    distances = [
        (int(perceptual_hash(page), 16) ^ int(perceptual_hash(other), 16)).bit_count()
        for other in (copy, np.ascontiguousarray(page[::-1]))
    ]
    assert distances[0] <= 4 < 12 < distances[1]
