"""What decoding gives, and what it refuses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engines.geometry import Size

if TYPE_CHECKING:
    from numpy.typing import NDArray


HINT_AGAIN: Final = "Load the page again, or copy the file again from where it came."


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What is refused before any pixel is decoded. A page may be tall: it is the pixels that cost memory."""

    encoded_bytes: int = 64 * 2**20
    side_px: int = 200_000
    pixels: int = 60_000_000


@dataclass(frozen=True, slots=True, eq=False)
class DecodedPage:
    """A page's pixels; both arrays are read-only.

    rgb: `(H, W, 3)` uint8 sRGB. Grey pages have three equal channels.
    grey: `(H, W)` uint8, the page's luma (Rec. 601) in sRGB encoding; the channel itself where the page is grey.
    pixels_sha256: SHA-256 (hex) over height and width (8 bytes each, big endian) and the bytes of `rgb`.
    note: what a reader should know of the picture, such as rows that the file lacks; empty for a whole one.
    """

    rgb: NDArray[np.uint8]
    grey: NDArray[np.uint8]
    pixels_sha256: str
    note: str = ""

    @property
    def size(self) -> Size:
        """Height and width."""
        return Size(*self.grey.shape)


def pixels_digest(rgb: NDArray[np.uint8]) -> str:
    """Return `DecodedPage.pixels_sha256` of `(H, W, 3)` uint8 pixels."""
    digest = hashlib.sha256()
    for side in rgb.shape[:2]:
        digest.update(side.to_bytes(8, "big"))
    digest.update(np.ascontiguousarray(rgb).data)
    return digest.hexdigest()
