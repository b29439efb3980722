"""What is read of small pictures of every kind, whole, cut off and damaged, as it was when a person last looked."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from host.errors import IrodoriError
from host.pipeline.decode import DecodeLimits, decode_page
from host.pipeline.decode.header import read_header
from host.pipeline.decode.structure import require_few_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.recorded import Recorded

LIMITS = DecodeLimits()
DOWN, ACROSS = np.indices((23, 37))
RGB = np.dstack([DOWN * 10, ACROSS * 6, (DOWN * ACROSS) % 256]).astype(np.uint8)
LEVELS = Image.fromarray(RGB[..., 1])
COLOURS = Image.fromarray(RGB)


def _saved(image: Image.Image, kind: str, **facts: Any) -> bytes:
    held = io.BytesIO()
    image.save(held, kind, **facts)
    return held.getvalue()


def _turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def _texts() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "page " * 9)
    info.add_itxt("Long", "x" * 3000, zip=True)
    return info


PICTURES = {
    "png grey": _saved(LEVELS, "PNG"),
    "png rgb texts": _saved(COLOURS, "PNG", pnginfo=_texts()),
    "png rgba": _saved(Image.fromarray(np.dstack([RGB, RGB[..., 2]])), "PNG", exif=_turned(6)),
    "png palette": _saved(COLOURS.quantize(9), "PNG", transparency=3),
    "png 16": _saved(Image.fromarray(RGB[..., 2].astype(np.uint16) * 250), "PNG"),
    "png bits": _saved(LEVELS.convert("1"), "PNG", exif=_turned(3)),
    "jpeg grey": _saved(LEVELS, "JPEG", quality=80, exif=_turned(8)),
    "jpeg rgb": _saved(COLOURS, "JPEG", quality=90, comment=b"page"),
    "jpeg progressive": _saved(COLOURS, "JPEG", progressive=True),
    "jpeg cmyk": _saved(COLOURS.convert("CMYK"), "JPEG"),
    "gif": _saved(COLOURS.quantize(16), "GIF"),
    "gif moving": _saved(LEVELS, "GIF", save_all=True, append_images=[LEVELS.rotate(180)]),
    "bmp": _saved(COLOURS, "BMP"),
    "webp": _saved(COLOURS, "WEBP", quality=70),
    "webp alpha": _saved(Image.fromarray(np.dstack([RGB, RGB[..., 2]])), "WEBP", lossless=True, exif=_turned(5)),
    "tiff": _saved(COLOURS, "TIFF", compression="tiff_lzw"),
    "tiff pages": _saved(LEVELS, "TIFF", save_all=True, append_images=[LEVELS]),
    "jpeg 2000": _saved(COLOURS, "JPEG2000"),
    "no picture": b"Once upon a time there was a page.",
}
APART = {"tiff", "tiff pages", "jpeg 2000"}


def _outcome(look: Callable[[], Any]) -> Any:
    try:
        return look()
    except IrodoriError as exc:
        return [exc.code, exc.message.split("(")[0], exc.hint]


def _seen(name: str, encoded: bytes) -> Any:
    header = _outcome(lambda: read_header(encoded, LIMITS))
    if isinstance(header, list) or name in APART:
        return header

    def look() -> Any:
        page = decode_page(encoded, LIMITS)
        return [page.rgb, page.grey, page.note]

    return [header, header.cost_bytes, _outcome(look)]


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_pictures_of_every_kind(name: str, recorded: Recorded) -> None:
    recorded.values(name, _seen(name, PICTURES[name]))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(PICTURES) - {"no picture"}))
def test_what_is_cut_off_or_damaged(name: str, recorded: Recorded) -> None:
    """By how far it goes, and a byte at a time: what is told, or the mean level of what was seen."""
    encoded = PICTURES[name]

    def told(damaged: bytes) -> Any:
        found = _seen(name, damaged)
        if isinstance(found, list) and isinstance(found[-1], list) and not isinstance(found[-1][0], str):
            rgb, grey, note = found[-1]
            return [list(rgb.shape), round(float(grey.mean())), note]
        return found if isinstance(found, list) else [found.format, found.width, found.height, found.light]

    cuts = [encoded[: round(len(encoded) * share)] for share in (0.02, 0.4, 0.9)]
    places = np.random.default_rng(len(encoded)).integers(0, len(encoded), 8)
    flipped = [encoded[:at] + bytes([encoded[at] ^ 0x55]) + encoded[at + 1 :] for at in map(int, places)]
    recorded.values(f"damaged {name}", [told(one) for one in (*cuts, *flipped)])


@pytest.mark.parametrize(
    ("name", "part", "at"),
    [("png grey", b"\0\0\0\0tEXt\0\0\0\0", 33), ("jpeg rgb", b"\xff\xfe\0\x02", 2), ("gif", b"!\xfe\x01a\0", -1)],
)
def test_pictures_of_many_parts(name: str, part: bytes, at: int) -> None:
    encoded = PICTURES[name]
    require_few_parts(encoded[:at] + part * 2000 + encoded[at:])
    with pytest.raises(IrodoriError, match="too many parts"):
        require_few_parts(encoded[:at] + part * 6000 + encoded[at:])
