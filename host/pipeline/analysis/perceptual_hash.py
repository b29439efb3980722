"""Perceptual hash of a page: near duplicates differ in few bits. The bits of `imagehash.phash`, without its imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDE: Final = 32
_LOW: Final = 8


def perceptual_hash(grey: NDArray[np.uint8]) -> str:
    """Return 64 bits, hex, of a `(H, W)` uint8 page: which low frequencies of its 32 x 32 copy are above their median.

    `imagehash` (J. Buchner) transforms with scipy's unnormalised DCT, whose first row and column are larger by the
    root of two than the orthonormal one's.
    """
    small = Image.fromarray(grey).resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    low = cv2.dct(np.asarray(small, np.float64))[:_LOW, :_LOW].copy()
    low[0] *= np.sqrt(2)
    low[:, 0] *= np.sqrt(2)
    bits = np.packbits((low > np.median(low)).ravel())
    return bits.tobytes().hex()
