"""Pictures made small enough to stand inside an HTML file."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Final

_LARGEST_PX: Final = (960, 2400)
_QUALITY: Final = 82


@dataclass(frozen=True, slots=True)
class Picture:
    """A WebP of at most 960 px of width, as a `data:` address, and its size."""

    address: str
    width: int
    height: int


def shrink(encoded: bytes) -> Picture:
    """Return the picture in the report's size.

    Raises:
        ImageInvalid, TooLarge, OutOfMemory: it is no picture that we can read.
    """
    from PIL import Image

    from host.pipeline.decode import decode_page

    picture = Image.fromarray(decode_page(encoded).rgb)
    picture.thumbnail(_LARGEST_PX, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=_QUALITY, method=2)
    text = base64.b64encode(buffer.getvalue()).decode("ascii")
    return Picture(f"data:image/webp;base64,{text}", picture.width, picture.height)
