"""Which kind of picture bytes are, told by their first few; names lie."""

from __future__ import annotations

from typing import Final

HEAD_BYTES: Final = 64
"""How many of a file's bytes `mime_of` looks at."""
UNKNOWN: Final = "application/octet-stream"
_SUFFIXES: Final = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/gif": ".gif",
    "image/tiff": ".tif",
    "image/bmp": ".bmp",
    "image/jp2": ".jp2",
    "image/j2c": ".j2k",
    "image/jxl": ".jxl",
    "image/heic": ".heic",
}
_STARTS: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"II*\0": "image/tiff",
    b"MM\0*": "image/tiff",
    b"II+\0": "image/tiff",
    b"MM\0+": "image/tiff",
    b"\0\0\0\x0cjP  \r\n\x87\n": "image/jp2",
    b"\xff\x4f\xff\x51": "image/j2c",
    b"\xff\x0a": "image/jxl",
    b"\0\0\0\x0cJXL \r\n\x87\n": "image/jxl",
}
# Brands of the ISO base media format; the first that is found in a file's list decides.
_BRANDS: Final = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
}


def mime_of(encoded: bytes) -> str:
    """Return the MIME type of a picture by its first bytes; `UNKNOWN` for what is none."""
    for start, mime in _STARTS.items():
        if encoded.startswith(start):
            return mime
    if encoded[:4] == b"RIFF" and encoded[8:12] == b"WEBP":
        return "image/webp"
    if encoded[4:8] == b"ftyp":
        return _of_brands(encoded)
    # Two letters tell little: the four zeros that follow the size are looked for as well.
    return "image/bmp" if encoded[:2] == b"BM" and encoded[6:10] == b"\0\0\0\0" else UNKNOWN


def suffix_of(mime: str) -> str:
    """Return the file suffix of a MIME type, with its dot; `.bin` for a stranger."""
    return _SUFFIXES.get(mime, ".bin")


def _of_brands(encoded: bytes) -> str:
    end = min(int.from_bytes(encoded[:4], "big"), HEAD_BYTES)
    brands = [encoded[8:12], *(encoded[place : place + 4] for place in range(16, end, 4))]
    return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), UNKNOWN)
