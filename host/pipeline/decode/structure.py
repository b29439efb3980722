"""How many parts a picture has, counted before a library walks them one by one in Python.

An encoder writes tens; a file of millions would hold a thread for minutes, whatever size the picture says it has.
Damage is left for the decoder to tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host.errors import ImageInvalid
from host.picture_types import mime_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PARTS_MAX: Final = 5_000
# Pixels of a PNG or GIF come in many small pieces.
_PIECES_MAX: Final = 300_000
_EXIF_PARTS_MAX: Final = 16
_FIELDS_MAX: Final = 2_000
_FIELD_BYTES: Final = (1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 2, 8, 8, 8, 8)
_SIDE_BYTES: Final = 1 << 20
_MADE_SLOW: Final = "The picture is made of too many parts; reading it would take too long."
HINT_SAVE: Final = "Save it again with another program."


def require_few_parts(encoded: bytes) -> None:
    """Check that the libraries' way through a picture's headers is short; other bytes pass.

    Raises:
        ImageInvalid: it is not.
    """
    mime = mime_of(encoded)
    if mime == "image/tiff":
        _check_tiff(encoded)
    elif mime in _PARTS_OF:
        _count(_PARTS_OF[mime](encoded))


def _count(parts: Iterator[bool]) -> None:
    """Count parts; those that an encoder may write in any number are True."""
    few = pieces = 0
    for is_piece in parts:
        pieces += is_piece
        few += not is_piece
        if few > _PARTS_MAX or pieces > _PIECES_MAX:
            raise ImageInvalid(_MADE_SLOW, HINT_SAVE)


def _png_chunks(encoded: bytes) -> Iterator[bool]:
    place = 8
    while place + 8 <= len(encoded):
        kind = encoded[place + 4 : place + 8]
        yield kind in (b"IDAT", b"fdAT")
        if kind == b"IEND":
            return
        place += 12 + int.from_bytes(encoded[place : place + 4], "big")


def _jpeg_segments(encoded: bytes) -> Iterator[bool]:
    place, exif = 2, 0
    while place + 4 <= len(encoded):
        if encoded[place] != 0xFF or encoded[place + 1] in (0x00, 0xFF):
            yield True  # filling is read byte by byte; a marker may have any number of them before it
            place += 1
            continue
        marker = encoded[place + 1]
        if marker == 0xDA:
            return
        exif += encoded[place + 4 : place + 8] == b"Exif"
        if exif > _EXIF_PARTS_MAX:
            raise ImageInvalid(_MADE_SLOW, HINT_SAVE)
        yield False
        alone = marker == 0x01 or 0xD0 <= marker <= 0xD9
        place += 2 if alone else 2 + max(2, int.from_bytes(encoded[place + 2 : place + 4], "big"))


def _gif_blocks(encoded: bytes) -> Iterator[bool]:
    place = 13 + _gif_colours(encoded[10:11])
    while place < len(encoded):
        kind = encoded[place]
        if kind == 0x2C:
            place += 11 + _gif_colours(encoded[place + 9 : place + 10])
        elif kind == 0x21:
            place += 2
        else:
            if kind == 0x3B:
                return
            yield False
            place += 1
            continue
        yield False
        while place < len(encoded) and (size := encoded[place]):
            yield kind == 0x2C
            place += 1 + size
        place += 1


def _gif_colours(flags: bytes) -> int:
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _boxes(encoded: bytes) -> Iterator[bool]:
    """Walk the boxes of a JPEG 2000 file, and those in its header box."""
    place = 0
    while place + 8 <= len(encoded):
        yield False
        size = int.from_bytes(encoded[place : place + 4], "big")
        size = int.from_bytes(encoded[place + 8 : place + 16], "big") if size == 1 else size
        kind = encoded[place + 4 : place + 8]
        if kind == b"jp2c":
            return
        place += 8 if kind == b"jp2h" else max(8, size or len(encoded))


def _check_tiff(encoded: bytes) -> None:
    """Check the first two directories: how many fields they have, and how much the fields hold."""
    order = "little" if encoded[:2] == b"II" else "big"

    def number(place: int, size: int) -> int:
        return int.from_bytes(encoded[place : place + size], order)  # type: ignore[arg-type]

    big = 43 in encoded[2:4]
    width, entry, head = (8, 20, 8) if big else (4, 12, 2)
    place = number(8, 8) if big else number(4, 4)
    for _ in range(2):
        fields = number(place, head)
        if not 0 < place < len(encoded):
            return
        first = place + head
        kinds = [
            (number(first + entry * n + 2, 2), number(first + entry * n + 4, width))
            for n in range(min(fields, _FIELDS_MAX))
        ]
        held = sum(_FIELD_BYTES[kind] * count for kind, count in kinds if kind < len(_FIELD_BYTES))
        if fields > _FIELDS_MAX or held > len(encoded) + _SIDE_BYTES:
            raise ImageInvalid(_MADE_SLOW, HINT_SAVE)
        place = number(first + entry * fields, width)


_PARTS_OF: Final[dict[str, Callable[[bytes], Iterator[bool]]]] = {
    "image/png": _png_chunks,
    "image/jpeg": _jpeg_segments,
    "image/gif": _gif_blocks,
    "image/jp2": _boxes,
}
