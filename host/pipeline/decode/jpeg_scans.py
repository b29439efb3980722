"""The scans of a JPEG: its library keeps every coefficient until the last of them is read, beside the pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL import Image

_BLOCK_PX: Final = 8
_BLOCK_BYTES: Final = 2 * 64
_ALONE: Final = (0x01, *range(0xD0, 0xDA))
_SCAN: Final = 0xDA


def comes_in_scans(image: Image.Image, encoded: bytes) -> bool:
    """Tell whether a picture is a JPEG that goes over its pixels, or over one channel at a time, more than once."""
    if image.format not in ("JPEG", "MPO"):
        return False
    return bool(image.info.get("progressive")) or _first_scan_channels(encoded) < len(image.getbands())


def coefficient_bytes(image: Image.Image, encoded: bytes) -> int:
    """Return what the coefficients of a picture take until all its scans are read; 0 where nothing is kept."""
    if not comes_in_scans(image, encoded):
        return 0
    factors = [(across, down) for _, across, down, _ in getattr(image, "layer", ())]
    widest, highest = (max((pair[axis] for pair in factors), default=1) or 1 for axis in (0, 1))
    return _BLOCK_BYTES * sum(
        _blocks(image.width * across, widest) * _blocks(image.height * down, highest) for across, down in factors
    )


def _blocks(length: int, divisor: int) -> int:
    return -(-length // (divisor * _BLOCK_PX))


def _first_scan_channels(encoded: bytes) -> int:
    """Return how many channels the first scan has; many where there is none."""
    place = 2
    while place + 4 < len(encoded):
        if encoded[place] != 0xFF or encoded[place + 1] in (0x00, 0xFF):
            place += 1
        elif (marker := encoded[place + 1]) == _SCAN:
            return encoded[place + 4]
        else:
            place += 2 if marker in _ALONE else 2 + max(2, int.from_bytes(encoded[place + 2 : place + 4], "big"))
    return len(encoded)
