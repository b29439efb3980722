"""What pictures are, by their first bytes."""

import io

import pytest
from PIL import Image

from host.picture_types import HEAD_BYTES, UNKNOWN, mime_of, suffix_of


@pytest.mark.parametrize(
    ("kind", "mime", "suffix"),
    [
        ("PNG", "image/png", ".png"),
        ("JPEG", "image/jpeg", ".jpg"),
        ("WEBP", "image/webp", ".webp"),
        ("AVIF", "image/avif", ".avif"),
        ("GIF", "image/gif", ".gif"),
        ("TIFF", "image/tiff", ".tif"),
        ("BMP", "image/bmp", ".bmp"),
        ("JPEG2000", "image/jp2", ".jp2"),
    ],
)
def test_every_format_of_a_page_is_told_by_its_head(kind: str, mime: str, suffix: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (9, 99, 200)).save(buffer, kind)
    assert mime_of(buffer.getvalue()[:HEAD_BYTES]) == mime
    assert suffix_of(mime) == suffix


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\xff\x0a\x8a\xa5", "image/jxl"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
        (b"\xff\x4f\xff\x51\0", "image/j2c"),
        (b"MM\0*\0\0\0\x08", "image/tiff"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "image/avif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", UNKNOWN),
        (b"BMI and other figures of a cast", UNKNOWN),
        (b"MMORPG", UNKNOWN),
        (b"GIF is a format", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_what_only_begins_alike_is_no_picture(head: bytes, mime: str) -> None:
    assert mime_of(head) == mime
