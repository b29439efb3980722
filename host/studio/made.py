"""What a tool of the studio gives back: a file, and what makes it again."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

from host.pipeline.encode import encode_page

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from host.pipeline.records.rewording import Rewording


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file. width, height: of what is seen of it, pixels; 0 for a text. record: what makes it again."""

    data: bytes
    mime: str
    width: int = 0
    height: int = 0
    record: dict[str, Any]


def reworded(done: Rewording) -> dict[str, Any]:
    """Return what a record says of what models did with the words; nothing where they did nothing."""
    return {"rewording": done.model_dump(mode="json")["steps"]} if done.steps else {}


def picture(rgb: NDArray[np.uint8], record: dict[str, Any]) -> Made:
    """Return a picture as a file without loss."""
    data, mime = encode_page(rgb)
    height, width = rgb.shape[:2]
    return Made(data=data, mime=mime, width=width, height=height, record=record)


def png(pixels: NDArray[np.uint8], record: dict[str, Any]) -> Made:
    """Return a picture, also one with transparency or of one channel, as a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=4)
    height, width = pixels.shape[:2]
    return Made(data=buffer.getvalue(), mime="image/png", width=width, height=height, record=record)
