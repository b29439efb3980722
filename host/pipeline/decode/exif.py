"""The one thing of a picture's EXIF that changes its pixels: how it is turned (EXIF 2.32, tag 0x0112)."""

from __future__ import annotations

from typing import Final, Literal

_ORIENTATION: Final = 0x0112
_FIELDS_MAX: Final = 1000


def exif_orientation(exif: object) -> int:
    """Return the orientation, 1..8, of an EXIF block; 1 where there is none that can be read.

    Looks at one field, so that a block of any size costs nothing.
    """
    if not isinstance(exif, bytes):
        return 1
    block = exif.removeprefix(b"Exif\0\0")
    orders: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}
    order = orders.get(block[:4])
    if order is None:
        return 1
    first = int.from_bytes(block[4:8], order)
    fields = int.from_bytes(block[first : first + 2], order)
    for place in range(first + 2, first + 2 + 12 * min(fields, _FIELDS_MAX), 12):
        if int.from_bytes(block[place : place + 2], order) == _ORIENTATION:
            value = int.from_bytes(block[place + 8 : place + 10], order)
            return value if 1 <= value <= 8 else 1
    return 1
