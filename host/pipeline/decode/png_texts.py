"""The texts and profiles of a PNG that swell: a library refuses the picture for them, whose pixels are sound."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_START: Final = b"\x89PNG\r\n\x1a\n"
_AROUND: Final = 12
_KINDS: Final = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
# Pillow's own bounds: of a text, and of all of them.
_TEXT_BYTES: Final = 1 << 20
_ALL_BYTES: Final = 32 << 20


def without_large_texts(encoded: bytes) -> bytes:
    """Return a PNG without the texts and profiles that are too large once unpacked; anything else as it is."""
    if not encoded.startswith(_START):
        return encoded
    room, kept_to, parts = _ALL_BYTES, 0, []
    for start, end in _texts(encoded):
        size = _TEXT_BYTES + 1
        if room > 0:
            size = min(size, _unpacked_bytes(encoded[start + 4 : start + 8], encoded[start + 8 : end - 4]))
            room -= size
        if size > _TEXT_BYTES:
            parts.append(encoded[kept_to:start])
            kept_to = end
    return b"".join([*parts, encoded[kept_to:]]) if parts else encoded


def _texts(encoded: bytes) -> Iterator[tuple[int, int]]:
    """Yield where a text or a profile begins and ends, its length and sum included."""
    place = len(_START)
    while place + _AROUND <= len(encoded):
        end = place + _AROUND + int.from_bytes(encoded[place : place + 4], "big")
        if encoded[place + 4 : place + 8] in _KINDS and end <= len(encoded):
            yield place, end
        place = end


def _unpacked_bytes(kind: bytes, data: bytes) -> int:
    """Return how long a text is; one over the bound is not unpacked further."""
    _, _, rest = data.partition(b"\0")
    if kind == b"tEXt":
        return len(data)
    if kind == b"iTXt":
        is_packed, (_, _, rest) = rest[:1] == b"\1", rest[2:].partition(b"\0")
        _, _, packed = rest.partition(b"\0")
        if not is_packed:
            return len(data)
    else:
        packed = rest[1:]
    try:
        return len(zlib.decompressobj().decompress(packed, _TEXT_BYTES + 1))
    except zlib.error:  # which the library passes over
        return len(data)
