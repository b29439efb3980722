"""What decoding gives, and what it refuses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engines.geometry import Size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


HINT_AGAIN: Final = "Load the page again, or copy the file again from where it came."
_BAND_PIXELS: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What is refused before any pixel is decoded. A page may be tall: it is the pixels that cost memory."""

    encoded_bytes: int = 64 * 2**20
    side_px: int = 200_000
    pixels: int = 60_000_000


@dataclass(frozen=True, slots=True, eq=False)
class DecodedPage:
    """A page's pixels; both arrays are read-only.

    rgb: `(H, W, 3)` uint8 sRGB. A grey page has three equal channels: a view of `grey` that takes no memory.
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


def as_page(rgb: NDArray[np.uint8] | None, grey: NDArray[np.uint8], note: str = "") -> DecodedPage:
    """Return the page of these pixels, which nobody writes to from now on; rgb None: it is grey."""
    whole = three_channels(grey) if rgb is None else rgb
    whole.setflags(write=False)
    grey.setflags(write=False)
    return DecodedPage(whole, grey, pixels_digest(whole), note)


def three_channels(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a `(H, W)` picture as `(H, W, 3)`, read-only, without a copy."""
    return np.broadcast_to(grey[..., None], (*grey.shape, 3))


def is_grey(rgb: NDArray[np.uint8]) -> bool:
    """Tell whether a `(H, W, 3)` picture has three equal channels."""
    if rgb.strides[2] == 0:
        return True
    return all(
        np.array_equal(band[..., 0], band[..., 1]) and np.array_equal(band[..., 1], band[..., 2])
        for band in _bands(rgb)
    )


def pixels_digest(rgb: NDArray[np.uint8]) -> str:
    """Return `DecodedPage.pixels_sha256` of `(H, W, 3)` uint8 pixels."""
    digest = hashlib.sha256()
    for side in rgb.shape[:2]:
        digest.update(side.to_bytes(8, "big"))
    for band in _bands(rgb):
        digest.update(np.ascontiguousarray(band).data)
    return digest.hexdigest()


def _bands(rgb: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    step = max(1, _BAND_PIXELS // max(1, rgb.shape[1]))
    return (rgb[top : top + step] for top in range(0, rgb.shape[0], step))
