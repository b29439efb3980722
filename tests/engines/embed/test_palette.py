"""Likeness of pictures by palette and layout."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from engines.embed.palette import PaletteEmbedder
from engines.testing.contract import flat_reference

pictures = npst.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)))


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(pictures)
def test_every_picture_gives_a_vector_of_length_one(picture: np.ndarray) -> None:
    vectors = PaletteEmbedder().embed([picture, picture])
    assert vectors.shape == (2, PaletteEmbedder.info.width)
    assert vectors.dtype == np.float32
    assert np.isclose(vectors[0] @ vectors[1], 1.0, atol=1e-5)


def test_a_grey_picture_counts_as_three_equal_channels() -> None:
    grey = np.arange(600, dtype=np.uint8).reshape(20, 30)
    one, other = PaletteEmbedder().embed([grey, grey[..., None].repeat(3, axis=2)])
    assert (one == other).all()


def test_no_pictures_give_no_vectors() -> None:
    assert PaletteEmbedder().embed([]).shape == (0, PaletteEmbedder.info.width)


def test_same_picture_at_another_size_is_nearest_then_the_nearest_hue() -> None:
    query = flat_reference(0.5)
    larger = np.asarray(cv2.resize(query, (400, 400), interpolation=cv2.INTER_CUBIC), np.uint8)
    vectors = PaletteEmbedder().embed([query, flat_reference(0.8), flat_reference(3.6), larger])
    likeness = vectors @ vectors[0]
    assert likeness[3] > 0.97
    assert likeness[3] > likeness[1] > likeness[2]
