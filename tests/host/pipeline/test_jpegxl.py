"""The size of a JPEG XL picture, bit by bit; whatever stands there ends in a size or an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import ImageInvalid
from host.pipeline.decode.jpegxl import is_jpeg_xl, jpeg_xl_size

START = b"\xff\x0a"
CONTAINER = b"\x00\x00\x00\x0cJXL \r\n\x87\n"
RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}


def header(*fields: tuple[int, int]) -> bytes:
    """Return a codestream's first bytes; fields: value and bits, the first in the lowest bits."""
    number = place = 0
    for value, bits in fields:
        number |= value << place
        place += bits
    return START + number.to_bytes(14, "little")


def side(value: int) -> tuple[tuple[int, int], tuple[int, int]]:
    kind = next(kind for kind, bits in enumerate((9, 13, 18, 30)) if value - 1 < 1 << bits)
    return (kind, 2), (value - 1, (9, 13, 18, 30)[kind])


def box(kind: bytes, content: bytes, *, wide: bool = False) -> bytes:
    if wide:
        return (1).to_bytes(4) + kind + (16 + len(content)).to_bytes(8) + content
    return (8 + len(content)).to_bytes(4) + kind + content


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (512, 513), (8192, 8193), (300_000, 1), (1 << 18, (1 << 18) + 1)]
)
def test_sides_of_any_length_are_read(width: int, height: int) -> None:
    assert jpeg_xl_size(header((0, 1), *side(height), (0, 3), *side(width))) == (width, height)


def test_small_sides_are_told_in_eights() -> None:
    assert jpeg_xl_size(header((1, 1), (4, 5), (0, 3), (31, 5))) == (256, 40)


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_width_may_be_told_by_its_ratio(ratio: int) -> None:
    wide, high = RATIOS[ratio]
    assert jpeg_xl_size(header((0, 1), *side(900), (ratio, 3))) == (900 * wide // high, 900)


STREAM = header((1, 1), (0, 5), (0, 3), (1, 5))


@pytest.mark.parametrize(
    "content",
    [
        box(b"jxlc", STREAM),
        box(b"ftyp", b"jxl ") + box(b"jxlc", STREAM),
        box(b"ftyp", b"jxl ") + box(b"jxlp", b"\0\0\0\0" + STREAM),
        box(b"Exif", b"x" * 9, wide=True) + box(b"jxlc", STREAM, wide=True),
        b"".join(box(b"free", b"") for _ in range(62)) + box(b"jxlc", STREAM),
    ],
)
def test_in_a_container_the_first_codestream_counts(content: bytes) -> None:
    assert is_jpeg_xl(CONTAINER + content)
    assert jpeg_xl_size(CONTAINER + content) == (16, 8)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        box(b"ftyp", b"jxl "),
        box(b"jxlc", b"no codestream"),
        (7).to_bytes(4) + b"free" + box(b"jxlc", STREAM),
        (0).to_bytes(4) + b"free" + box(b"jxlc", STREAM),
        b"".join(box(b"free", b"") for _ in range(63)) + box(b"jxlc", STREAM),
    ],
)
def test_a_container_without_one_is_refused(content: bytes) -> None:
    with pytest.raises(ImageInvalid, match="without pixels"):
        jpeg_xl_size(CONTAINER + content)


@given(st.binary(max_size=80))
def test_any_bytes_have_a_size_or_are_refused(data: bytes) -> None:
    for start in (START, CONTAINER):
        try:
            width, height = jpeg_xl_size(start + data)
        except ImageInvalid:
            continue
        assert width >= 0
        assert height >= 1


@pytest.mark.parametrize("data", [b"", START[:1], b"\xff\xd8", CONTAINER[:-1]])
def test_other_bytes_are_no_jpeg_xl(data: bytes) -> None:
    assert not is_jpeg_xl(data)
