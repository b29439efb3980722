"""Pictures that are as few programs write them: frames, depths, tables that lack, sizes that lie, chunks that swell."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
import pillow_jxl  # noqa: F401 - it registers itself with Pillow
from PIL import Image, ImageCms

from bench.faults.made.encodings import tiff
from bench.faults.made.made import Made, encoded, folders, grey_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_COLOURED: Final = "coloured|cached"
_OPEN: Final = "coloured|cached|skipped|failed"
_SIZE: Final = (240, 339)


def lies() -> Iterator[Made]:
    """Return a folder for each format; each file's page has its verdict."""
    kinds = {"PNG": _pngs, "JPEG": _jpegs, "GIF": _gifs, "TIFF": _tiffs, "BMP, ICO": _bmps, "newer": _newer}
    return folders("lies", kinds)


def _page() -> Image.Image:
    return grey_page().resize(_SIZE)


def _levels() -> NDArray[np.uint8]:
    return np.asarray(_page())


def png(width: int, height: int, depth: int, kind: int, rows: bytes, *more: tuple[bytes, bytes], way: int = 0) -> bytes:
    """Return a PNG of these very bytes a row; `more`: chunks before its data."""
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, way)
    chunks = [(b"IHDR", head), *more, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(chunk, *zip(*chunks, strict=True)))


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk with its sum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _rows(samples: NDArray[np.uint8]) -> bytes:
    return b"".join(b"\0" + row.tobytes() for row in samples.reshape(samples.shape[0], -1))


def _pngs() -> Iterator[tuple[str, bytes, str]]:
    levels, (width, height) = _levels(), _SIZE
    whole = encoded(_page(), "PNG")
    deep = np.stack([levels.astype(">u2") * 257, np.full_like(levels, 65535, ">u2")], -1).view(np.uint8)
    yield "16 bit, grey and alpha.png", png(width, height, 16, 4, _rows(deep)), _COLOURED
    two = (levels >> 6).reshape(height, -1, 4)
    packed = (two[..., 0] << 6 | two[..., 1] << 4 | two[..., 2] << 2 | two[..., 3]).astype(np.uint8)
    yield "2 bit.png", png(width, height, 2, 0, _rows(packed)), _COLOURED
    yield "beyond its palette.png", png(width, height, 8, 3, _rows(levels), (b"PLTE", bytes(6) + b"\xff" * 300)), _OPEN
    yield "without its palette.png", png(width, height, 8, 3, _rows(levels)), _OPEN
    yield "colour type 5.png", png(width, height, 8, 5, _rows(levels)), "failed"
    yield "no width.png", png(0, height, 8, 0, _rows(levels)), "failed"
    yield "interlaced by word.png", png(width, height, 8, 0, _rows(levels), way=1), _OPEN
    yield "fewer rows.png", png(width, height * 2, 8, 0, _rows(levels)), _OPEN
    yield "more rows.png", png(width, height - 9, 8, 0, _rows(levels)), _COLOURED
    data = bytearray(whole)
    data[29] ^= 255
    yield "wrong sum of its head.png", bytes(data), _OPEN
    data = bytearray(whole)
    data[-16] ^= 255
    yield "wrong sum of its data.png", bytes(data), _OPEN
    yield "without its end.png", whole[:-12], _COLOURED
    bomb = zlib.compress(bytes(200 << 20), 9)
    words = (b"iTXt", b"k\0\1\0\0\0" + bomb), (b"zTXt", b"k\0\0" + bomb), (b"iCCP", b"k\0\0" + bomb)
    for name, body in words:
        yield f"a bomb in {name.decode()}.png", png(width, height, 8, 0, _rows(levels), (name, body)), _OPEN
    yield (
        "eXIf of chance.png",
        png(width, height, 8, 0, _rows(levels), (b"eXIf", b"MM\0*\0\0\0\x08\xff\xff\1")),
        _COLOURED,
    )
    yield "sRGB of five.png", png(width, height, 8, 0, _rows(levels), (b"sRGB", b"12345")), _COLOURED
    yield "no gamma.png", png(width, height, 8, 0, _rows(levels), (b"gAMA", bytes(4))), _COLOURED
    yield "an unknown critical chunk.png", png(width, height, 8, 0, _rows(levels), (b"ABCD", b"x")), _OPEN
    control = b"acTL", struct.pack(">II", 1, 0)
    frame = b"fcTL", struct.pack(">IIIIIHHBB", 0, width, height, 0, 0, 1, 10, 0, 0)
    yield "moving, one frame.png", png(width, height, 8, 0, _rows(levels), control, frame), _COLOURED
    many = b"acTL", struct.pack(">II", 2**31 - 1, 0)
    yield "moving, 2 billion frames.png", png(width, height, 8, 0, _rows(levels), many, frame), _OPEN
    hidden = png(width, height, 8, 0, _rows(levels), control)
    yield "moving, hidden.png", hidden[:-12] + chunk(*frame) + hidden[-12:], _OPEN


def _jpegs() -> Iterator[tuple[str, bytes, str]]:
    page = _page()
    whole, rgb = encoded(page, "JPEG", quality=88), encoded(page.convert("RGB"), "JPEG", quality=88)
    size = whole.index(b"\xff\xc0") + 5

    def sized(height: int, width: int) -> bytes:
        return whole[:size] + struct.pack(">HH", height, width) + whole[size + 4 :]

    yield "half as high by word.jpg", sized(_SIZE[1] // 2, _SIZE[0]), _OPEN
    yield "twice as high by word.jpg", sized(_SIZE[1] * 2, _SIZE[0]), _OPEN
    yield "no height.jpg", sized(0, _SIZE[0]), "failed"
    yield "one wide by word.jpg", sized(_SIZE[1], 1), _OPEN
    yield "12 bit by word.jpg", whole[: size - 1] + b"\x0c" + whole[size:], "failed"
    for marker, name in ((0xC1, "extended"), (0xC3, "lossless"), (0xC9, "arithmetic"), (0xC5, "differential")):
        yield f"{name} by word.jpg", whole.replace(b"\xff\xc0", bytes((0xFF, marker)), 1), _OPEN
    tables = whole.index(b"\xff\xc4")
    length = int.from_bytes(whole[tables + 2 : tables + 4], "big")
    yield "without a table.jpg", whole[:tables] + whole[tables + 2 + length :], _OPEN
    quantum = whole.index(b"\xff\xdb")
    yield "quantum of nothing.jpg", whole[: quantum + 5] + bytes(64) + whole[quantum + 69 :], _OPEN
    exif = Image.Exif()
    exif[0x100], exif[0x101], exif[0x112] = 99_999, 1, 6
    exif.get_ifd(0x8769)[0xA002] = 5
    yield "EXIF of another size.jpg", encoded(page, "JPEG", exif=exif), _COLOURED
    loop = b"Exif\0\0MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x08\0\0\0\x08"
    yield "EXIF that goes round.jpg", encoded(page, "JPEG", exif=loop), _COLOURED
    yield (
        "EXIF of 60,000 entries.jpg",
        encoded(page, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xea\x60" + bytes(50_000)),
        _COLOURED,
    )
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    split = encoded(page, "JPEG", icc_profile=srgb * 200)
    part = split.index(b"ICC_PROFILE\0\2") - 4
    yield (
        "profile without a part.jpg",
        split[:part] + split[part + 2 + int.from_bytes(split[part + 2 : part + 4], "big") :],
        _COLOURED,
    )
    cmyk = encoded(page.convert("CMYK"), "JPEG", icc_profile=srgb)
    yield "CMYK with a profile of RGB.jpg", cmyk, _COLOURED
    grey = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    yield "CMYK with a profile of Lab.jpg", encoded(page.convert("CMYK"), "JPEG", icc_profile=grey), _COLOURED
    adobe = cmyk.index(b"Adobe")
    yield "CMYK without Adobe.jpg", cmyk[:adobe] + b"adobe" + cmyk[adobe + 5 :], _OPEN
    factors = rgb.index(b"\xff\xc0") + 11
    for sampling in (0x11, 0x41, 0x14, 0x31, 0x00, 0xFF):
        yield f"sampled {sampling:02x}.jpg", rgb[:factors] + bytes((sampling,)) + rgb[factors + 1 :], _OPEN
    progressive = encoded(page, "JPEG", progressive=True, quality=88)
    second = progressive.index(b"\xff\xda", progressive.index(b"\xff\xda") + 2)
    yield "first scan alone.jpg", progressive[:second] + b"\xff\xd9", _OPEN
    start = whole.index(b"\xff\xda")
    yield "restarts by word.jpg", whole[:start] + b"\xff\xdd\0\4\0\1" + whole[start:], _OPEN
    yield "ended at once.jpg", whole[: start + 14] + b"\xff\xd9", _OPEN
    yield (
        "only its thumbnail.jpg",
        b"\xff\xd8\xff\xe1" + struct.pack(">H", len(whole) + 8) + b"Exif\0\0" + whole,
        "failed",
    )


def _gifs() -> Iterator[tuple[str, bytes, str]]:
    whole = encoded(_page(), "GIF")
    place = whole.index(b",", 13 + 3 * 256)

    def framed(left: int, top: int, width: int, height: int) -> bytes:
        return whole[: place + 1] + struct.pack("<4H", left, top, width, height) + whole[place + 9 :]

    yield "frame off its canvas.gif", framed(60_000, 60_000, *_SIZE), _OPEN
    yield "frame partly off.gif", framed(100, 100, *_SIZE), _OPEN
    yield "frame larger.gif", framed(0, 0, _SIZE[0], _SIZE[1] * 3), _OPEN
    yield "frame of nothing.gif", framed(0, 0, 0, 0), _OPEN
    yield "canvas of nothing.gif", whole[:6] + bytes(4) + whole[10:], _OPEN
    yield "canvas of 65535.gif", whole[:6] + b"\xff" * 4 + whole[10:], "failed"
    yield "code of 13 bits.gif", whole[: place + 10] + b"\x0d" + whole[place + 11 :], _OPEN
    yield "without its end.gif", whole[:-2], _COLOURED
    yield "no table of colours.gif", whole[:10] + b"\0" + whole[11:13] + whole[13 + 3 * 256 :], _OPEN
    for disposal in (1, 2, 3, 7):
        control = b"!\xf9\4" + bytes((disposal << 2 | 1, 0, 0, 255, 0))
        yield f"disposal {disposal}.gif", whole[:place] + control + whole[place:], _OPEN
    yield "89b.gif", b"GIF89b" + whole[6:], _OPEN


def _tiffs() -> Iterator[tuple[str, bytes, str]]:
    levels, page = _levels(), _page()
    whole = tiff(levels, "<", rows=_SIZE[1])
    yield "multi-page.tif", encoded(page, "TIFF", save_all=True, append_images=[page.rotate(90)]), "failed"
    yield "float of chance.tif", _of_samples(np.full(levels.shape, np.nan, np.float32), 3), _OPEN
    yield "float.tif", _of_samples((levels / 255).astype(np.float32), 3), _COLOURED
    yield "float of 64.tif", _of_samples((levels / 255).astype(np.float64), 3), _OPEN
    yield "half float.tif", _of_samples((levels / 255).astype(np.float16), 3), _OPEN
    yield "signed 16.tif", _of_samples(levels.astype(np.int16), 2), _OPEN
    yield "signed 8.tif", _of_samples((levels >> 1).astype(np.int8), 2), _OPEN
    yield "32 bit.tif", _of_samples(levels.astype(np.uint32) << 24, 1), _OPEN
    yield "pages that go round.tif", _next_of(whole, 8), _OPEN
    yield "next page beyond.tif", _next_of(whole, 0x7FFFFFF0), _OPEN
    count = struct.unpack("<H", whole[8:10])[0]
    entries = {struct.unpack("<H", whole[at : at + 2])[0]: at for at in range(10, 10 + 12 * count, 12)}

    def tag(number: int, value: int, amount: int = 1) -> bytes:
        at = entries[number]
        return whole[: at + 4] + struct.pack("<II", amount, value) + whole[at + 12 :]

    yield "places by the billion.tif", tag(273, 8, 2**30), _OPEN
    yield "strip beyond.tif", tag(273, 0x7FFFFFF0), _OPEN
    yield "strip of nothing.tif", tag(279, 0), _OPEN
    yield "packed as 65000.tif", tag(259, 65_000), "failed"
    yield "packed as LZW by word.tif", tag(259, 5), _OPEN
    yield "width of 2^31.tif", tag(256, 2**31 - 1), "failed"
    yield "three samples by word.tif", tag(277, 3), _OPEN
    yield "photometric 9.tif", tag(262, 9), _OPEN
    for kind in ("jpeg", "webp", "zstd", "lzma"):
        try:
            yield f"{kind} inside.tif", encoded(page, "TIFF", compression=kind), _OPEN
        except (OSError, ValueError, KeyError):
            continue


def _of_samples(samples: np.ndarray, kind: int) -> bytes:
    """Return a TIFF of one strip of these samples; kind: 1 whole numbers, 2 with sign, 3 floating."""
    height, width = samples.shape
    data = samples.tobytes()
    tags = {
        256: width,
        257: height,
        258: 8 * samples.itemsize,
        259: 1,
        262: 1,
        277: 1,
        278: height,
        279: len(data),
        339: kind,
    }
    start = 8 + 2 + 12 * (len(tags) + 1) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted({**tags, 273: start}.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(tags) + 1) + entries + bytes(4) + data


def _next_of(whole: bytes, place: int) -> bytes:
    at = 10 + 12 * struct.unpack("<H", whole[8:10])[0]
    return whole[:at] + struct.pack("<I", place) + whole[at + 4 :]


def _bmps() -> Iterator[tuple[str, bytes, str]]:
    page = _page()
    whole = encoded(page.convert("RGB"), "BMP")
    for name, width, height in (
        ("no width", 0, 9), ("negative width", -240, 339), ("huge", 2**31 - 1, 2**31 - 1), ("too high", 240, 90_000),
    ):  # fmt: skip
        yield f"{name}.bmp", whole[:18] + struct.pack("<ii", width, height) + whole[26:], "failed"
    for packing in (1, 2, 3, 4, 5, 11):
        yield f"packed as {packing} by word.bmp", whole[:30] + struct.pack("<I", packing) + whole[34:], _OPEN
    yield "data beyond.bmp", whole[:10] + struct.pack("<I", 2**31) + whole[14:], _OPEN
    yield "1 bit by word.bmp", whole[:28] + b"\1\0" + whole[30:], _OPEN
    runs = b"\0\2\xff\xff" * 2000 + b"\0\1"
    head = struct.pack("<IiiHHIIiiII", 40, 240, 339, 1, 8, 1, len(runs), 1, 1, 0, 0)
    yield (
        "runs off the page.bmp",
        b"BM" + struct.pack("<IHHI", 1078 + len(runs), 0, 0, 1078) + head + bytes(1024) + runs,
        _OPEN,
    )
    yield "icon.png", encoded(page.resize((64, 64)).convert("RGBA"), "ICO"), "failed"
    yield "pointer.bmp", b"\0\0\2\0\1\0\x20\x20\0\0\0\0\0\0\x30\1\0\0\x16\0\0\0" + bytes(304), "failed"


def _newer() -> Iterator[tuple[str, bytes, str]]:
    page = _page().convert("RGB")
    jxl, avif, webp, jp2 = (encoded(page, kind) for kind in ("JXL", "AVIF", "WEBP", "JPEG2000"))
    for share in (10, 60, 92, 99):
        yield f"{share} %.jxl", jxl[: len(jxl) * share // 100], _OPEN
        yield f"{share} %.avif", avif[: len(avif) * share // 100], _OPEN
    yield "box of nothing.jxl", b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl \0\0\0\0", "failed"
    yield "head alone.jxl", jxl[:12], "failed"
    moving = [page, page.rotate(180)]
    buffer = io.BytesIO()
    moving[0].save(buffer, "WEBP", save_all=True, append_images=moving[1:], duration=[5, 0], minimize_size=True)
    data = buffer.getvalue()
    yield "moving.webp", data, "failed"
    anmf = data.index(b"ANMF")
    yield "moving, one frame.webp", data[: data.index(b"ANMF", anmf + 4)], _OPEN
    yield "moving, off its canvas.webp", data[: anmf + 8] + b"\xff" * 6 + data[anmf + 14 :], _OPEN
    yield (
        "moving by word.webp",
        webp[:12] + b"VP8X" + struct.pack("<I", 10) + b"\2\0\0\0\xef\0\0\x52\1\0" + webp[12:],
        _OPEN,
    )
    yield (
        "canvas of 2^24.webp",
        webp[:12] + b"VP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff" * 6 + webp[12:],
        "failed",
    )
    yield "length of 4 GiB.webp", webp[:4] + b"\xff" * 4 + webp[8:], _OPEN
    yield "alpha alone.webp", encoded(page.convert("RGBA"), "WEBP").replace(b"VP8 ", b"VP8x"), _OPEN
    size = jp2.index(b"\xff\x4f\xff\x51") + 8
    yield "huge by word.jp2", jp2[:size] + b"\x7f\xff\xff\xff" * 2 + jp2[size + 8 :], "failed"
    yield "tiles of nothing.jp2", jp2[: size + 16] + bytes(8) + jp2[size + 24 :], "failed"
    yield "a thousand channels.jp2", jp2[: size + 32] + b"\3\xe8" + jp2[size + 34 :], "failed"
    grid = avif.replace(b"av01", b"grid", 1)
    yield "a grid by word.avif", grid, _OPEN
    yield "a sequence by word.avif", avif.replace(b"ftypavif", b"ftypavis", 1), _OPEN
    yield "heic by word.avif", avif.replace(b"ftypavif", b"ftypheic", 1), _OPEN
    ispe = avif.index(b"ispe") + 8
    yield "another size by word.avif", avif[:ispe] + struct.pack(">II", 30_000, 30_000) + avif[ispe + 8 :], _OPEN
