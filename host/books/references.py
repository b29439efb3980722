"""References of the command line: read, brought down and judged before any page is worked on."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from host.books.names import plain_name
from host.errors import BadRequest, ImageInvalid, IrodoriError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL import Image

_SAY_WHAT: Final = "A reference is a picture in colour: PNG, JPEG, WebP, AVIF, GIF, TIFF or BMP."
_FORMATS: Final = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "TIFF", "BMP")
_BYTES_MAX: Final = 64 * 2**20
_PIXELS_MAX: Final = 200_000_000
_SIDE_PX: Final = 2048
_GREY_SPREAD: Final = 12  # of the channels, in 0..255, at which a pixel still counts as grey
_COLOURED_SHARE: Final = 0.002


def read_references(paths: Sequence[Path]) -> tuple[list[tuple[str, bytes]], list[str]]:
    """Return the references' names and bytes as the store takes them, and words about those that were left out.

    A reference without colour is left out; the first picture of an animation is taken; large ones are brought down.

    Raises:
        BadRequest: one is no picture, or none has colour.
    """
    kept, grey = [], []
    for path in paths:
        name, (data, image) = plain_name(path.name), _read(path)
        if _has_colour(image):
            kept.append((name, data if _is_taken(data) else _encoded(image)))
        else:
            grey.append(name)
    if grey and not kept:
        raise BadRequest(
            f"The reference {', '.join(grey)} has no colour to take.", "Name a picture in colour, or no reference."
        )
    return kept, [f"The reference {name} has no colour to take; it is left out." for name in grey]


def _read(path: Path) -> tuple[bytes, Image.Image]:
    if path.is_dir():
        raise BadRequest(f"The reference {path} is a folder.", "Name the picture in it.")
    if path.exists() and not path.is_file():
        raise BadRequest(f"The reference {path} is no file.", _SAY_WHAT)
    try:
        with path.open("rb") as file:
            data = file.read(_BYTES_MAX + 1)
    except OSError as exc:
        raise BadRequest(f"The reference {path} cannot be read: {exc.strerror}.", "Name a picture.") from exc
    if not data:
        raise BadRequest(f"The reference {path} cannot be used: the file is empty.", _SAY_WHAT)
    if len(data) > _BYTES_MAX:
        raise BadRequest(f"The reference {path} cannot be used: it has over 64 MiB.", "Save it smaller.")
    try:
        return data, _opened(data)
    except MemoryError as exc:
        raise BadRequest(f"The reference {path} is too large for the memory here.", "Save it smaller.") from exc
    # Pillow's plugins raise whatever their parsers meet.
    except Exception as exc:
        reason = exc.message if isinstance(exc, IrodoriError) else "it is no picture, or damaged."
        raise BadRequest(f"The reference {path} cannot be used: {reason}", _SAY_WHAT) from exc


def _opened(data: bytes) -> Image.Image:
    import warnings

    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > _PIXELS_MAX:
                raise ImageInvalid(f"it has {image.width} x {image.height} pixels, over {_PIXELS_MAX}.")
            image.draft("RGB", (_SIDE_PX, _SIDE_PX))
            image.load()
            whole = ImageOps.exif_transpose(image)
            if max(whole.size) > 2 * _SIDE_PX:
                whole = whole.reduce(max(whole.size) // _SIDE_PX) if whole.mode != "P" else whole
            return _flat(whole)


def _flat(image: Image.Image) -> Image.Image:
    from PIL import Image

    if image.has_transparency_data:
        image.thumbnail((2 * _SIDE_PX, 2 * _SIDE_PX), Image.Resampling.NEAREST)
        clear = image.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(white, clear).convert("RGB")
    flat = image.convert("RGB")
    flat.thumbnail((2 * _SIDE_PX, 2 * _SIDE_PX))
    return flat


def _is_taken(data: bytes) -> bool:
    """Say whether the store takes a picture as it is."""
    from host.pipeline.decode import decode_page

    try:
        decode_page(data)
    except IrodoriError:
        return False
    return True


def _has_colour(image: Image.Image) -> bool:
    import numpy as np

    small = image.copy()
    small.thumbnail((256, 256))
    rgb = np.asarray(small, np.int16)
    spread = rgb.max(axis=2) - rgb.min(axis=2)
    return bool((spread > _GREY_SPREAD).mean() > _COLOURED_SHARE)


def _encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()
