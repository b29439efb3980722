"""What a JPEG 2000 picture's library holds of its largest tile."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image, features

from host.errors import ImageInvalid
from host.pipeline.decode import decode_page
from host.pipeline.decode.jpeg2000 import tile_bytes

pytestmark = pytest.mark.skipif(not features.check("jpg_2000"), reason="this Pillow has no JPEG 2000")


def encoded(mode: str, size: tuple[int, int], **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, "JPEG2000", **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("mode", "options", "held"),
    [
        ("L", {}, 80 * 48 * 5),
        ("LA", {}, 80 * 48 * 10),
        ("RGB", {}, 80 * 48 * 15),
        ("RGBA", {}, 80 * 48 * 20),
        ("I;16", {}, 80 * 48 * 6),
        ("RGB", {"tile_size": (32, 16)}, 32 * 16 * 15),
        ("RGB", {"tile_size": (200, 16)}, 80 * 16 * 15),
        ("RGB", {"no_jp2": True}, 80 * 48 * 15),
    ],
)
def test_a_tile_takes_four_bytes_for_every_sample_and_those_of_the_sample(mode, options, held):
    assert tile_bytes(encoded(mode, (80, 48), **options)) == held


def siz(*channels: bytes, size: tuple[int, int] = (80, 48)) -> bytes:
    """Return the head of a picture of one tile, as far as its channels."""
    numbers = (*size, 0, 0, *size, 0, 0)
    head = b"\xff\x4f\xff\x51" + bytes(4) + b"".join(one.to_bytes(4, "big") for one in numbers)
    return head + len(channels).to_bytes(2, "big") + b"".join(channels)


@pytest.mark.parametrize(
    ("channels", "held"),
    [
        ([b"\7\1\1"], 80 * 48 * 5),
        ([b"\7\2\2"], 40 * 24 * 5),
        ([b"\7\1\1", b"\7\0\1"], 80 * 48 * 5),
        ([b"\7\1\1", b"\7\1\0"], 80 * 48 * 5),
        ([b"\7\1\1", b"\7\1"], 80 * 48 * 5),
        ([b"\x87\1\1"], 80 * 48 * 5),
        ([b"\x08\1\1"], 80 * 48 * 6),
        ([b"\7\1\1"] * 17, 16 * 80 * 48 * 5),
    ],
)
def test_each_channel_counts_by_its_depth_and_its_share_of_the_pixels_and_what_is_none_does_not(channels, held):
    assert tile_bytes(siz(*channels)) == held


@pytest.mark.parametrize("length", [0, 20, 100])
def test_what_has_no_header_takes_nothing(length):
    assert tile_bytes(encoded("RGB", (80, 48))[:length]) == 0


def codestream(
    *parts: tuple[int, int, int], area: tuple[int, int, int, int] = (0, 0, 100, 60), tile: tuple[int, int] = (100, 60)
) -> bytes:
    """Return a codestream's head: left, top, right, bottom of the picture; depth, steps across and down of channels."""
    left, top, right, bottom = area
    head = struct.pack(">HIIIIIIII", 0, right, bottom, left, top, *tile, 0, 0) + struct.pack(">H", len(parts))
    channels = b"".join(map(bytes, parts))
    return b"\xff\x4f\xff\x51" + struct.pack(">H", 2 + len(head) + len(channels)) + head + channels


GREY = (7, 1, 1)


@pytest.mark.parametrize(
    ("head", "held"),
    [
        (codestream(GREY), 100 * 60 * 5),
        (b"before" + codestream(GREY), 100 * 60 * 5),
        (codestream(GREY, area=(30, 10, 100, 60)), 70 * 50 * 5),
        (codestream(GREY, tile=(40, 20)), 40 * 20 * 5),
        (codestream(GREY, tile=(40, 2**31)), 40 * 60 * 5),
        (codestream(GREY, tile=(2**31, 20)), 100 * 20 * 5),
        (codestream((0x87, 1, 1)), 100 * 60 * 5),
        (codestream((8, 1, 1)), 100 * 60 * 6),
        (codestream((0x88, 1, 1)), 100 * 60 * 6),
        (codestream(GREY, (7, 2, 1), (7, 2, 2)), 100 * 60 * 5 + 50 * 60 * 5 + 50 * 30 * 5),
        (codestream(GREY, (7, 0, 1), (7, 1, 0)), 100 * 60 * 5),
        (codestream(*[GREY] * 40), 16 * 100 * 60 * 5),
        (codestream(GREY, GREY)[:-1], 100 * 60 * 5),
        (codestream(GREY, area=(100, 0, 30, 60)), 0),
        (codestream(GREY, area=(0, 60, 100, 10)), 0),
        (codestream(), 0),
        (codestream()[:-1], 0),
        (codestream(GREY)[1:], 0),
    ],
)
def test_what_a_head_tells_is_counted_channel_by_channel(head, held):
    assert tile_bytes(head) == held


@pytest.mark.slow
def test_a_picture_whose_one_tile_does_not_fit_is_told_from_a_damaged_one():
    size = 3200, 2500
    with pytest.raises(ImageInvalid, match=r"too large for its kind \(JPEG2000, 3200 x 2500\)"):
        decode_page(encoded("RGBA", size))
    assert decode_page(encoded("RGBA", size, tile_size=(1000, 1000))).size == (2500, 3200)
