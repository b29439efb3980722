"""What a JPEG's library keeps until the last scan: coefficients of two bytes, whole blocks, channel by channel."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from host.errors import ImageInvalid
from host.pipeline.decode import DecodeLimits, decode_page
from host.pipeline.decode.header import read_header
from host.pipeline.decode.jpeg_scans import coefficient_bytes, comes_in_scans


def encoded(mode: str, size: tuple[int, int], kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("mode", "size", "options", "samples"),
    [
        ("L", (16, 16), {}, 16 * 16),
        ("L", (17, 9), {}, 24 * 16),
        ("RGB", (32, 16), {"subsampling": 0}, 3 * 32 * 16),
        ("RGB", (32, 16), {"subsampling": 1}, 2 * 32 * 16),  # 4:2:2
        ("RGB", (33, 17), {"subsampling": 2}, 40 * 24 + 2 * 24 * 16),  # 4:2:0
        ("RGB", (33, 17), {"subsampling": 1}, 40 * 24 + 2 * 24 * 24),
        ("RGB", (17, 33), {"subsampling": 1}, 24 * 40 + 2 * 16 * 40),
        ("CMYK", (32, 16), {}, 4 * 32 * 16),
    ],
)
def test_a_progressive_jpeg_keeps_two_bytes_for_every_sample(mode, size, options, samples):
    data = encoded(mode, size, progressive=True, **options)
    assert comes_in_scans(opened(data), data)
    assert coefficient_bytes(opened(data), data) == 2 * samples


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_of_one_scan_keeps_nothing_though_it_brings_a_thumbnail(mode):
    exif = b"Exif\0\0" + encoded("RGB", (16, 16), progressive=True)
    data = encoded(mode, (64, 64), exif=exif)
    assert data.count(b"\xff\xda") > 1
    assert not comes_in_scans(opened(data), data)
    assert coefficient_bytes(opened(data), data) == 0


def test_a_jpeg_whose_channels_come_one_after_the_other_keeps_them_without_being_progressive():
    data = bytearray(encoded("RGB", (16, 16), subsampling=0))
    data[data.index(b"\xff\xda") + 4] = 1
    assert coefficient_bytes(opened(bytes(data)), bytes(data)) == 2 * 3 * 16 * 16


@pytest.mark.parametrize(
    "between", [b"\xff", b"\xff\xff\xff", b"\xff\xd0", b"\xff\x01", b"\0", b"\xff\0", b"\xff\xfe\0\4\xff\xda"]
)
def test_the_first_scan_is_found_behind_whatever_may_stand_between_segments(between):
    whole = encoded("RGB", (16, 16), subsampling=0)
    for channels in (1, 3):
        data = bytearray(whole[:2] + between + whole[2:])
        data[data.rindex(b"\xff\xda") + 4] = channels
        assert comes_in_scans(opened(whole), bytes(data)) == (channels == 1)


def test_a_jpeg_without_a_scan_keeps_nothing():
    whole = encoded("RGB", (16, 16))
    assert not comes_in_scans(opened(whole), whole[: whole.index(b"\xff\xda")])


def test_another_format_has_no_scans_though_it_is_told_as_progressive():
    picture = Image.new("RGB", (16, 16))
    picture.info["progressive"] = 1
    assert not comes_in_scans(picture, encoded("RGB", (16, 16)))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_other_formats_have_no_scans(kind):
    data = encoded("L", (16, 16), kind)
    assert not comes_in_scans(opened(data), data)
    assert coefficient_bytes(opened(data), data) == 0


@pytest.mark.slow
def test_a_jpeg_whose_coefficients_do_not_fit_is_told_from_a_damaged_one():
    side = 6000
    data = encoded("CMYK", (side, side), progressive=True)
    assert not read_header(data, DecodeLimits()).light
    with pytest.raises(ImageInvalid, match=rf"too large for its kind \(JPEG, {side} x {side}\)"):
        decode_page(data)
    assert decode_page(encoded("CMYK", (3400, 3400), progressive=True)).size == (3400, 3400)
