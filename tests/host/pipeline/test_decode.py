"""Bytes to pixels: every kind of picture, every kind of damage."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, features

from host.errors import ImageInvalid, IrodoriError, TooLarge
from host.pipeline.decode import DecodedPage, DecodeLimits, decode_page, pixels_digest

# Pillow warns of damage that it reads over; in the host that is a line of the log.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::UserWarning")]

GRADIENT = np.linspace(0, 255, 48 * 64).reshape(48, 64).astype(np.uint8)
COLOUR = np.dstack([GRADIENT, GRADIENT.T.reshape(48, 64), 255 - GRADIENT])


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_of(width, height, depth, colour, rows):
    """Return a PNG made by hand, for the modes that Pillow does not write."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_a_lossless_grey_page_keeps_every_level_and_has_three_equal_channels(kind):
    page = decode_page(encoded(Image.fromarray(GRADIENT), kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert np.array_equal(page.grey, GRADIENT)
    assert all(np.array_equal(page.rgb[..., channel], GRADIENT) for channel in range(3))
    assert np.shares_memory(page.rgb, page.grey)
    assert page.size == (48, 64)
    assert page.pixels_sha256 == pixels_digest(np.ascontiguousarray(page.rgb))


def test_a_colour_page_keeps_its_pixels_and_its_grey_is_luma():
    page = decode_page(encoded(Image.fromarray(COLOUR)))
    assert np.array_equal(page.rgb, COLOUR)
    luma = COLOUR @ np.array([0.299, 0.587, 0.114])
    assert np.abs(page.grey - luma).max() <= 1


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
def test_lossy_formats_decode_near_the_truth(kind):
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    smooth = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
    page = decode_page(encoded(Image.fromarray(np.dstack([smooth] * 3)), kind, quality=95))
    assert np.abs(page.grey.astype(int) - smooth).mean() < 3


def test_one_bit_pages_are_black_and_white():
    page = decode_page(encoded(Image.fromarray(GRADIENT > 127)))
    assert np.array_equal(page.grey, np.where(GRADIENT > 127, 255, 0))


def test_16_bit_grey_is_scaled_not_clipped():
    levels = np.linspace(0, 65535, 64).astype(np.uint16)
    page = decode_page(png_of(64, 2, 16, 0, [levels.astype(">u2").tobytes()] * 2))
    assert np.abs(page.grey[0].astype(float) - levels / 257).max() <= 0.51


def test_16_bit_colour_is_scaled():
    row = np.tile(np.array([0, 32768, 65535], ">u2"), 8).tobytes()
    page = decode_page(png_of(8, 1, 16, 2, [row]))
    assert np.abs(page.rgb[0, 0].astype(int) - [0, 128, 255]).max() <= 1


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P"])
def test_transparency_becomes_white_paper(mode):
    image = Image.new("RGBA", (6, 4), (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 3, 4))
    if mode == "P":
        data = encoded(image.convert("RGBA").quantize(4), "PNG")
    elif mode == "PA":
        data = encoded(image, "WEBP", lossless=True)
    else:
        data = encoded(image.convert(mode), "PNG")
    grey = decode_page(data).grey
    assert np.array_equal(grey, np.tile(np.array([255] * 3 + [0] * 3, np.uint8), (4, 1)))


def test_half_transparent_black_is_mid_grey():
    assert decode_page(encoded(Image.new("LA", (2, 2), (0, 128)))).grey[0, 0] == 127


def test_cmyk_jpeg_is_not_inverted():
    page = decode_page(encoded(Image.new("CMYK", (32, 32), (0, 0, 0, 0)), "JPEG", quality=95))
    assert page.grey.min() > 250
    ink = decode_page(encoded(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), "JPEG", quality=95))
    assert ink.rgb[5, 5, 0] > 200
    assert ink.rgb[5, 5, 1:].max() < 60


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation):
    upright = np.full((8, 16), 255, np.uint8)
    upright[0:4, 0:4] = 0
    turns = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1],
        5: upright.T, 6: np.rot90(upright), 7: np.rot90(upright, 2).T, 8: np.rot90(upright, -1),
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    page = decode_page(encoded(Image.fromarray(np.ascontiguousarray(turns[orientation])), exif=exif))
    assert np.array_equal(page.grey, upright)


def test_a_colour_profile_is_brought_to_srgb():
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    swapped = bytes(profile).replace(b"rXYZ", b"tmpX").replace(b"gXYZ", b"rXYZ").replace(b"tmpX", b"gXYZ")
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
    red = Image.new("RGB", (4, 4), (255, 0, 0))
    assert tuple(decode_page(encoded(red, icc_profile=bytes(profile))).rgb[0, 0]) == (255, 0, 0)
    moved = decode_page(encoded(red, icc_profile=swapped)).rgb[0, 0].astype(int)
    assert moved[1] > 200
    assert moved[0] < 60


def test_a_broken_profile_is_as_good_as_none():
    page = decode_page(encoded(Image.fromarray(COLOUR), icc_profile=b"nonsense"))
    assert np.array_equal(page.rgb, COLOUR)


def test_a_page_of_one_pixel_is_a_page():
    assert decode_page(encoded(Image.new("L", (1, 1), 7))).grey.tolist() == [[7]]


def test_a_page_cannot_be_written_to():
    page = decode_page(encoded(Image.fromarray(GRADIENT)))
    with pytest.raises(ValueError, match="read-only"):
        page.rgb[0, 0] = 1


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_refused_with_a_hint(kind):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    with pytest.raises(ImageInvalid, match="animated") as caught:
        decode_page(encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50))
    assert caught.value.hint


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xef\xbb\xbf\n <!doctype html>",
        b"\0" * 100,
        b"BM" + b"\1" * 60,
    ],
)
def test_what_is_no_picture_is_refused_with_a_hint(data):
    with pytest.raises(ImageInvalid) as caught:
        decode_page(data)
    assert caught.value.hint


def test_a_bomb_is_refused_before_its_pixels():
    bomb = png_of(60_000, 60_000, 8, 2, [b""])
    with pytest.raises(ImageInvalid, match="over the pixel limit"):
        decode_page(bomb)
    with pytest.raises(ImageInvalid, match="over the pixel limit"):
        decode_page(png_of(12_000, 12_000, 8, 2, [b""]))


def test_limits_are_kept():
    data = encoded(Image.fromarray(GRADIENT))
    with pytest.raises(TooLarge):
        decode_page(data, DecodeLimits(encoded_bytes=len(data) - 1))
    with pytest.raises(ImageInvalid, match="over the pixel limit"):
        decode_page(data, DecodeLimits(pixels=GRADIENT.size - 1))
    with pytest.raises(ImageInvalid, match="over the pixel limit"):
        decode_page(data, DecodeLimits(side_px=63))
    assert decode_page(data, DecodeLimits(len(data), 64, GRADIENT.size)).size == (48, 64)


LENGTHS = 16  # of each kind; those of PNG and JPEG take a process each


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
    ],
)
def test_a_truncated_page_is_refused_or_whole_or_says_what_it_lacks(kind, options):
    noise = np.random.default_rng(5).integers(0, 255, (64, 64), np.uint8)
    data = encoded(Image.fromarray(noise).convert("RGB" if kind != "GIF" else "L"), kind, **options)
    whole = decode_page(data).rgb
    refused = 0
    lengths = range(0, len(data), max(1, len(data) // LENGTHS))
    for length in lengths:
        try:
            page = decode_page(data[:length])
            assert page.note or np.array_equal(page.rgb, whole)
        except ImageInvalid:
            refused += 1
    assert refused > len(lengths) * (0.4 if "progressive" in options else 0.75)


def outcome(data):
    try:
        return decode_page(data, DecodeLimits(pixels=1_000_000))
    except IrodoriError as error:
        return error


@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_page_or_a_typed_error(data):
    assert isinstance(outcome(data), (DecodedPage, IrodoriError))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "AVIF"]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=12),
)
def test_a_mutated_picture_ends_in_a_page_or_a_typed_error(kind, changes):
    if kind == "AVIF" and not features.check("avif"):
        return
    data = bytearray(encoded(Image.fromarray(COLOUR[:16, :16] if kind != "GIF" else GRADIENT[:16, :16]), kind))
    for place, value in changes:
        data[int(place * len(data))] = value
    assert isinstance(outcome(bytes(data)), (DecodedPage, IrodoriError))
