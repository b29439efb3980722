"""Pages as every format that they are written in."""

from __future__ import annotations

import io
import tracemalloc
import zlib
from typing import get_args

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from host.errors import ImageInvalid
from host.picture_types import mime_of
from host.pipeline.decode import decode_page
from host.pipeline.encode import encode_page, shrunk_within
from host.vocabulary import PageFormat

LOSSLESS = {"png", "webp_lossless", "jxl"}


@pytest.fixture
def rgb() -> np.ndarray:
    rows = np.random.default_rng(0).integers(0, 256, (8, 6, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(rows, (120, 160), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.mark.parametrize("page_format", get_args(PageFormat))
def test_a_page_comes_back_from_every_format(rgb: np.ndarray, page_format: PageFormat) -> None:
    encoded, mime = encode_page(rgb, page_format)
    assert mime_of(encoded) == mime
    assert encode_page(rgb, page_format)[0] == encoded
    difference = np.abs(decode_page(encoded).rgb.astype(int) - rgb.astype(int))
    assert difference.max() == 0 if page_format in LOSSLESS else difference.mean() < 4


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 7), (512, 5), (513, 4), (1100, 61)])
def test_a_large_page_is_packed_in_bands_to_the_same_pixels(
    height: int, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host.pipeline.encode._BANDS_FROM_PIXELS", 0)
    pixels = np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)
    encoded, mime = encode_page(pixels, "png")
    assert mime_of(encoded) == mime == "image/png"
    with Image.open(io.BytesIO(encoded)) as picture:
        picture.load()
        assert picture.mode == "RGB"
        assert np.array_equal(np.asarray(picture), pixels)
    assert np.array_equal(cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)[..., ::-1], pixels)


def test_beside_a_large_page_stands_its_file_alone() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (9000, 1000, 3), np.uint8)
    tracemalloc.start()
    encoded, _ = encode_page(pixels, "png", given_up=True)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(encoded) > 0.9 * pixels.size
    assert held < 1.3 * len(encoded)


def test_an_heif_picture_is_a_page(rgb: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = pillow_heif.from_pillow(Image.fromarray(rgb))
    target = io.BytesIO()
    buffer.save(target, quality=90)
    page = decode_page(target.getvalue())
    assert page.size == (160, 120)
    assert np.abs(page.rgb.astype(int) - rgb.astype(int)).mean() < 6
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(ImageInvalid, match="HEIF") as refused:
        decode_page(target.getvalue())
    assert "irodori[library]" in refused.value.hint


def test_without_a_wish_a_page_is_a_png_and_its_pixels_stay_as_they_are(rgb: np.ndarray) -> None:
    before = rgb.copy()
    encoded, mime = encode_page(rgb)
    assert (mime, encoded[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
    assert encoded == encode_page(rgb, "png")[0]
    assert np.array_equal(rgb, before)
    assert encode_page(rgb, "png", given_up=True)[0] == encoded


@pytest.mark.parametrize("page_format", ["webp", "webp_lossless"])
@pytest.mark.parametrize("shape", [(16_383, 2), (2, 16_383), (16_384, 2), (2, 16_384)])
def test_a_side_that_webp_cannot_hold_makes_a_png(page_format: PageFormat, shape: tuple[int, int]) -> None:
    encoded, mime = encode_page(np.full((*shape, 3), 200, np.uint8), page_format)
    assert mime == ("image/webp" if max(shape) == 16_383 else "image/png") == mime_of(encoded)


def test_a_png_of_rows_that_repeat_is_small() -> None:
    row = np.random.default_rng(2).integers(0, 256, (1, 400, 3), np.uint8)
    assert len(encode_page(np.repeat(row, 300, axis=0))[0]) < 0.02 * 300 * 400 * 3


def test_colours_keep_their_edges_where_a_format_could_halve_them() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2], stripes[:, 1::2] = (200, 40, 40), (40, 40, 200)
    for page_format in ("jpeg", "avif"):
        again = decode_page(encode_page(stripes, page_format)[0]).rgb
        assert np.abs(again.astype(int) - stripes).mean() < 25, page_format


def test_a_large_page_is_packed_in_bands_from_eight_megapixels_on(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = []
    monkeypatch.setattr("host.pipeline.encode._encode_in_bands", lambda rgb: packed.append(rgb.shape) or b"bands")
    assert encode_page(np.zeros((2000, 4000, 3), np.uint8))[0] != b"bands"
    assert encode_page(np.zeros((2001, 4000, 3), np.uint8))[0] == b"bands"
    assert packed == [(2001, 4000, 3)]


@pytest.mark.parametrize(
    ("page_format", "kind", "options"),
    [
        ("jpeg", "JPEG", {"quality": 92, "subsampling": 0}),
        ("webp", "WEBP", {"quality": 90, "method": 2}),
        ("webp_lossless", "WEBP", {"lossless": True, "quality": 0, "method": 0}),
        ("avif", "AVIF", {"quality": 90, "subsampling": "4:4:4", "speed": 7, "max_threads": 1}),
        ("jxl", "JXL", {"lossless": True, "effort": 3}),
    ],
)
def test_each_format_is_written_with_the_effort_that_was_measured(
    rgb: np.ndarray, page_format: PageFormat, kind: str, options: dict[str, object]
) -> None:
    expected = io.BytesIO()
    Image.fromarray(rgb).save(expected, kind, **options)
    assert encode_page(rgb, page_format)[0] == expected.getvalue()


def test_a_png_is_packed_fast_by_runs_of_its_rows_differences(rgb: np.ndarray) -> None:
    encoded, _ = encode_page(rgb)
    data, place = b"", 8
    while place < len(encoded):
        size = int.from_bytes(encoded[place : place + 4])
        data += encoded[place + 8 : place + 8 + size] if encoded[place + 4 : place + 8] == b"IDAT" else b""
        place += size + 12
    assert data[:2] == b"\x78\x01"  # zlib's fastest level
    rows = np.frombuffer(zlib.decompress(data), np.uint8).reshape(len(rgb), -1)
    assert set(rows[1:, 0]) == {2}  # each row as what it differs by from the one above
    above = np.vstack([np.zeros_like(rows[:1, 1:]), rgb.reshape(len(rgb), -1)[:-1]])
    assert np.array_equal(rows[:, 1:], rgb.reshape(len(rgb), -1) - above)


@pytest.mark.parametrize(
    ("shape", "small"),
    [((60, 20), (30, 10)), ((20, 60), (10, 30)), ((30, 30), (30, 30)), ((3000, 1), (30, 1)), ((7, 30), (7, 30))],
)
def test_a_small_picture_fits_and_is_a_picture_of_its_own(shape: tuple[int, int], small: tuple[int, int]) -> None:
    rgb = np.full((*shape, 3), (10, 20, 30), np.uint8)
    made = shrunk_within(rgb, 30)
    assert made.shape == (*small, 3)
    assert (made == (10, 20, 30)).all()
    assert not np.shares_memory(made, rgb)
