"""The tiles of a JPEG 2000 picture (ISO/IEC 15444-1, SIZ): its library holds one of them whole, in wide numbers."""

from __future__ import annotations

from typing import Final

_START: Final = b"\xff\x4f\xff\x51"
_HEAD_BYTES: Final = 42
_CHANNEL_BYTES: Final = 3
_LARGEST_CHANNELS: Final = 16
_WIDE_BYTES: Final = 4


def tile_bytes(encoded: bytes) -> int:
    """Return what the largest tile takes beside the picture: as it is worked on, and as it is handed over.

    0 for anything else.
    """
    start = encoded.find(_START)
    head = encoded[start : start + _HEAD_BYTES]
    if start < 0 or len(head) < _HEAD_BYTES:
        return 0
    right, bottom, left, top, wide, high = (int.from_bytes(head[at : at + 4], "big") for at in range(8, 32, 4))
    pixels = min(wide, max(0, right - left)) * min(high, max(0, bottom - top))
    first = start + _HEAD_BYTES
    channels = min(_LARGEST_CHANNELS, int.from_bytes(head[40:42], "big"))
    parts = (
        encoded[at : at + _CHANNEL_BYTES] for at in range(first, first + channels * _CHANNEL_BYTES, _CHANNEL_BYTES)
    )
    return sum(
        pixels // (part[1] * part[2]) * (_WIDE_BYTES + (8 if part[0] & 0x7F < 8 else 16) // 8)
        for part in parts
        if len(part) == _CHANNEL_BYTES and part[1] and part[2]
    )
