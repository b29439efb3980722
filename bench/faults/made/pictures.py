"""Pictures of every mode, with broken profiles, turned, and with their ends missing."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import pillow_jxl  # noqa: F401 - it registers itself with Pillow
from PIL import Image, ImageCms

from bench.faults.made.made import Made, encoded, grey_page

if TYPE_CHECKING:
    from collections.abc import Iterator

_COLOURED: Final = "coloured|cached"
_OPEN: Final = "coloured|cached|skipped|failed"
_SHARES: Final = (5, 50, 96, 99)
_ENOUGH: Final = 90
_CUT_USED: Final = ("png", "jpg")
_ORIENTATION: Final = 0x112


def pictures() -> Iterator[Made]:
    """Yield folders of pictures; each file's page has its verdict."""
    for name, make in {"cut off": _cut, "modes": _modes, "profiles": _profiles, "turned": _turned, "odd": _odd}.items():
        files: dict[str, bytes] = {}
        verdicts: dict[str, str] = {}
        for file, data, verdict in make():
            files[file], verdicts[file] = data, verdict
        yield Made(f"pictures {name}", files, len(files), frozenset({0, 1}), verdicts)


def _cut() -> Iterator[tuple[str, bytes, str]]:
    grey = grey_page()
    wholes = {
        "png": encoded(grey, "PNG"),
        "jpg": encoded(grey, "JPEG", quality=85),
        "progressive.jpg": encoded(grey, "JPEG", quality=85, progressive=True),
        "webp": encoded(grey, "WEBP"),
        "lossless.webp": encoded(grey, "WEBP", lossless=True),
        "gif": encoded(grey, "GIF"),
        "avif": encoded(grey, "AVIF"),
        "bmp": encoded(grey, "BMP"),
        "lzw.tif": encoded(grey, "TIFF", compression="tiff_lzw"),
        "g4.tif": encoded(grey.convert("1"), "TIFF", compression="group4"),
        "jp2": encoded(grey, "JPEG2000"),
        "jxl": encoded(grey.convert("RGB"), "JXL"),
    }
    for name, whole in wholes.items():
        for share in _SHARES:
            used = share > _ENOUGH and name in _CUT_USED
            yield f"{share}-{name}", whole[: len(whole) * share // 100], _COLOURED if used else _OPEN


def _modes() -> Iterator[tuple[str, bytes, str]]:
    for name, data in {**_deep(), **_clear(), **_flat()}.items():
        yield name, data, _COLOURED
    others = [grey_page().transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    for kind, suffix in {"PNG": "png", "GIF": "gif", "WEBP": "webp", "TIFF": "tif"}.items():
        yield f"several.{suffix}", encoded(grey_page(), kind, save_all=True, append_images=others), "failed"


def _deep() -> dict[str, bytes]:
    """Return pictures of more than 8 bits a channel."""
    grey = grey_page()
    levels = np.asarray(grey).astype(np.uint16) * np.uint16(257)
    return {
        "16.png": encoded(Image.fromarray(levels), "PNG"),
        "48.png": _opencv(".png", np.dstack([levels] * 3)),
        "48.tif": _opencv(".tiff", np.dstack([levels] * 3)),
        "64.png": _opencv(".png", np.dstack([*[levels] * 3, np.full_like(levels, 65535)])),
        "float.tif": encoded(Image.fromarray(np.asarray(grey, np.float32) / 255), "TIFF"),
        "int.tif": encoded(Image.fromarray(levels.astype(np.int32)), "TIFF"),
    }


def _clear() -> dict[str, bytes]:
    """Return pictures that are transparent in places."""
    grey = grey_page()
    rgb, palette, faded = grey.convert("RGB"), grey.quantize(16), grey.convert("LA")
    faded.putalpha(Image.linear_gradient("L").resize(grey.size))
    return {
        "la.png": encoded(faded, "PNG"),
        "la.webp": encoded(faded.convert("RGBA"), "WEBP"),
        "rgba.avif": encoded(faded.convert("RGBA"), "AVIF"),
        "rgba.jp2": encoded(rgb.convert("RGBA"), "JPEG2000"),
        "rgba.bmp": encoded(rgb.convert("RGBA"), "BMP"),
        "palette.png": encoded(palette, "PNG", transparency=3),
        "palette of alphas.png": encoded(palette, "PNG", transparency=bytes(range(0, 256, 16))),
        "palette.gif": encoded(palette, "GIF", transparency=0),
        "one colour.png": encoded(rgb, "PNG", transparency=(255, 255, 255)),
        "one grey.png": encoded(grey, "PNG", transparency=255),
    }


def _flat() -> dict[str, bytes]:
    grey = grey_page()
    rgb, cmyk, palette = grey.convert("RGB"), grey.convert("CMYK"), grey.quantize(16)
    spaces = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    lab = ImageCms.applyTransform(rgb, ImageCms.buildTransform(*spaces, "RGB", "LAB"))
    assert lab is not None
    return {
        "cmyk.jpg": encoded(cmyk, "JPEG"),
        "cmyk.tif": encoded(cmyk, "TIFF"),
        "p.png": encoded(palette, "PNG"),
        "1.png": encoded(grey.convert("1"), "PNG"),
        "4.gif": encoded(grey.quantize(4), "GIF"),
        "1.bmp": encoded(grey.convert("1"), "BMP"),
        "8.bmp": encoded(palette, "BMP"),
        "bare.j2k": encoded(grey, "JPEG2000", no_jp2=True),
        "rgb.jxl": encoded(rgb, "JXL"),
        "lab.tif": encoded(lab, "TIFF"),
        "two.jpg": encoded(rgb, "MPO", save_all=True, append_images=[rgb]),
    }


def _profiles() -> Iterator[tuple[str, bytes, str]]:
    rgb = grey_page().convert("RGB")
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profiles = {
        "lab": ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
        "xyz": ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes(),
        "cut": srgb[:200],
        "zero": bytes(500),
        "long": srgb + bytes(200_000),
        "chance": np.random.default_rng(7).bytes(600),
    }
    for name, profile in profiles.items():
        yield f"{name}.png", encoded(rgb, "PNG", icc_profile=profile), _COLOURED
        yield f"{name}.jpg", encoded(rgb, "JPEG", icc_profile=profile), _COLOURED
    yield "rgb on grey.png", encoded(grey_page(), "PNG", icc_profile=srgb), _COLOURED
    yield "rgb on cmyk.jpg", encoded(rgb.convert("CMYK"), "JPEG", icc_profile=srgb), _COLOURED


def _turned() -> Iterator[tuple[str, bytes, str]]:
    for value in (*range(1, 9), 99):
        exif = Image.Exif()
        exif[_ORIENTATION] = value
        yield f"{value}.jpg", encoded(grey_page(), "JPEG", exif=exif), _COLOURED
    whole = encoded(grey_page(), "JPEG")
    broken = b"\xff\xe1\0\x10Exif\0\0II*\0\xff\xff\xff\xff"
    yield "broken.jpg", whole[:2] + broken + whole[2:], _COLOURED


def _odd() -> Iterator[tuple[str, bytes, str]]:
    grey, dice = grey_page(), np.random.default_rng(1)
    for width, height in ((1, 2000), (2000, 1), (1, 1), (3, 3), (40_000, 60)):
        yield f"{width}x{height}.png", encoded(Image.new("L", (width, height), 128), "PNG"), _OPEN
    yield "2x30000.png", encoded(Image.fromarray(dice.integers(0, 256, (30_000, 2), np.uint8)), "PNG"), _OPEN
    yield "60x40000.png", encoded(grey.resize((60, 40_000)), "PNG"), _OPEN
    yield "black.png", encoded(Image.new("L", (300, 400), 0), "PNG"), "skipped"
    yield "clear.png", encoded(Image.new("RGBA", (300, 400), (0, 0, 0, 0)), "PNG"), "skipped"
    png, jpeg = encoded(grey, "PNG"), encoded(grey, "JPEG")
    words = b"x\0" + b"y" * 50_000
    text = struct.pack(">I", len(words)) + b"tEXt" + words + struct.pack(">I", zlib.crc32(b"tEXt" + words))
    yield "words.png", png[:33] + text + png[33:], _COLOURED
    yield "flipped.png", png[:60] + bytes([png[60] ^ 255]) + png[61:], _OPEN
    yield "tail.jpg", jpeg + bytes(3000), _COLOURED
    yield "noise.png", encoded(Image.fromarray(dice.integers(0, 256, (900, 700), np.uint8)), "PNG"), _OPEN
    yield "noise.jpg", encoded(Image.fromarray(dice.integers(0, 256, (900, 700, 3), np.uint8)), "JPEG"), _OPEN


def _opencv(suffix: str, levels: object) -> bytes:
    done, data = cv2.imencode(suffix, levels)  # type: ignore[call-overload]
    assert done
    return bytes(data)
