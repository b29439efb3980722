"""`irodori page segment`: a page and a place in, a mask out."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

from engines.geometry import Box
from engines.segment.base import Pointing
from engines.segment.registry import open_segmenter
from host.books.whole_files import write_whole
from host.cli.console import say
from host.cli.page.guests import guest_of_machine
from host.cli.page.pictures import require_output
from host.errors import BadRequest
from host.pipeline.faults import faults_mapped
from host.studio.page import picture_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


def segment_page(
    picture: Path, output: Path, inside: Sequence[str], outside: Sequence[str], box: str | None, words: str,
    model: Path | None,
) -> None:  # fmt: skip
    """Write the mask of what is pointed at: white on black, a PNG of the page's size, as `inpaint` takes it.

    Raises:
        BadRequest: nothing is pointed at, or outside of the page. Or nothing was found there.
        EngineNotAvailable, WeightsMissing, WeightsInvalid, OutOfMemory, ImageInvalid, TooLarge, DiskFull
    """
    if output.suffix.casefold() != ".png":
        raise BadRequest(f"{output.name} is no name of a mask.", "End --output with .png.")
    require_output(output, picture)
    rgb = picture_of(picture)
    pointing = Pointing(
        inside=_places(inside, rgb), outside=_places(outside, rgb), box=box_of(box, rgb) if box else None, words=words
    )
    if pointing.is_empty:
        raise BadRequest("Nothing is pointed at.", "Give --at X,Y, --box LEFT,TOP,RIGHT,BOTTOM, or --words.")
    with faults_mapped():
        segmenter = open_segmenter(model)
        with guest_of_machine() as guest, segmenter.in_memory(guest):
            mask = segmenter.segment(rgb, pointing)
    if not mask.any():
        raise BadRequest("Nothing was found there.", "Point at another place, or name it otherwise.")
    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, "PNG")
    write_whole(output, buffer.getvalue(), frozenset({picture.resolve()}))
    say(f"{output}: {mask.mean():.1%} of the page, by {segmenter.name}")


def box_of(text: str, rgb: NDArray[np.uint8]) -> Box:
    """Return a box of a picture from `LEFT,TOP,RIGHT,BOTTOM`.

    Raises:
        BadRequest: it is none, is empty, or leaves the picture.
    """
    height, width = rgb.shape[:2]
    try:
        left, top, right, bottom = (int(one) for one in text.split(","))
    except ValueError as exc:
        raise BadRequest(f"{text!r:.60} is no box.", "Write LEFT,TOP,RIGHT,BOTTOM in pixels.") from exc
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise BadRequest(f"The box {text} is empty or leaves the page.", f"The page is {width} x {height}.")
    return Box(left, top, right, bottom)


def place_of(text: str, rgb: NDArray[np.uint8]) -> tuple[int, int]:
    """Return a place of a picture from `X,Y`.

    Raises:
        BadRequest: it is none, or not on the picture.
    """
    height, width = rgb.shape[:2]
    try:
        x, y = (int(one) for one in text.split(","))
    except ValueError as exc:
        raise BadRequest(f"{text!r:.60} is no place.", "Write X,Y in pixels from the upper left.") from exc
    if not (0 <= x < width and 0 <= y < height):
        raise BadRequest(f"The place {text} is not on the page.", f"The page is {width} x {height}.")
    return x, y


def _places(texts: Sequence[str], rgb: NDArray[np.uint8]) -> tuple[tuple[int, int], ...]:
    return tuple(place_of(text, rgb) for text in texts)
