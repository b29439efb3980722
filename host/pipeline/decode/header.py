"""What a picture says of itself, read without a pixel; the one place where a library's image errors become ours."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
from PIL import Image, UnidentifiedImageError

from host.errors import ImageInvalid, IrodoriError, OutOfMemory
from host.picture_types import mime_of
from host.pipeline.decode.jpegxl import is_jpeg_xl, jpeg_xl_size
from host.pipeline.decode.page import HINT_AGAIN
from host.pipeline.decode.png_texts import without_large_texts
from host.pipeline.decode.structure import HINT_SAVE, require_few_parts
from host.pipeline.decode.webp import webp_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host.pipeline.decode.page import DecodeLimits

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "JPEG2000")
HINT_FORMATS: Final = "Pages are PNG, JPEG, WebP, AVIF, GIF, TIFF, BMP, JPEG 2000, JPEG XL or HEIF pictures."
# Formats whose decoders are quick and hold little beside the picture, within the size below.
_LIGHT: Final = frozenset({"PNG", "JPEG", "MPO", "WEBP", "AVIF", "GIF", "BMP"})
_LIGHT_PIXELS: Final = 10_000_000
_LIGHT_PROFILE_BYTES: Final = 2**20
# Each scan of a JPEG goes over the whole picture once; encoders write up to ten.
_LIGHT_SCANNED_PIXELS: Final = 100_000_000
_SCANNED_PIXELS_MAX: Final = 3_000_000_000
_THUMBNAIL_TAG: Final = 254
_WORDS: Final = 80


@dataclass(frozen=True, slots=True)
class Header:
    """A picture's format by Pillow's name, its size, and how it is to be decoded.

    light: decoding it is quick whatever its bytes are; others belong into a process that can be ended.
    """

    format: str
    width: int
    height: int
    light: bool

    @property
    def cost_bytes(self) -> int:
        """The most that decoding may hold: the library's picture and ours."""
        return self.width * self.height * 8


def read_header(encoded: bytes, limits: DecodeLimits) -> Header:
    """Return what the picture says of itself.

    Raises:
        ImageInvalid: not a picture, a damaged header, animated, or over a limit.
    """
    if is_jpeg_xl(encoded):
        size = jpeg_xl_size(encoded)
        _check_size(size, limits)
        return Header("JXL", *size, light=False)
    webp = webp_facts(encoded)
    if webp is not None:
        size = webp.width, webp.height
        _check_size(size, limits)
        return Header("WEBP", *size, light=_is_small(size, webp.profile_bytes))
    require_few_parts(encoded)
    with picture_faults(), open_picture(encoded) as image:
        _check_size(image.size, limits)
        _check_still(image)
        _check_scans(image, encoded)
        kind, (width, height) = str(image.format), image.size
        return Header(kind, width, height, _is_light(image, encoded))


def open_picture(encoded: bytes) -> Image.Image:
    """Open a picture of the formats that a page may have; only its header is read, but all of a JPEG XL."""
    formats: tuple[str, ...] = _FORMATS
    if is_jpeg_xl(encoded):
        _register_jpeg_xl()
        formats = ("JXL",)
    elif mime_of(encoded) == "image/heic":
        _register_heif()
        formats = ("HEIF",)
    try:
        return Image.open(io.BytesIO(without_large_texts(encoded)), formats=formats)
    except OSError as exc:
        if formats != ("JXL",) or isinstance(exc, UnidentifiedImageError):
            raise
        # Its library speaks of how to build it.
        raise ImageInvalid("The picture is damaged or truncated (JPEG XL).", HINT_AGAIN) from exc


@contextmanager
def picture_faults() -> Iterator[None]:
    """Raise what a library says of a picture as `ImageInvalid`, and lack of memory as `OutOfMemory`."""
    try:
        yield
    except IrodoriError:
        raise
    except MemoryError as exc:
        raise OutOfMemory("There is not enough memory to decode this page.", "Close other programs.") from exc
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise ImageInvalid("The picture is over the pixel limit.", "Split the page into smaller pictures.") from exc
    except UnidentifiedImageError as exc:
        raise ImageInvalid("These bytes are not a picture.", HINT_FORMATS, told=("no_picture",)) from exc
    except cv2.error as exc:
        if exc.code == cv2.Error.StsNoMem:
            raise OutOfMemory("There is not enough memory to decode this page.", "Close other programs.") from exc
        raise ImageInvalid("The picture is damaged or truncated.", HINT_AGAIN) from exc
    # Pillow's plugins raise whatever their parsers meet: OSError, SyntaxError, ValueError, struct.error, ...
    except Exception as exc:
        words = " ".join(str(exc).split())[:_WORDS]
        raise ImageInvalid(f"The picture is damaged or truncated ({words}).", HINT_AGAIN) from exc


def _register_jpeg_xl() -> None:
    try:
        import pillow_jxl  # noqa: F401 - it registers itself with Pillow
    except ImportError as exc:
        raise ImageInvalid(
            "This is a JPEG XL picture, and nothing here reads them.", "Save the page as PNG, JPEG or WebP."
        ) from exc


def _register_heif() -> None:
    try:
        import pillow_heif
    except ImportError as exc:
        hint = 'pip install "irodori[library]", or save the page as PNG, JPEG or WebP.'
        raise ImageInvalid("This is an HEIF picture, and nothing here reads them.", hint) from exc
    pillow_heif.register_heif_opener()


def _check_size(size: tuple[int, int], limits: DecodeLimits) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageInvalid("The picture has no pixels.", HINT_AGAIN)
    if max(width, height) > limits.side_px or width * height > limits.pixels:
        raise ImageInvalid(
            f"The picture is over the pixel limit: {width} x {height}.",
            f"A page has at most {limits.pixels} pixels and no side over {limits.side_px}; split it.",
            told=("picture_over_limit", f"{width}", f"{height}", f"{limits.pixels}", f"{limits.side_px}"),
        )


def _check_still(image: Image.Image) -> None:
    if image.format == "TIFF":
        _refuse_further_pages(image)
    # A JPEG with a second picture for 3-D displays (MPO) is a still picture all the same.
    elif image.format != "MPO" and getattr(image, "is_animated", False):
        words = "The picture is animated; a page is a still picture."
        raise ImageInvalid(words, "Animations are not coloured.", told=("picture_moves",))


def _refuse_further_pages(image: Image.Image) -> None:
    """Refuse a TIFF of several pages; one that only brings its own thumbnail is a page."""
    if not getattr(image, "is_animated", False):
        return
    image.seek(1)
    is_thumbnail = int(getattr(image, "tag_v2", {}).get(_THUMBNAIL_TAG, 0)) & 1
    image.seek(0)
    if not is_thumbnail:
        words = "The TIFF holds several pages."
        raise ImageInvalid(words, "Save each page as a picture of its own.", told=("picture_of_several",))


def _check_scans(image: Image.Image, encoded: bytes) -> None:
    if image.width * image.height * _scans(image, encoded) > _SCANNED_PIXELS_MAX:
        raise ImageInvalid("The picture takes too long to decode: it has too many scans.", HINT_SAVE)


def _scans(image: Image.Image, encoded: bytes) -> int:
    return encoded.count(b"\xff\xda") if image.format in ("JPEG", "MPO") else 1


def _is_light(image: Image.Image, encoded: bytes) -> bool:
    return (
        image.format in _LIGHT
        and not (image.format == "BMP" and image.info.get("compression"))  # unpacked in Python
        and image.width * image.height * _scans(image, encoded) <= _LIGHT_SCANNED_PIXELS
        and _is_small((image.width, image.height), len(image.info.get("icc_profile") or b""))
    )


def _is_small(size: tuple[int, int], profile_bytes: int) -> bool:
    return size[0] * size[1] <= _LIGHT_PIXELS and profile_bytes <= _LIGHT_PROFILE_BYTES
