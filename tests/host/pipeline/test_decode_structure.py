"""A picture of very many parts is refused before a library walks them."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from host.errors import ImageInvalid
from host.pipeline.decode import DecodeLimits, decode_page
from host.pipeline.decode.exif import exif_orientation
from host.pipeline.decode.header import read_header
from host.pipeline.decode.structure import require_few_parts

GREY = np.random.default_rng(3).integers(0, 256, (60, 40), np.uint8)
MANY = 6_000


def encoded(kind, **options):
    buffer = io.BytesIO()
    Image.fromarray(GREY).save(buffer, kind, **options)
    return buffer.getvalue()


def png_chunk(kind, data=b""):
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def slow_png():
    whole = encoded("PNG")
    return whole[:33] + png_chunk(b"tEXt", b"a\0b") * MANY + whole[33:]


def slow_jpeg(segment):
    whole = encoded("JPEG")
    return whole[:2] + segment * MANY + whole[2:]


def slow_gif():
    whole = encoded("GIF")
    place = whole.index(b",")
    return whole[:place] + b"!\xfe\1x\0" * MANY + whole[place:]


def slow_jpeg2000():
    whole = encoded("JPEG2000")
    return whole[:12] + struct.pack(">L4s", 8, b"free") * MANY + whole[12:]


def tiff(fields, order="<"):
    head = struct.pack(order + "2sHL", b"II" if order == "<" else b"MM", 42, 8) + struct.pack(order + "H", len(fields))
    return head + b"".join(struct.pack(order + "HHLL", *field) for field in fields) + bytes(4)


@pytest.mark.parametrize(
    "data",
    [
        slow_png(),
        slow_jpeg(b"\xff\xfe\0\3x"),
        slow_jpeg(b"\xff" * 100),
        slow_jpeg(b"\xff\xe1\0\x08Exif\0\0"),
        slow_gif(),
        slow_jpeg2000(),
        tiff([(tag, 2, 1, 0) for tag in range(40_000, 43_000)]),
        tiff([(tag, 2, 10**9, 8) for tag in range(40_000, 40_009)], ">"),
    ],
    ids=["png", "jpeg", "jpeg filling", "jpeg exif", "gif", "jpeg2000", "tiff fields", "tiff values"],
)
def test_very_many_parts_are_refused(data):
    with pytest.raises(ImageInvalid, match="too many parts"):
        decode_page(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "JPEG2000", "WEBP", "BMP", "AVIF"])
def test_what_encoders_write_passes(kind):
    whole = encoded(kind)
    require_few_parts(whole)
    for length in range(0, len(whole), max(1, len(whole) // 50)):
        require_few_parts(whole[:length])


@pytest.mark.parametrize("marker", [b"\xff\xdb", b"\xff\xda"], ids=["first", "last"])
def test_a_marker_may_have_any_filling_before_it(marker):
    whole = encoded("JPEG")
    place = whole.index(marker)
    filled = decode_page(whole[:place] + b"\xff" * 50_000 + whole[place:])
    assert np.array_equal(filled.rgb, decode_page(whole).rgb)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_what_lies_after_the_end_is_no_part(kind):
    whole = encoded(kind)
    assert np.array_equal(decode_page(whole + bytes(1 << 20)).rgb, decode_page(whole).rgb)


def test_a_page_of_thousands_of_scans_is_refused_at_once():
    whole = encoded("JPEG", progressive=True)
    scans = whole[whole.index(b"\xff\xda") : -2]
    patched = bytearray(whole[:-2] + scans * 200 + whole[-2:])
    place = patched.index(b"\xff\xc2")
    patched[place + 5 : place + 9] = struct.pack(">HH", 7000, 7000)
    with pytest.raises(ImageInvalid, match="takes too long"):
        read_header(bytes(patched), DecodeLimits())


def test_a_bitmap_that_is_unpacked_in_python_is_decoded_apart():
    whole = bytearray(encoded("BMP"))
    assert read_header(bytes(whole), DecodeLimits()).light
    whole[30:34] = struct.pack("<L", 1)
    assert not read_header(bytes(whole), DecodeLimits()).light


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", [1, 6, 8])
def test_the_orientation_is_read_from_either_order_of_bytes(order, orientation):
    value = orientation << (16 if order == ">" else 0)
    block = tiff([(0x0100, 3, 1, 9), (0x0112, 3, 1, value)], order)
    assert exif_orientation(b"Exif\0\0" + block) == exif_orientation(block) == orientation


@pytest.mark.parametrize(
    "exif",
    [
        None,
        b"",
        b"Exif\0\0",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
        tiff([(0x0112, 3, 1, 99)]),
    ],
)
def test_an_orientation_that_cannot_be_read_is_upright(exif):
    assert exif_orientation(exif) == 1
