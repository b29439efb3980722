"""What a WebP picture says of itself, read without a canvas."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageCms

from host.errors import ImageInvalid
from host.pipeline.decode import DecodeLimits, decode_page
from host.pipeline.decode.header import read_header
from host.pipeline.decode.webp import WebpFacts, webp_facts

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def encoded(mode: str, size: tuple[int, int], kind: str = "WEBP", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (333, 4000), (4000, 333), (16_383, 1)])
@pytest.mark.parametrize(
    ("mode", "options", "profile_bytes"),
    [
        ("RGB", {}, 0),
        ("RGBA", {}, 0),
        ("RGB", {"lossless": True}, 0),
        ("RGBA", {"lossless": True}, 0),
        ("RGB", {"icc_profile": SRGB}, len(SRGB)),
        ("RGBA", {"icc_profile": SRGB[:-1], "lossless": True}, len(SRGB) - 1),
        ("RGB", {"exif": Image.Exif()}, 0),
    ],
)
def test_a_still_picture_tells_its_size_and_how_long_its_profile_is(mode, size, options, profile_bytes):
    assert webp_facts(encoded(mode, size, **options)) == WebpFacts(*size, profile_bytes)


def chunk(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)


def riff(*chunks: bytes, kind: bytes = b"WEBP") -> bytes:
    body = kind + b"".join(chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def extended(width: int, height: int, flags: int, more: bytes = b"") -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return chunk(b"VP8X", bytes((flags, 0, 0, 0)) + sides + more)


PLAIN = chunk(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + (300).to_bytes(2, "little") + (200).to_bytes(2, "little"))
PROFILE = chunk(b"ICCP", b"p" * 77)


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        (riff(PLAIN), WebpFacts(300, 200, 0)),
        # The upper two bits of a side say how a player may enlarge it.
        (riff(PLAIN.replace(b"\x2c\1\xc8\0", b"\x2c\x41\xc8\xc0")), WebpFacts(300, 200, 0)),
        (riff(PLAIN, kind=b"WAVE"), None),
        (b"LIST" + riff(PLAIN)[4:], None),
        (riff(PLAIN.replace(b"\x9d\x01", b"\x9d\x02")), None),
        (riff(chunk(b"VP8L", b"\x2f" + bytes(9))), WebpFacts(1, 1, 0)),
        (riff(chunk(b"VP8L", b"\x2e" + bytes(9))), None),
        (riff(extended(70_000, 90_000, 0), PLAIN), WebpFacts(70_000, 90_000, 0)),
        (riff(extended(2**24, 2**24, 0), PLAIN), WebpFacts(2**24, 2**24, 0)),
        (riff(extended(5, 6, 0x20), PROFILE, PLAIN), WebpFacts(5, 6, 77)),
        (riff(extended(5, 6, 0x20, b"x"), PROFILE, PLAIN), WebpFacts(5, 6, 77)),
        (riff(extended(5, 6, 0), PROFILE, PLAIN), WebpFacts(5, 6, 0)),
        (riff(extended(5, 6, 0x02), PLAIN), None),
        (riff(chunk(b"ANIM", bytes(20))), None),
    ],
)
def test_what_its_first_chunk_says(data, facts):
    assert webp_facts(data) == facts


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_other_formats_tell_nothing(kind):
    assert webp_facts(encoded("L", (16, 16), kind)) is None


@pytest.mark.parametrize("length", [0, 4, 12, 20, 29])
def test_a_header_that_is_cut_off_tells_nothing(length):
    assert webp_facts(encoded("RGB", (16, 16))[:length]) is None


@pytest.mark.parametrize("place", [12, 23])
def test_a_damaged_header_tells_nothing_and_the_picture_is_refused(place):
    data = bytearray(encoded("RGB", (16, 16)))
    data[place] ^= 0xFF
    assert webp_facts(bytes(data)) is None
    with pytest.raises(ImageInvalid):
        decode_page(bytes(data))


def test_a_profile_that_is_told_of_and_not_there_counts_as_a_long_one():
    data = bytearray(encoded("RGBA", (16, 16), icc_profile=SRGB))
    data[data.index(b"ICCP")] = 0
    facts = webp_facts(bytes(data))
    assert facts is not None
    assert facts.profile_bytes == len(data)


def test_an_animation_is_left_to_the_library_and_refused():
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:])
    assert webp_facts(buffer.getvalue()) is None
    with pytest.raises(ImageInvalid, match="animated"):
        decode_page(buffer.getvalue())


def test_no_canvas_is_made_where_a_picture_is_only_asked_for_its_size(monkeypatch):
    data = encoded("RGBA", (4000, 3000), lossless=True)
    monkeypatch.setattr("host.pipeline.decode.header.open_picture", None)
    header = read_header(data, DecodeLimits())
    assert (header.format, header.width, header.height, header.light) == ("WEBP", 4000, 3000, False)


@pytest.mark.slow
def test_a_picture_over_the_pixel_limit_is_refused_by_its_header():
    with pytest.raises(ImageInvalid, match="over the pixel limit: 4000 x 3000"):
        read_header(encoded("RGB", (4000, 3000)), DecodeLimits(pixels=11_999_999))
