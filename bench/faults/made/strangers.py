"""Pictures that nobody's own program writes: of other kinds, with parts that lie, and rare ones that are sound."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401 - it registers itself with Pillow
from PIL import Image

from bench.faults.made.lies import chunk, png
from bench.faults.made.made import Made, encoded, folders, grey_page, small_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_COLOURED: Final = "coloured|cached"
_EITHER: Final = "coloured|cached|failed"
_OPEN: Final = "coloured|cached|skipped|failed"
_SIZE: Final = (300, 424)
_ORIENTATION: Final = 0x112
_TURNED: Final = b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\x06\0\0\0\0\0\0"


def strangers() -> Iterator[Made]:
    """Yield a folder for each kind; each file's page has its verdict. The last has what is no plain file beside one."""
    kinds = {
        "PNG": _pngs, "JPEG": _jpegs, "GIF, WebP": _webps, "TIFF": _tiffs, "BMP": _bmps, "newer": _newer,
        "no pictures": _others,
    }  # fmt: skip
    yield from folders("strangers", kinds)
    links = {"loop.png": "loop.png", "gone.png": "nowhere.png", "zero.png": "/dev/zero", "up": "..",
             "mem.png": "/proc/self/mem", "long.png": "x/" * 900, "self": ".", "twin.png": "1.png"}  # fmt: skip
    yield Made(
        "strangers links and pipes", {"1.png": small_page(1)}, None, frozenset({0}), links=links, pipes=("p.png",)
    )


def _page() -> Image.Image:
    return grey_page().resize(_SIZE)


def _levels() -> NDArray[np.uint8]:
    return np.asarray(_page())


def _rows(samples: NDArray[np.uint8]) -> bytes:
    return b"".join(b"\0" + row.tobytes() for row in samples.reshape(samples.shape[0], -1))


def _pngs() -> Iterator[tuple[str, bytes, str]]:
    levels, (width, height) = _levels(), _SIZE
    whole, rows = encoded(_page(), "PNG"), _rows(_levels())
    grey = {"cICP": bytes((9, 16, 0, 1)), "gAMA": b"\x7f\xff\xff\xff", "pHYs": struct.pack(">IIB", 1, 1000, 1),
            "sBIT": b"\xff", "bKGD": b"\0\xff", "tIME": b"\xff" * 7, "cHRM": bytes(32), "hIST": bytes(512),
            "mDCV": bytes(24), "sPLT": b"p\0\x08" + bytes(6 * 4000)}  # fmt: skip
    for name, data in grey.items():
        yield f"{name}.png", png(width, height, 8, 0, rows, (name.encode(), data)), _COLOURED
    yield "60 times no data.png", whole[:33] + chunk(b"IDAT", b"") * 60 + whole[33:], _COLOURED
    yield "filter 9.png", png(width, height, 8, 0, b"".join(b"\x09" + row.tobytes() for row in levels)), "failed"
    clear = (b"PLTE", bytes(range(48))), (b"tRNS", bytes(256))
    yield "more clear than colours.png", png(width, height, 8, 3, _rows(levels >> 4), *clear), _OPEN
    key = (b"tRNS", struct.pack(">3H", 7, 7, 8))
    yield "a clear colour, 16 bit.png", png(width, height, 16, 2, _rows(_deep(levels)), key), _COLOURED
    yield "two heads.png", whole[:33] + whole[8:33] + whole[33:], _EITHER
    yield "line ends changed.png", whole.replace(b"\r\n", b"\n"), "failed"
    yield "a dictionary that lacks.png", _packed_with_dictionary(whole, rows), "failed"
    yield "turned by eXIf.png", png(width, height, 8, 0, rows, (b"eXIf", _TURNED[6:])), _COLOURED
    yield "a megabyte after its end.png", whole + bytes(1 << 20), _COLOURED
    yield "a picture after its end.png", whole + encoded(_page(), "JPEG"), _COLOURED
    yield "its last row missing.png", png(width, height, 8, 0, rows[: -width - 1]), _EITHER


def _deep(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.dstack([levels.astype(">u2") * 257] * 3).view(np.uint8)


def _packed_with_dictionary(whole: bytes, rows: bytes) -> bytes:
    pack = zlib.compressobj(zdict=b"\xff" * 300)
    data = pack.compress(rows) + pack.flush()
    return whole[:33] + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _jpegs() -> Iterator[tuple[str, bytes, str]]:
    page = _page()
    whole = encoded(page, "JPEG", quality=80)
    rgb = encoded(page.convert("RGB"), "JPEG", quality=80)
    head = whole[:2]
    yield "another picture after it.jpg", whole + small_page(2), _COLOURED
    yield "a film after it.jpg", whole + b"\0\0\0\x18ftypmp42" + bytes(100_000), _COLOURED
    yield "turned by 9.jpg", encoded(page, "JPEG", exif=_TURNED[:-7] + b"\x09" + _TURNED[-6:]), _COLOURED
    yield "9000 comments.jpg", head + b"\xff\xfe\0\2" * 9000 + whole[2:], "failed"
    for count in (300, 5000, 200_000):
        yield f"{count} filling.jpg", head + b"\xff" * count + whole[2:], _COLOURED
    scan = whole.index(b"\xff\xda")
    yield "filling before its scan.jpg", whole[:scan] + b"\xff" * 9000 + whole[scan:], _COLOURED
    yield "filling before its end.jpg", whole[:-2] + b"\xff" * 9000 + whole[-2:], _COLOURED
    yield "begun twice.jpg", head + whole, _EITHER
    yield "a mark before it.jpg", b"\xef\xbb\xbf" + whole, "failed"
    restarts = encoded(page, "JPEG", restart_marker_blocks=8)
    yield "a restart missing.jpg", restarts.replace(b"\xff\xd3", b"", 1), _COLOURED
    yield "restarts out of order.jpg", restarts.replace(b"\xff\xd3", b"\xff\xd5", 1), _EITHER
    yield "a density of nothing.jpg", whole[:13] + b"\1" + bytes(4) + whole[18:], _COLOURED
    adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\2"
    yield "YCCK of three.jpg", rgb[:2] + adobe + rgb[2:], _EITHER
    yield "an MPO.jpg", encoded(page, "MPO", save_all=True, append_images=[page.rotate(5)]), _COLOURED
    resources = b"Photoshop 3.0\0" + b"8BIM" * 14_000
    yield "resources.jpg", head + b"\xff\xed" + struct.pack(">H", len(resources) + 2) + resources + whole[2:], _COLOURED
    yield "resources beyond.jpg", head + b"\xff\xed\xff\xff" + resources[:50] + whole[2:], "failed"
    xmp = b"http://ns.adobe.com/xap/1.0/\0<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x tiff:Orientation='6'>&a;"
    yield "words of XMP.jpg", head + b"\xff\xe1" + struct.pack(">H", len(xmp) + 2) + xmp + whole[2:], _COLOURED


def _webps() -> Iterator[tuple[str, bytes, str]]:
    page = _page()
    rgba, lossless = encoded(page.convert("RGBA"), "WEBP"), encoded(page, "WEBP", lossless=True)
    yield "a canvas that lies.webp", rgba[:24] + b"\xff" * 6 + rgba[30:], "failed"
    yield "a length that lies.webp", lossless[:4] + struct.pack("<I", 2**31) + lossless[8:], _EITHER
    twice = encoded(page.convert("RGB"), "WEBP", save_all=True, append_images=[page.convert("RGB")])
    yield "one frame of two alike.webp", twice, _COLOURED
    exif = Image.Exif()
    exif[_ORIENTATION] = 8
    yield "turned, lossless.webp", encoded(page, "WEBP", lossless=True, exif=exif), _COLOURED
    extended = encoded(page.convert("RGB"), "WEBP", exif=exif)
    yield "a profile by word.webp", extended[:20] + bytes((extended[20] | 0x20,)) + extended[21:], _EITHER
    yield "an odd part at its end.webp", lossless + b"JUNK\1\0\0\0j\0", _COLOURED
    gif = encoded(page, "GIF")
    loop = b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0"
    place = gif.index(b",", 13 + 3 * 256)
    yield "goes round, one frame.gif", gif[:place] + loop + gif[place:], _COLOURED
    yield "half, in fields.gif", encoded(page, "GIF", interlace=1)[:9000], "failed"
    yield "after its end.gif", gif + bytes(5000), _COLOURED
    yield "87a.gif", b"GIF87a" + gif[6:], _COLOURED


def _tiffs() -> Iterator[tuple[str, bytes, str]]:
    page, levels = _page(), _levels()
    exif = Image.Exif()
    exif[_ORIENTATION] = 5
    yield "YCbCr.tif", encoded(page.convert("YCbCr"), "TIFF"), _COLOURED
    yield "16 bit, big end first.tif", encoded(Image.fromarray(levels.astype(">u2") * 257), "TIFF"), _COLOURED
    yield "BigTIFF.tif", encoded(page, "TIFF", big_tiff=True), _COLOURED
    yield "turned by 5.tif", encoded(page, "TIFF", exif=exif), _COLOURED
    yield "CMYK.tif", encoded(page.convert("CMYK"), "TIFF", compression="tiff_lzw"), _COLOURED
    yield "palette.tif", encoded(page.quantize(16), "TIFF", compression="packbits"), _COLOURED
    yield "predicted.tif", encoded(page, "TIFF", compression="tiff_adobe_deflate", tiffinfo={317: 2}), _COLOURED
    yield "G3.tif", encoded(page.convert("1"), "TIFF", compression="group3"), _COLOURED
    yield "grey with alpha.tif", encoded(page.convert("LA"), "TIFF"), _COLOURED
    yield "a version of 44.tif", b"II\x2c\0" + encoded(page, "TIFF")[4:], "failed"


def _bmps() -> Iterator[tuple[str, bytes, str]]:
    width, height = _SIZE
    levels = _levels()
    upright = np.flipud(levels)
    five = (upright >> 3).astype("<u2")
    words = (five << 11 | (upright >> 2).astype("<u2") << 5 | five).tobytes()
    yield "565.bmp", _bmp(16, 3, words, struct.pack("<3I", 0xF800, 0x7E0, 0x1F)), _COLOURED
    yield "555.bmp", _bmp(16, 0, (five << 10 | five << 5 | five).astype("<u2").tobytes()), _COLOURED
    four = np.dstack([upright] * 3 + [np.zeros_like(upright)])
    yield "32 bit.bmp", _bmp(32, 0, four.tobytes()), _COLOURED
    down = np.dstack([levels] * 3).tobytes()
    yield "from its head down.bmp", _bmp(24, 0, down, height=-height), _COLOURED
    core = b"BM" + struct.pack("<IHHI", 26 + len(down), 0, 0, 26) + struct.pack("<IHHHH", 12, width, height, 1, 24)
    yield "OS 2.bmp", core + np.dstack([upright] * 3).tobytes(), _COLOURED
    yield "runs beyond.bmp", _bmp(8, 1, b"\xff\x01" * 50_000 + b"\0\1", bytes(1024)), _OPEN
    yield "JPEG inside.bmp", _bmp(0, 4, encoded(_page(), "JPEG")), "failed"


def _bmp(depth: int, packing: int, data: bytes, more: bytes = b"", *, height: int = _SIZE[1]) -> bytes:
    start = 54 + len(more)
    head = struct.pack("<IiiHHIIiiII", 40, _SIZE[0], height, 1, depth, packing, len(data), 0, 0, len(more) // 4, 0)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + head + more + data


def _newer() -> Iterator[tuple[str, bytes, str]]:
    page = _page()
    rgb = page.convert("RGB")
    jp2 = encoded(page, "JPEG2000")
    size = jp2.index(b"\xff\x51") + 6
    yield "2^32 tiles.jp2", jp2[: size + 16] + struct.pack(">II", 1, 1) + jp2[size + 24 :], "failed"
    yield "without its boxes.j2k", jp2[jp2.index(b"\xff\x4f\xff\x51") :], _COLOURED
    yield "16 bit.jp2", encoded(Image.fromarray(_levels().astype(np.uint16) * 257), "JPEG2000"), _COLOURED
    yield "irreversible.jp2", encoded(rgb, "JPEG2000", irreversible=True, quality_layers=[20]), _COLOURED
    yield "no pixels.jxl", b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\0jxlc" + bytes(50), "failed"
    yield "effort of 1.jxl", encoded(rgb, "JXL", effort=1, quality=50), _COLOURED
    yield "with alpha.jxl", encoded(page.convert("RGBA"), "JXL"), _COLOURED
    yield "words of AVIF.heic", b"\0\0\0\x1cftypavif\0\0\0\0mif1miaf" + bytes(400), "failed"
    pillow_heif.register_heif_opener()
    yield "a page.heic", encoded(rgb, "HEIF", quality=60), _COLOURED
    yield "a page of another name.png", encoded(rgb, "HEIF", quality=60), _COLOURED
    yield "palest.avif", encoded(rgb, "AVIF", quality=20, subsampling="4:0:0"), _COLOURED


def _others() -> Iterator[tuple[str, bytes, str]]:
    levels = _levels()
    yield "a PGM.png", b"P5\n300 424\n255\n" + levels.tobytes(), "failed"
    yield "a PGM of 16 bit.png", b"P5\n300 424\n65535\n" + (levels.astype(">u2") * 257).tobytes(), "failed"
    yield "an EPS.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9999999 9999999\n", "failed"
    yield "a PSD.png", b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 1, 424, 300, 8, 1) + bytes(14), "failed"
    yield "an XBM.png", b"#define x_width 99999\n#define x_height 99999\nstatic char x_bits[]={0x00};", "failed"
    yield "a FITS.png", b"SIMPLE  =                    T".ljust(2880), "failed"
    yield "a pointer to it.png", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n", "failed"
    yield "an answer.jpg", b'{"error": "hotlinking is not allowed"}', "failed"
    yield "in base64.png", b"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA", "failed"
    yield "a film.jpg", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(4000), "failed"
    yield "a PDF.png", b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>", "failed"
    yield "a fork of it.png", b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(82), "failed"
    yield "one letter.png", b"P", "failed"
    yield "a QOI.png", b"qoif" + struct.pack(">II", 300, 424) + b"\3\0" + bytes(50) + b"\0" * 7 + b"\1", "failed"
