"""Pictures in the encodings of formats that few programs write, and formats that no page has."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
import pillow_jxl  # noqa: F401 - it registers itself with Pillow
from PIL import Image

from bench.faults.made.made import Made, encoded, folders, grey_page

if TYPE_CHECKING:
    from collections.abc import Iterator

_COLOURED: Final = "coloured|cached"
_OPEN: Final = "coloured|cached|skipped|failed"
_ORIENTATION: Final = 0x112
_TILE: Final = 64


def encodings() -> Iterator[Made]:
    """Return a folder for each format; each file's page has its verdict."""
    kinds = {"TIFF": _tiffs, "BMP": _bmps, "PNG": _pngs, "JPEG": _jpegs, "newer": _newer, "strangers": _strangers}
    return folders("encodings", kinds)


def _tiffs() -> Iterator[tuple[str, bytes, str]]:
    grey = grey_page()
    pixels = np.asarray(grey)
    for order in "<>":
        name = {"<": "little", ">": "big"}[order]
        yield f"{name} endian, strips.tif", tiff(pixels, order, rows=50), _COLOURED
        yield f"{name} endian, tiles.tif", tiff(pixels, order, rows=0), _COLOURED
    yield "white is zero.tif", tiff(255 - pixels, "<", rows=100, white_is_zero=True), _COLOURED
    yield "planes.tif", _planes(pixels), _COLOURED
    yield "big.tif", encoded(grey, "TIFF", big_tiff=True), _COLOURED
    for kind in ("group3", "group4", "packbits", "tiff_lzw", "tiff_adobe_deflate"):
        yield f"1 {kind}.tif", encoded(grey.convert("1"), "TIFF", compression=kind), _COLOURED
    exif = Image.Exif()
    exif[_ORIENTATION] = 8
    yield "turned.tif", encoded(grey, "TIFF", exif=exif), _COLOURED


def tiff(pixels: np.typing.NDArray[np.uint8], order: str, *, rows: int, white_is_zero: bool = False) -> bytes:
    """Return a grey TIFF of a byte order (`<`, `>`), in strips of so many rows; 0: in tiles."""
    height, width = pixels.shape
    if rows:
        blocks = [pixels[top : top + rows].tobytes() for top in range(0, height, rows)]
        layout = {278: rows, 273: None, 279: None}
    else:
        padded = np.pad(pixels, ((0, -height % _TILE), (0, -width % _TILE)))
        places = ((top, left) for top in range(0, height, _TILE) for left in range(0, width, _TILE))
        blocks = [padded[top : top + _TILE, left : left + _TILE].tobytes() for top, left in places]
        layout = {322: _TILE, 323: _TILE, 324: None, 325: None}
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 0 if white_is_zero else 1, 277: 1, **layout}
    data_at = 8 + 2 + 12 * len(tags) + 4
    lists_at = data_at + sum(map(len, blocks))
    places_of = np.cumsum([data_at, *map(len, blocks)])[:-1].tolist()
    lists = {273: places_of, 324: places_of, 279: [*map(len, blocks)], 325: [*map(len, blocks)]}
    entries, tail = b"", b""
    for tag, value in sorted(tags.items()):
        many = lists[tag] if value is None else [value]
        at = lists_at + len(tail) if len(many) > 1 else many[0]
        tail += struct.pack(f"{order}{len(many)}I", *many) if len(many) > 1 else b""
        entries += struct.pack(f"{order}HHII", tag, 4, len(many), at)
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}HI", 42, 8)
    return head + struct.pack(f"{order}H", len(tags)) + entries + bytes(4) + b"".join(blocks) + tail


def _planes(pixels: np.typing.NDArray[np.uint8]) -> bytes:
    """Return a TIFF whose red, green and blue lie one after the other."""
    height, width = pixels.shape
    tags = [
        *((256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, 0), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 3, 0)),
        *((277, 3, 1, 3), (278, 4, 1, height), (279, 4, 3, 0), (284, 3, 1, 2)),
    ]
    lists_at = 8 + 2 + 12 * len(tags) + 4
    data_at, plane = lists_at + 6 + 12 + 12, pixels.tobytes()
    starts = [data_at + len(plane) * number for number in range(3)]
    lists = struct.pack("<3H3I3I", 8, 8, 8, *starts, *[len(plane)] * 3)
    where = {258: lists_at, 273: lists_at + 6, 279: lists_at + 18}
    entries = b"".join(struct.pack("<HHII", tag, kind, count, where.get(tag, at)) for tag, kind, count, at in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + lists + plane * 3


def _bmps() -> Iterator[tuple[str, bytes, str]]:
    pixels = np.asarray(grey_page())
    height, width = pixels.shape
    rows = b"".join(np.pad(row, (0, -width % 4)).tobytes() for row in pixels)
    yield "top down.bmp", _bmp(width, -height, 8, 0, rows), _COLOURED
    runs = bytearray()
    for row in pixels[::-1]:
        runs += b"".join(bytes((1, level)) for level in row.tolist()) + b"\0\0"
    yield "runs.bmp", _bmp(width, height, 8, 1, bytes(runs) + b"\0\1"), _COLOURED
    levels = pixels[::-1].astype(np.uint16)
    packed = ((levels >> 3) << 11) | ((levels >> 2) << 5) | (levels >> 3)
    masks = struct.pack("<3I", 0xF800, 0x7E0, 0x1F)
    body = b"".join(np.pad(row, (0, -width % 2)).tobytes() for row in packed)
    yield "16 bit.bmp", _bmp(width, height, 16, 3, body, masks), _COLOURED


def _bmp(width: int, height: int, bits: int, packing: int, body: bytes, table: bytes = b"") -> bytes:
    if bits == 8:
        table = b"".join(bytes((level, level, level, 0)) for level in range(256))
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, len(body), 2835, 2835, 0, 0)
    at = 14 + len(head) + len(table)
    return b"BM" + struct.pack("<IHHI", at + len(body), 0, 0, at) + head + table + body


def _pngs() -> Iterator[tuple[str, bytes, str]]:
    grey = grey_page()
    png = encoded(grey, "PNG")
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    yield "turned.png", encoded(grey, "PNG", exif=exif), _COLOURED
    yield "gamma.png", _with_chunk(png, b"gAMA", struct.pack(">I", 45455)), _COLOURED
    yield "wrong sum of words.png", _with_chunk(png, b"tEXt", b"a\0b", wrong=True), _OPEN
    yield "after its end.png", png + bytes(5000), _COLOURED
    yield "one frame.png", encoded(grey, "PNG", save_all=True), _COLOURED
    yield "many data.png", _in_pieces(png), _COLOURED
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    yield "16 bit, one clear.png", _with_chunk(encoded(deep, "PNG"), b"tRNS", struct.pack(">H", 65535)), _COLOURED
    yield "Apple's.png", png[:8] + struct.pack(">I", 4) + b"CgBI" + bytes(8) + png[8:], _OPEN


def _with_chunk(png: bytes, name: bytes, data: bytes, *, wrong: bool = False) -> bytes:
    total = zlib.crc32(name + data) ^ int(wrong)
    return png[:33] + struct.pack(">I", len(data)) + name + data + struct.pack(">I", total) + png[33:]


def _in_pieces(png: bytes, size: int = 7) -> bytes:
    start = png.index(b"IDAT") - 4
    length = int.from_bytes(png[start : start + 4], "big")
    data, out = png[start + 8 : start + 8 + length], png[:start]
    for place in range(0, min(len(data), 700), size):
        out = _chunk(out, data[place : place + size])
    return _chunk(_chunk(out, b""), data[700:]) + png[start + 12 + length :]


def _chunk(before: bytes, data: bytes) -> bytes:
    return before + struct.pack(">I", len(data)) + b"IDAT" + data + struct.pack(">I", zlib.crc32(b"IDAT" + data))


def _jpegs() -> Iterator[tuple[str, bytes, str]]:
    grey = grey_page()
    rgb, cmyk = grey.convert("RGB"), encoded(grey.convert("CMYK"), "JPEG")
    yield "rgb.jpg", encoded(rgb, "JPEG", keep_rgb=True), _COLOURED
    yield "restarts.jpg", encoded(rgb, "JPEG", restart_marker_rows=1), _COLOURED
    for sampling in ("4:4:4", "4:2:2", "4:2:0"):
        yield f"{sampling.replace(':', '')}.jpg", encoded(rgb, "JPEG", subsampling=sampling), _COLOURED
    adobe = cmyk.index(b"Adobe")
    yield "ycck.jpg", cmyk[: adobe + 11] + b"\2" + cmyk[adobe + 12 :], _OPEN
    whole = encoded(rgb, "JPEG", quality=90)
    yield "without its end.jpg", whole[:-2], _COLOURED
    yield "fill bytes.jpg", whole[:2] + b"\xff" * 40 + whole[2:], _OPEN
    yield "two in one.jpg", whole + whole, _COLOURED
    yield "comments.jpg", whole[:2] + (b"\xff\xfe\0\x42" + b"c" * 64) * 200 + whole[2:], _COLOURED
    exif = Image.Exif()
    exif[_ORIENTATION] = 3
    yield "turned, progressive.jpg", encoded(grey, "JPEG", progressive=True, exif=exif), _COLOURED


def _newer() -> Iterator[tuple[str, bytes, str]]:
    grey = grey_page()
    rgb, exif = grey.convert("RGB"), Image.Exif()
    exif[_ORIENTATION] = 6
    yield "turned.webp", encoded(rgb, "WEBP", exif=exif), _COLOURED
    yield "turned.avif", encoded(rgb, "AVIF", exif=exif), _COLOURED
    yield "box.jxl", encoded(rgb, "JXL", use_container=True), _COLOURED
    yield "grey.jxl", encoded(grey, "JXL", lossless=True), _COLOURED
    yield "444.avif", encoded(rgb, "AVIF", subsampling="4:4:4"), _COLOURED
    yield "tiles.jp2", encoded(rgb, "JPEG2000", tile_size=(128, 128)), _COLOURED
    yield "not interlaced.gif", encoded(grey, "GIF", interlace=0), _COLOURED
    others = [grey.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    for kind in ("WEBP", "GIF", "AVIF"):
        yield f"several.{kind.lower()}", encoded(rgb, kind, save_all=True, append_images=others), "failed"


def _strangers() -> Iterator[tuple[str, bytes, str]]:
    rgb = grey_page().convert("RGB")
    for kind in ("PPM", "PCX", "TGA", "ICO", "ICNS", "DDS", "SGI", "EPS", "PDF"):
        yield f"{kind.lower()}.png", encoded(rgb, kind), "failed"
    yield "psd.jpg", b"8BPS\0\1" + bytes(500), "failed"
    yield "zip.png", b"PK\3\4" + bytes(500), "failed"
    yield "riff.webp", b"RIFF\x24\0\0\0WAVEfmt " + bytes(50), "failed"
