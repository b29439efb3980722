"""Pixels to bytes: sRGB, no alpha, no metadata; without loss unless the reader asked for less."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image

from host.errors import InternalError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from host.vocabulary import PageFormat

DEFAULT_FORMAT: Final[PageFormat] = "png"
_MIME: Final[dict[PageFormat, str]] = {
    "png": "image/png",
    "webp_lossless": "image/webp",
    "webp": "image/webp",
    "jpeg": "image/jpeg",
    "avif": "image/avif",
    "jxl": "image/jxl",
}
# Measured on coloured pages of 1200 x 1800: about 60 ms, and within a tenth of the size that zlib's slow levels reach.
# Lossless WebP is a third smaller and takes three times as long.
_PNG: Final = (
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP),
)
_WEBP_SIDE_PX: Final = 16_383
_BAND_ROWS: Final = 512
# From here on OpenCV's encoder, which holds the file up to three times, would take more than the page itself.
_BANDS_FROM_PIXELS: Final = 8_000_000
_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PNG_RGB: Final = (8, 2, 0, 0, 0)
_PNG_UP: Final = 2
_ZLIB_WINDOW: Final = 15
_ZLIB_MEMORY: Final = 9


def encode_page(
    rgb: NDArray[np.uint8], output_format: PageFormat | None = None, *, given_up: bool = False
) -> tuple[bytes, str]:
    """Return the encoded picture and its MIME type. `rgb`: `(H, W, 3)` uint8 sRGB.

    None means `DEFAULT_FORMAT`. A picture with a side that WebP cannot hold becomes a PNG. given_up: nobody looks at
    the pixels any more, they may be changed; so no second picture stands beside a strip.
    """
    chosen = output_format or DEFAULT_FORMAT
    if chosen.startswith("webp") and max(rgb.shape[:2]) > _WEBP_SIDE_PX:
        chosen = "png"
    return (_encode_png(rgb, given_up) if chosen == "png" else _encode_with_pillow(rgb, chosen)), _MIME[chosen]


def shrunk_within(rgb: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """Return `(h, w, 3)` brought down until no side is longer; a picture that is not is copied."""
    height, width = rgb.shape[:2]
    scale = side_px / max(height, width)
    if scale >= 1:
        return rgb.copy()
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def _encode_png(rgb: NDArray[np.uint8], given_up: bool) -> bytes:
    if rgb.shape[0] * rgb.shape[1] > _BANDS_FROM_PIXELS:
        return _encode_in_bands(rgb)
    bgr = rgb if given_up else rgb.copy()
    for band in np.array_split(bgr, max(1, bgr.shape[0] // _BAND_ROWS)):
        cv2.cvtColor(band.copy(), cv2.COLOR_RGB2BGR, dst=band)
    done, encoded = cv2.imencode(".png", bgr, _PNG)
    if not done:
        raise InternalError("The coloured page could not be encoded.")
    return encoded.tobytes()


def _encode_in_bands(rgb: NDArray[np.uint8]) -> bytes:
    """Return a PNG that was packed a band of rows at a time: beside the pixels stands the file alone."""
    file, packer = io.BytesIO(), zlib.compressobj(1, zlib.DEFLATED, _ZLIB_WINDOW, _ZLIB_MEMORY, zlib.Z_RLE)
    height, width = rgb.shape[:2]
    file.write(_PNG_SIGNATURE)
    _write_chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, *_PNG_RGB))
    above = np.zeros((1, 3 * width), np.uint8)
    for top in range(0, height, _BAND_ROWS):
        rows = rgb[top : top + _BAND_ROWS].reshape(-1, 3 * width)
        filtered = np.full((len(rows), 1 + 3 * width), _PNG_UP, np.uint8)
        np.subtract(rows, np.vstack([above, rows[:-1]]), out=filtered[:, 1:])
        _write_chunk(file, b"IDAT", packer.compress(filtered.data))
        above = rows[-1:].copy()
    _write_chunk(file, b"IDAT", packer.flush())
    _write_chunk(file, b"IEND", b"")
    return file.getvalue()


def _write_chunk(file: io.BytesIO, name: bytes, data: bytes) -> None:
    if data or name != b"IDAT":
        file.write(struct.pack(">I", len(data)) + name)
        file.write(data)
        file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(name))))


def _encode_with_pillow(rgb: NDArray[np.uint8], chosen: PageFormat) -> bytes:
    picture, buffer = Image.fromarray(rgb), io.BytesIO()
    if chosen == "jpeg":
        picture.save(buffer, "JPEG", quality=92, subsampling=0)
    elif chosen == "webp":
        picture.save(buffer, "WEBP", quality=90, method=2)
    elif chosen == "avif":
        picture.save(buffer, "AVIF", quality=90, subsampling="4:4:4", speed=7, max_threads=1)
    elif chosen == "jxl":
        import pillow_jxl  # noqa: F401 - it registers itself with Pillow

        picture.save(buffer, "JXL", lossless=True, effort=3)
    else:
        picture.save(buffer, "WEBP", lossless=True, quality=0, method=0)
    return buffer.getvalue()
