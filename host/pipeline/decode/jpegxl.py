"""The size of a JPEG XL picture (ISO/IEC 18181-1, SizeHeader), for its library decodes all of it before it tells."""

from __future__ import annotations

from typing import Final

from host.errors import ImageInvalid
from host.pipeline.decode.page import HINT_AGAIN

_CODESTREAM: Final = b"\xff\x0a"
_CONTAINER: Final = b"\x00\x00\x00\x0cJXL \r\n\x87\n"
_SIDE_BITS: Final = (9, 13, 18, 30)
_RATIOS: Final = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_HEADER_BYTES: Final = 16
_BOXES: Final = 64


def is_jpeg_xl(encoded: bytes) -> bool:
    """Tell whether these are a JPEG XL codestream or a container of one."""
    return encoded.startswith((_CODESTREAM, _CONTAINER))


def jpeg_xl_size(encoded: bytes) -> tuple[int, int]:
    """Return width and height.

    Raises:
        ImageInvalid: there is no codestream.
    """
    start = encoded if encoded.startswith(_CODESTREAM) else _first_box(encoded)
    if not start.startswith(_CODESTREAM):
        raise ImageInvalid("The picture is damaged or truncated (JPEG XL without pixels).", HINT_AGAIN)
    bits = _Bits(start[2:_HEADER_BYTES])
    coarse = bits.take(1)
    height = bits.side(coarse)
    ratio = bits.take(3)
    if ratio:
        wide, high = _RATIOS[ratio - 1]
        return height * wide // high, height
    return bits.side(coarse), height


def _first_box(encoded: bytes) -> bytes:
    place = 0
    for _ in range(_BOXES):
        size, kind, head = int.from_bytes(encoded[place : place + 4], "big"), encoded[place + 4 : place + 8], 8
        if size == 1:
            size, head = int.from_bytes(encoded[place + 8 : place + 16], "big"), 16
        if kind in (b"jxlc", b"jxlp"):
            start = place + head + (4 if kind == b"jxlp" else 0)
            return encoded[start : start + _HEADER_BYTES]
        if size < head:
            break
        place += size
    return b""


class _Bits:
    """Bits of a JPEG XL header, the least significant of each byte first; past its end they are zero."""

    def __init__(self, data: bytes) -> None:
        self._rest = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        value = self._rest & ((1 << count) - 1)
        self._rest >>= count
        return value

    def side(self, coarse: int) -> int:
        return 8 * (1 + self.take(5)) if coarse else 1 + self.take(_SIDE_BITS[self.take(2)])
