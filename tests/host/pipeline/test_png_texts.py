"""Texts and profiles of a PNG never decide about its pixels, however large they are."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from host.pipeline.decode import decode_page
from host.pipeline.decode.png_texts import without_large_texts

MIB = 1 << 20
PIXELS = np.arange(64, dtype=np.uint8).reshape(8, 8)


def png() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG")
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunks(*chunks: bytes, at: int = 33) -> bytes:
    whole = png()
    at = at if at > 0 else len(whole) + at
    return whole[:at] + b"".join(chunks) + whole[at:]


def packed(size: int) -> bytes:
    return zlib.compress(bytes(size))


LARGE = {
    "tEXt": chunk(b"tEXt", b"k\0" + b"x" * (MIB + 1)),
    "zTXt": chunk(b"zTXt", b"k\0\0" + packed(MIB + 1)),
    "iTXt": chunk(b"iTXt", b"k\0\1\0en\0k\0" + packed(MIB + 1)),
    "plain iTXt": chunk(b"iTXt", b"k\0\0\0en\0k\0" + b"x" * (MIB + 1)),
    "iCCP": chunk(b"iCCP", b"k\0\0" + packed(MIB + 1)),
    "a bomb": chunk(b"zTXt", b"k\0\0" + packed(64 * MIB)),
}
SMALL = {
    "tEXt": chunk(b"tEXt", b"k\0x"),
    "zTXt": chunk(b"zTXt", b"k\0\0" + packed(MIB)),
    "iTXt": chunk(b"iTXt", b"k\0\1\0en\0k\0" + packed(MIB)),
    "iCCP": chunk(b"iCCP", b"k\0\0" + packed(500)),
    "damaged": chunk(b"zTXt", b"k\0\0damaged"),
    "another": chunk(b"tIME", b"1234567"),
}


@pytest.mark.parametrize("at", [33, -12])
@pytest.mark.parametrize("name", list(LARGE))
def test_a_large_text_is_left_out_and_the_pixels_are_read(name: str, at: int) -> None:
    data = with_chunks(SMALL["tEXt"], LARGE[name], SMALL["another"], at=at)
    assert without_large_texts(data) == with_chunks(SMALL["tEXt"], SMALL["another"], at=at)
    assert (decode_page(data).grey == PIXELS).all()


@pytest.mark.parametrize("name", list(SMALL))
def test_a_small_one_stays(name: str) -> None:
    data = with_chunks(SMALL[name])
    assert without_large_texts(data) is data


def test_of_many_texts_those_are_kept_that_a_library_takes_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.pipeline.decode.png_texts._ALL_BYTES", 3 * MIB)
    data = with_chunks(*[SMALL["zTXt"]] * 7)
    assert without_large_texts(data) == with_chunks(*[SMALL["zTXt"]] * 3)
    assert (decode_page(data).grey == PIXELS).all()


@pytest.mark.parametrize("data", [b"", b"GIF89a", png()[:20], with_chunks(LARGE["tEXt"])[:60]])
def test_anything_else_stays_as_it_is(data: bytes) -> None:
    assert without_large_texts(data) is data
