"""What a WebP picture says of itself (RFC 9649), for a library would make two canvases before it tells."""

from __future__ import annotations

from typing import Final, NamedTuple

_CHUNK_HEAD: Final = 8
_FIRST: Final = 12 + _CHUNK_HEAD
_KEY_FRAME: Final = b"\x9d\x01\x2a"
_LOSSLESS: Final = 0x2F
_SIDE_BITS: Final = 14
_SIDE: Final = (1 << _SIDE_BITS) - 1
_EXTENDED_BYTES: Final = 10
_IS_ANIMATION: Final = 0x02
_HAS_PROFILE: Final = 0x20


class WebpFacts(NamedTuple):
    """A still WebP's size, and how long its colour profile is."""

    width: int
    height: int
    profile_bytes: int


def webp_facts(encoded: bytes) -> WebpFacts | None:
    """Return what a still WebP says of itself; None for an animation, for damage, and for anything else."""
    if encoded[:4] != b"RIFF" or encoded[8:12] != b"WEBP":
        return None
    kind, data = encoded[12:16], encoded[_FIRST : _FIRST + _EXTENDED_BYTES]
    if len(data) < _EXTENDED_BYTES:
        return None
    if kind == b"VP8 " and data[3:6] == _KEY_FRAME:
        return WebpFacts(_number(data[6:8]) & _SIDE, _number(data[8:10]) & _SIDE, 0)
    if kind == b"VP8L" and data[0] == _LOSSLESS:
        sides = _number(data[1:5])
        return WebpFacts((sides & _SIDE) + 1, (sides >> _SIDE_BITS & _SIDE) + 1, 0)
    if kind == b"VP8X" and not data[0] & _IS_ANIMATION:
        length = _profile_bytes(encoded) if data[0] & _HAS_PROFILE else 0
        return WebpFacts(_number(data[4:7]) + 1, _number(data[7:10]) + 1, length)
    return None


def _profile_bytes(encoded: bytes) -> int:
    """Return the length of the chunk behind the first, which is the profile where there is one."""
    place = _FIRST + (length := _number(encoded[16:20])) + length % 2
    return _number(encoded[place + 4 : place + 8]) if encoded[place : place + 4] == b"ICCP" else len(encoded)


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")
