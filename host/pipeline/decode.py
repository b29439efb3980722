"""Bytes to pixels: limits first, then a still picture in sRGB, upright and without transparency.

The one place where a library's image errors become ours.
"""

from __future__ import annotations

import hashlib
import io
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from engines.geometry import Size
from host.errors import ImageInvalid, OutOfMemory, TooLarge

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOG = logging.getLogger(__name__)
_FORMATS: Final = ("PNG", "JPEG", "WEBP", "AVIF", "GIF")
_HINT_FORMATS: Final = "Pages are PNG, JPEG, WebP, AVIF or GIF pictures."
_ORIENTATION_TAG: Final = 0x0112
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What is refused before any pixel is decoded. The defaults hold a page to about half a gibibyte of memory."""

    encoded_bytes: int = 64 * 2**20
    side_px: int = 32_000
    pixels: int = 60_000_000


@dataclass(frozen=True, slots=True, eq=False)
class DecodedPage:
    """A page's pixels; both arrays are read-only.

    rgb: `(H, W, 3)` uint8 sRGB. Grey pages have three equal channels.
    grey: `(H, W)` uint8, the page's luma (Rec. 601) in sRGB encoding; the channel itself where the page is grey.
    pixels_sha256: SHA-256 (hex) over height and width (8 bytes each, big endian) and the bytes of `rgb`.
    """

    rgb: NDArray[np.uint8]
    grey: NDArray[np.uint8]
    pixels_sha256: str

    @property
    def size(self) -> Size:
        """Height and width."""
        return Size(*self.grey.shape)


def decode_page(encoded: bytes, limits: DecodeLimits | None = None) -> DecodedPage:
    """Decode an encoded still picture.

    Raises:
        TooLarge: more bytes than the limit.
        ImageInvalid: not a picture, damaged, truncated, animated, or over the pixel limit.
        OutOfMemory: memory did not suffice.
    """
    limits = limits or DecodeLimits()
    if len(encoded) > limits.encoded_bytes:
        raise TooLarge(
            f"The picture has {len(encoded)} bytes; the limit is {limits.encoded_bytes}.",
            "Save the page with stronger compression, or split it.",
        )
    _refuse_documents(encoded)
    try:
        with Image.open(io.BytesIO(encoded), formats=_FORMATS) as image:
            _check_limits(image, limits)
            pixels = _to_srgb(image)
    except (ImageInvalid, MemoryError) as exc:
        if isinstance(exc, ImageInvalid):
            raise
        raise OutOfMemory("There is not enough memory to decode this page.", "Close other programs.") from exc
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise ImageInvalid("The picture is over the pixel limit.", "Split the page into smaller pictures.") from exc
    except UnidentifiedImageError as exc:
        raise ImageInvalid("These bytes are not a picture.", _HINT_FORMATS) from exc
    # Pillow's plugins raise whatever their parsers meet: OSError, SyntaxError, ValueError, struct.error, ...
    except Exception as exc:
        raise ImageInvalid(f"The picture is damaged or truncated ({exc}).", "Load the page again.") from exc
    return _decoded(np.asarray(pixels))


def pixels_digest(rgb: NDArray[np.uint8]) -> str:
    """Return `DecodedPage.pixels_sha256` of `(H, W, 3)` uint8 pixels."""
    digest = hashlib.sha256()
    for side in rgb.shape[:2]:
        digest.update(side.to_bytes(8, "big"))
    digest.update(np.ascontiguousarray(rgb).data)
    return digest.hexdigest()


def _refuse_documents(encoded: bytes) -> None:
    if not encoded:
        raise ImageInvalid("The picture is empty.", "Load the page again.")
    if encoded[:256].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise ImageInvalid(
            "This is a document (HTML or SVG), not a picture.",
            "The site may have answered with an error page: open the picture in a tab of its own.",
        )


def _check_limits(image: Image.Image, limits: DecodeLimits) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise ImageInvalid("The picture has no pixels.", "Load the page again.")
    if max(width, height) > limits.side_px or width * height > limits.pixels:
        raise ImageInvalid(
            f"The picture is over the pixel limit: {width} x {height}.",
            f"A page has at most {limits.pixels} pixels and no side over {limits.side_px}; split it.",
        )
    # A JPEG with a second picture for 3-D displays (MPO) is a still picture all the same.
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise ImageInvalid("The picture is animated; a page is a still picture.", "Animations are not coloured.")


def _to_srgb(image: Image.Image) -> Image.Image:
    """Return the picture upright, in mode `L` or `RGB`."""
    image.load()
    profile = image.info.get("icc_profile")
    flat = _flatten(image)
    if isinstance(profile, bytes) and profile:
        flat = _apply_profile(flat, profile)
    if flat.mode not in ("L", "RGB"):
        flat = flat.convert("RGB")
    turn = _UPRIGHT.get(_orientation(image))
    return flat if turn is None else flat.transpose(turn)


def _flatten(image: Image.Image) -> Image.Image:
    """Return the picture in mode `L`, `RGB` or `CMYK`: transparency on white, 16 bits scaled to 8."""
    if image.mode.startswith("I"):
        return _scale_to_8_bits(image)
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
        return picture.convert("L" if image.mode in ("1", "L", "LA") else "RGB")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode in ("1", "LA") else "RGB")


def _scale_to_8_bits(image: Image.Image) -> Image.Image:
    levels = np.asarray(image).astype(np.uint32)
    return Image.fromarray(((levels + 128) // 257).clip(0, 255).astype(np.uint8))


def _apply_profile(image: Image.Image, icc: bytes) -> Image.Image:
    """Return the picture in sRGB; a broken or unfitting profile is as good as none."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        space = profile.profile.xcolor_space.strip()
        if space == "RGB" and "sRGB" in (profile.profile.profile_description or ""):
            return image
        source = image.convert("RGB") if space == "RGB" and image.mode == "L" else image
        if space != {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}[source.mode]:
            return image
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(source, profile, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError) as exc:
        _LOG.info("colour profile ignored: %s", exc)
        return image
    if converted is None:
        return image
    return converted.convert("L") if image.mode == "L" else converted


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    # Pillow's EXIF reader raises whatever its parser meets; an unreadable tag means: as it is.
    except Exception as exc:  # noqa: BLE001
        _LOG.info("EXIF ignored: %s", exc)
        return 1


def _decoded(pixels: NDArray[np.uint8]) -> DecodedPage:
    if pixels.ndim == 2:
        grey = np.ascontiguousarray(pixels)
        rgb = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
    else:
        rgb = np.ascontiguousarray(pixels)
        grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    rgb.setflags(write=False)
    grey.setflags(write=False)
    return DecodedPage(rgb, grey, pixels_digest(rgb))
