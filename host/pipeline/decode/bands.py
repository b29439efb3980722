"""Pixels of any mode to upright sRGB, a band of rows at a time.

A whole picture in a second mode would stand in memory beside the first; a band never does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from host.pipeline.decode.exif import exif_orientation
from host.pipeline.decode.page import DecodedPage, as_page, is_grey
from host.pipeline.decode.profiles import profile_to_srgb

_BAND_PIXELS: Final = 1_000_000
_GREY_MODES: Final = ("1", "L", "LA", "La", "F")

_TURNED: Final = 5
# From an upright picture to a view of it in the order in which the file has its pixels.
_AS_STORED: Final[dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]]] = {
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright),
    7: lambda upright: upright.swapaxes(0, 1)[::-1, ::-1],
    8: lambda upright: np.rot90(upright, -1),
}

Planes = tuple[NDArray[np.uint8] | None, NDArray[np.uint8]]
"""`(h, w, 3)`, None for a grey picture, and `(h, w)`, to be filled."""
Allocate = Callable[[tuple[int, int], bool], Planes]
"""From height and width, and whether the picture is grey."""


def decode_image(image: Image.Image, whole_rows: int | None = None, allocate: Allocate | None = None) -> DecodedPage:
    """Return a loaded picture's pixels. Rows from `whole_rows` on are lacking: they become paper, and a note says so.

    allocate: makes the arrays that are filled; None: ordinary memory.
    """
    width, height = image.size
    note = "" if whole_rows is None else f"The file is cut off: {whole_rows} of {height} rows are there."
    flat_mode = "L" if is_grey_mode(image.mode) else "CMYK" if image.mode == "CMYK" else "RGB"
    to_srgb = profile_to_srgb(flat_mode, image.info.get("icc_profile"))
    level = _float_level(image)

    def rows(top: int, bottom: int) -> NDArray[np.uint8]:
        whole = (top, bottom) == (0, height)
        band = flatten(image if whole else image.crop((0, top, width, bottom)), level)
        band = band if to_srgb is None else to_srgb(band)
        pixels = np.asarray(band if band.mode in ("L", "RGB") else band.convert("RGB"))
        if whole_rows is not None and bottom > whole_rows:
            pixels = pixels.copy()
            pixels[max(0, whole_rows - top) :] = 255
        return pixels

    return assemble(rows, (height, width), is_grey_mode(image.mode), orientation_of(image), note, allocate)


def is_grey_mode(mode: str) -> bool:
    """Tell whether a Pillow mode has no colour."""
    return mode.startswith("I") or mode in _GREY_MODES


def flatten(image: Image.Image, float_level: float = 1.0) -> Image.Image:
    """Return the picture in mode `L`, `RGB` or `CMYK`: transparency on white, 16 bits scaled to 8."""
    if image.mode.startswith("I;"):
        levels = np.asarray(image).astype(np.int64)
        return Image.fromarray(((levels + 128) // 257).clip(0, 255).astype(np.uint8))
    if image.mode in ("F", "I"):
        levels = np.nan_to_num(np.asarray(image)) * float_level
        return Image.fromarray(levels.clip(0, 255).round().astype(np.uint8))
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("L" if is_grey_mode(image.mode) else "RGB")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if is_grey_mode(image.mode) else "RGB")


def assemble(
    rows: Callable[[int, int], NDArray[np.uint8]],
    shape: tuple[int, int],
    grey: bool,
    orientation: int,
    note: str = "",
    allocate: Allocate | None = None,
) -> DecodedPage:
    """Return the page whose bands `rows(top, bottom)` gives: `(h, w)` if `grey`, else `(h, w, 3)` uint8 sRGB."""
    height, width = shape
    upright = (width, height) if orientation >= _TURNED else shape
    page_rgb, page_grey = (allocate or _allocate)(upright, grey)
    target = page_grey if page_rgb is None else page_rgb
    if orientation in _AS_STORED:
        target = _AS_STORED[orientation](target)
    step = max(1, _BAND_PIXELS // width)
    step = height if width * height <= 2 * _BAND_PIXELS else step
    for top in range(0, height, step):
        target[top : top + step] = rows(top, min(top + step, height))
    if page_rgb is not None:
        cv2.cvtColor(page_rgb, cv2.COLOR_RGB2GRAY, dst=page_grey)
    return as_page(None if page_rgb is None or is_grey(page_rgb) else page_rgb, page_grey, note)


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation, 1..8; 1 where there is none that can be read."""
    # TIFF and JPEG XL are turned by their decoders.
    return exif_orientation(image.info.get("exif")) if image.format not in ("TIFF", "JXL") else 1


def _allocate(shape: tuple[int, int], grey: bool) -> Planes:
    return None if grey else np.empty((*shape, 3), np.uint8), np.empty(shape, np.uint8)


def _float_level(image: Image.Image) -> float:
    """Return what brings the levels of floats (most files hold 0..1) and of 32 bits to 0..255."""
    if image.mode not in ("F", "I"):
        return 1.0
    highest = float(np.nan_to_num(np.asarray(image.getextrema(), float)).max())
    if image.mode == "I":
        return 1.0 if highest <= 255.0 else 1 / 257 if highest <= 65535.0 else 255.0 / highest
    return 255.0 if highest <= 1.0 else 1.0 if highest <= 255.0 else 255.0 / highest
