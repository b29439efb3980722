"""Decode a picture of every format and mode, nearly as large as a page may be and as an ordinary scan is.

Printed for each: what it became, the most memory above the process's own (the decoding process's counts), its bound,
and the processor's seconds. A loss is more than width x height x 8 bytes + 200 MB, over 5.5 s, anything but a page or
the error that it is too large for its kind, and an ordinary scan that is no page.
"""

from __future__ import annotations

import argparse
import gc
import io
import struct
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401 - it registers itself with Pillow
from PIL import Image, ImageCms

from bench.faults.pictures import BESIDE_BYTES, PROCESSOR_S, Figures, try_picture
from engines.malloc_trim import return_free_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_PAGE: Final = Path(__file__).parents[2] / "tests" / "pages" / "panels-en.webp"
_LARGE_MP: Final = 59.0
_ORDINARY_MP: Final = 6.0
_ENCODED_BYTES: Final = 64 * 2**20
_TOO_LARGE: Final = "too large for its kind"


class Kind(NamedTuple):
    """A format and how it is written. megapixels: the most that its limit of encoded bytes lets through."""

    name: str
    encode: Callable[[Image.Image], bytes]
    megapixels: float = _LARGE_MP


_ADAM7: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults formats", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="names that hold one of these words")
    parser.add_argument("--megapixels", type=float, nargs="*", default=[_ORDINARY_MP, _LARGE_MP])
    options = parser.parse_args(arguments)
    pillow_heif.register_heif_opener()
    lost = count = 0
    sys.stdout.write(f"{'format and mode':34}   MP  verdict    MB above   bound  processor s\n")
    for wanted in options.megapixels:
        for kind in _KINDS:
            if not options.only or any(word in kind.name for word in options.only):
                lost += not _measure(kind, min(wanted, kind.megapixels), must=wanted <= _ORDINARY_MP)
                count += 1
    sys.stdout.write(f"{count} pictures, {lost} losses\n")
    return 1 if lost else 0


def _measure(kind: Kind, megapixels: float, *, must: bool) -> bool:
    """Decode one; return whether nothing was lost. must: it has to become a page."""
    side = int((megapixels * 1e6) ** 0.5)
    encoded, figures = kind.encode(_drawn(side)), Figures()
    gc.collect()
    return_free_memory()
    verdict = try_picture(encoded, figures)
    bound = 8 * side * side + BESIDE_BYTES
    good = verdict == "page" or (not must and _TOO_LARGE in figures.words)
    good = good and figures.grown_bytes <= bound and figures.processor_s <= PROCESSOR_S
    sys.stdout.write(
        f"{kind.name:34} {side * side / 1e6:4.0f}  {verdict:10} {figures.grown_bytes / 1e6:8.0f} {bound / 1e6:7.0f} "
        f"{figures.processor_s:12.2f}{'' if good else '  LOST'}\n"
    )
    sys.stdout.flush()
    return good


def _drawn(side: int) -> Image.Image:
    """Return a square page of grey: a comic's page once, large, on even paper."""
    with Image.open(_PAGE) as picture:
        page = picture.convert("L")
    whole = Image.new("L", (side, side), 244)
    whole.paste(page.resize((min(side, 2 * page.width), min(side, 2 * page.height))))
    return whole


def _pillow(mode: str, kind: str, **how: object) -> Callable[[Image.Image], bytes]:
    def encode(page: Image.Image) -> bytes:
        buffer = io.BytesIO()
        _in_mode(page, mode).save(buffer, kind, **how)
        return buffer.getvalue()

    return encode


def _in_mode(page: Image.Image, mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(page).astype(np.uint16) * 257)
    if mode == "I":
        return Image.fromarray(np.asarray(page).astype(np.int32) * 257)
    if mode == "F":
        return Image.fromarray(np.asarray(page).astype(np.float32) / 255)
    if mode == "LAB":
        spaces = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        lab = ImageCms.applyTransform(page.convert("RGB"), ImageCms.buildTransform(*spaces, "RGB", "LAB"))
        assert lab is not None
        return lab
    if mode in ("LA", "RGBA"):
        picture = page.convert(mode)
        picture.putalpha(page.point(lambda level: 255 - level // 2))
        return picture
    return page.quantize(32) if mode == "P" else page.convert(mode)


def _opencv(suffix: str, channels: int, *how: int) -> Callable[[Image.Image], bytes]:
    """Return what writes 16 bits a channel."""

    def encode(page: Image.Image) -> bytes:
        grey: NDArray[np.uint16] = np.asarray(page).astype(np.uint16) * np.uint16(257)
        done, encoded = cv2.imencode(suffix, np.dstack([grey] * channels), how)
        assert done
        return encoded.tobytes()

    return encode


def _interlaced(page: Image.Image) -> bytes:
    """Return a PNG in Adam7's seven passes, which Pillow does not write."""
    grey = np.asarray(page)
    packer, packed = zlib.compressobj(1), []
    for left, top, right, down in _ADAM7:
        part = grey[top::down, left::right]
        packed.append(packer.compress(np.pad(part, ((0, 0), (1, 0))).tobytes()))
    packed.append(packer.flush())
    head = struct.pack(">IIBBBBB", page.width, page.height, 8, 0, 0, 0, 1)
    chunks = ((b"IHDR", head), (b"IDAT", b"".join(packed)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


_DEFLATE: Final = {"compression": "tiff_adobe_deflate"}
_SEVEN: Final = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
_DEFLATED: Final = ("LA", "RGBA", "CMYK", "I;16", "I", "F", "LAB")
_LOSSLESS: Final = {"lossless": True, "quality": 0, "method": 0}
_KINDS: Final[tuple[Kind, ...]] = (
    *(Kind(f"PNG {mode}", _pillow(mode, "PNG", compress_level=1)) for mode in _SEVEN),
    Kind("PNG P, transparent", _pillow("P", "PNG", compress_level=1, transparency=3)),
    Kind("PNG RGB, 16 bit", _opencv(".png", 3, cv2.IMWRITE_PNG_COMPRESSION, 1)),
    Kind("PNG RGBA, 16 bit", _opencv(".png", 4, cv2.IMWRITE_PNG_COMPRESSION, 1)),
    Kind("PNG L, interlaced", _interlaced),
    *(Kind(f"JPEG {mode}", _pillow(mode, "JPEG")) for mode in ("L", "RGB", "CMYK")),
    *(Kind(f"JPEG {mode}, progressive", _pillow(mode, "JPEG", progressive=True)) for mode in ("L", "RGB", "CMYK")),
    Kind("JPEG RGB 4:4:4, progressive", _pillow("RGB", "JPEG", progressive=True, subsampling=0)),
    *(Kind(f"WebP {mode}", _pillow(mode, "WEBP", method=0)) for mode in ("RGB", "RGBA")),
    *(Kind(f"WebP {mode}, lossless", _pillow(mode, "WEBP", **_LOSSLESS)) for mode in ("RGB", "RGBA")),
    *(Kind(f"AVIF {mode}", _pillow(mode, "AVIF", speed=10)) for mode in ("L", "RGB", "RGBA")),
    Kind("AVIF RGB 4:4:4", _pillow("RGB", "AVIF", speed=10, subsampling="4:4:4")),
    *(Kind(f"GIF {mode}", _pillow(mode, "GIF")) for mode in ("L", "P")),
    Kind("TIFF 1, G4", _pillow("1", "TIFF", compression="group4")),
    Kind("TIFF 1, G3", _pillow("1", "TIFF", compression="group3")),
    *(Kind(f"TIFF {mode}, LZW", _pillow(mode, "TIFF", compression="tiff_lzw")) for mode in ("L", "P", "RGB")),
    *(Kind(f"TIFF {mode}, deflate", _pillow(mode, "TIFF", **_DEFLATE)) for mode in _DEFLATED),
    Kind("TIFF RGB, 16 bit", _opencv(".tiff", 3, cv2.IMWRITE_TIFF_COMPRESSION, 32946)),
    Kind("TIFF L, uncompressed", _pillow("L", "TIFF")),
    Kind("TIFF RGB, JPEG", _pillow("RGB", "TIFF", compression="jpeg")),
    Kind("BMP 1", _pillow("1", "BMP")),
    *(Kind(f"BMP {mode}", _pillow(mode, "BMP")) for mode in ("L", "P")),
    Kind("BMP RGB", _pillow("RGB", "BMP"), _ENCODED_BYTES / 3.01e6),
    Kind("BMP RGBA", _pillow("RGBA", "BMP"), _ENCODED_BYTES / 4.01e6),
    *(Kind(f"JPEG 2000 {mode}", _pillow(mode, "JPEG2000")) for mode in ("L", "LA", "RGB", "RGBA", "I;16")),
    *(Kind(f"JPEG 2000 {mode}, tiles", _pillow(mode, "JPEG2000", tile_size=(1024, 1024))) for mode in ("RGB", "RGBA")),
    *(Kind(f"JPEG XL {mode}", _pillow(mode, "JXL", effort=1)) for mode in ("L", "RGB", "RGBA")),
    Kind("JPEG XL RGB, lossless", _pillow("RGB", "JXL", effort=1, lossless=True)),
    *(Kind(f"HEIF {mode}", _pillow(mode, "HEIF")) for mode in ("RGB", "RGBA")),
)
