"""Filters: what each does to values that one can work out, chains that can be taken back, texts that are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import BadRequest
from host.studio.filters import Amount, FilterChain, Levels, chain_of, filter_of, lay

GREYS = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
RED = np.full((8, 8, 3), (200, 40, 40), np.uint8)


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
def test_an_amount_of_one_changes_nothing(name: str) -> None:
    assert np.array_equal(lay(RED, [filter_of(f"{name}=1")]), RED)


def test_brightness_multiplies() -> None:
    assert lay(RED, [filter_of("brightness=0.5")])[0, 0].tolist() == [100, 20, 20]
    assert lay(RED, [filter_of("brightness=0")]).max() == 0
    assert lay(RED, [filter_of("brightness=2")])[0, 0].tolist() == [255, 80, 80]


def test_contrast_spreads_from_the_mean() -> None:
    two = np.zeros((2, 2, 3), np.uint8)
    two[0], two[1] = 100, 200
    spread = lay(two, [filter_of("contrast=1.5")])
    assert spread[0, 0, 0] == 75
    assert spread[1, 0, 0] == 225
    assert np.ptp(lay(two, [filter_of("contrast=0")])) == 0


def test_without_saturation_a_colour_is_its_luma() -> None:
    grey = lay(RED, [filter_of("saturation=0")])[0, 0]
    assert grey.tolist() == [88, 88, 88]  # 0.299 * 200 + 0.587 * 40 + 0.114 * 40


def test_levels_put_black_and_white_where_they_are_asked() -> None:
    out = lay(GREYS, [filter_of("levels=50,200")]).reshape(-1, 3)[:, 0]
    assert out[50] == 0
    assert out[200] == 255
    assert out[125] == 128  # half way, 127.5
    assert out[:51].max() == 0
    assert out[200:].min() == 255
    assert np.all(np.diff(out.astype(int)) >= 0)


def test_gamma_bends_the_middle() -> None:
    out = lay(GREYS, [filter_of("levels=0,255,2")]).reshape(-1, 3)[:, 0]
    assert (out[0], out[64], out[255]) == (0, 128, 255)


def test_blur_is_a_share_of_the_preview_as_of_the_picture() -> None:
    edge = np.zeros((64, 64, 3), np.uint8)
    edge[:, 32:] = 255
    large = lay(np.repeat(np.repeat(edge, 4, 0), 4, 1), [filter_of("blur=8")])
    small = lay(edge, [filter_of("blur=8")], scale=0.25)
    assert np.abs(large[2::4, 2::4].astype(int) - small).max() <= 40
    assert np.abs(lay(edge, [filter_of("blur=8")]).astype(int) - small).max() > 60


def test_sharpen_steepens_an_edge() -> None:
    edge = np.full((16, 16, 3), 100, np.uint8)
    edge[:, 8:] = 150
    sharp = lay(edge, [filter_of("sharpen=1")])[8, :, 0]
    assert sharp.min() < 100
    assert sharp.max() > 150


def test_filters_are_laid_in_their_order() -> None:
    bright_first = lay(RED, [filter_of("brightness=2"), filter_of("levels=0,100")])
    levels_first = lay(RED, [filter_of("levels=0,100"), filter_of("brightness=2")])
    assert bright_first[0, 0].tolist() == [255, 204, 204]
    assert levels_first[0, 0].tolist() == [255, 204, 204]
    assert not np.array_equal(
        lay(GREYS, [filter_of("brightness=2"), filter_of("brightness=0.5")]),
        lay(GREYS, [filter_of("brightness=0.5"), filter_of("brightness=2")]),
    )


FILTERS = st.one_of(
    st.builds(
        Amount,
        filter=st.sampled_from(["brightness", "contrast", "saturation", "blur", "sharpen"]),
        amount=st.floats(0, 3).map(lambda one: round(one, 3)),
    ),
    st.builds(Levels, black=st.integers(0, 100), white=st.integers(101, 255), gamma=st.floats(0.2, 5)),
)


@given(st.lists(FILTERS, max_size=5))
def test_a_chain_comes_back_from_its_record(filters: list) -> None:
    chain = FilterChain(filters=tuple(filters))
    again = chain_of(chain.model_dump_json().encode())
    assert again == chain
    assert np.array_equal(lay(GREYS, again.filters), lay(GREYS, filters))


@pytest.mark.parametrize(
    "text",
    ["", "contrast", "contrast=", "contrast=x", "contrast=-1", "contrast=nan", "contrast=1e9", "hue=1", "levels=1",
     "levels=200,100", "levels=100,100", "levels=0,256", "levels=0,255,0", "levels=1,2,3,4", "blur=inf", "=1",
     "a\x00b=1"],
)  # fmt: skip
def test_what_is_no_filter_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        filter_of(text)
    assert "levels" in refusal.value.words


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b'{"filters": 3}', b'{"filters": [{"filter": "hue", "amount": 1}]}',
     b'{"filters": [{"amount": 1}]}',
     b'{"schema_version": 2, "filters": []}', b'{"filters": [{"filter": "blur", "amount": NaN}]}', b"[" * 9999],
)  # fmt: skip
def test_what_is_no_chain_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest):
        chain_of(data)


def test_levels_of_a_record_are_checked_when_they_are_laid() -> None:
    chain = chain_of(b'{"filters": [{"filter": "levels", "black": 200, "white": 100}]}')
    with pytest.raises(BadRequest):
        lay(RED, chain.filters)
