"""Pictures whose end is missing, as broken downloads leave them: how much of one is there.

Runs in the decoding process alone: Pillow's leave to go on past the end of a file is one for the whole process.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import ImageFile

from host.errors import ImageInvalid
from host.pipeline.decode.page import HINT_AGAIN

if TYPE_CHECKING:
    from PIL import Image

_ENOUGH_01: Final = 0.9
_PNG_HEAD: Final = 8
# What libjpeg lays where data ends: no coefficient at all.
_JPEG_VOID: Final = 128
# A progressive picture is coarse until its last scans: libjpeg writes 6 for grey and 10 for colour.
_PROGRESSIVE_SCANS: Final = {1: 6, 3: 9}
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def lacks_end(encoded: bytes, kind: str) -> bool:
    """Tell whether a PNG or JPEG stops before its end; other formats cannot be used in part."""
    if kind == "PNG":
        return b"IEND" not in encoded[-64:]
    return kind in ("JPEG", "MPO") and encoded.rfind(b"\xff\xd9") < encoded.rfind(b"\xff\xda")


def load_what_is_there(image: Image.Image, encoded: bytes) -> int:
    """Load a picture that lacks its end; return how many of its rows are there.

    Raises:
        ImageInvalid: under nine tenths of them.
    """
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    image.load()
    height = image.height
    rows = _png_rows(encoded, image.width) if image.format == "PNG" else _jpeg_rows(image, encoded)
    rows = min(rows, height)
    if rows < _ENOUGH_01 * height:
        raise ImageInvalid(f"The picture is cut off: {rows} of {height} rows are there.", HINT_AGAIN)
    return rows


def _png_rows(encoded: bytes, width: int) -> int:
    bits, colour, interlaced = encoded[24], encoded[25], encoded[28]
    if interlaced:
        return 0
    row_bytes = 1 + (width * bits * _CHANNELS.get(colour, 4) + 7) // 8
    inflate, size, place = zlib.decompressobj(), 0, _PNG_HEAD
    while place + 8 < len(encoded):
        length = int.from_bytes(encoded[place : place + 4], "big")
        if encoded[place + 4 : place + 8] == b"IDAT":
            size += _inflated_size(inflate, encoded[place + 8 : place + 8 + length])
        place += length + 12
    return size // row_bytes


def _inflated_size(inflate: zlib._Decompress, data: bytes) -> int:
    size = 0
    while data:
        size += len(inflate.decompress(data, 2**20))
        data = inflate.unconsumed_tail
    return size


def _jpeg_rows(image: Image.Image, encoded: bytes) -> int:
    if image.info.get("progressive") and encoded.count(b"\xff\xda") < _PROGRESSIVE_SCANS.get(len(image.mode), 9):
        return 0
    width, height = image.size
    top = max(0, int(height * _ENOUGH_01) - 32)
    tail = np.asarray(image.crop((0, top, width, height))).reshape(height - top, -1)
    drawn = np.flatnonzero((tail != _JPEG_VOID).any(axis=1))
    return top + int(drawn[-1]) + 1 if drawn.size else 0
