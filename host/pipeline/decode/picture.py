"""`decode_page`: what is asked first, and where the work is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host.errors import ImageInvalid, TooLarge
from host.pipeline.decode.bands import decode_image
from host.pipeline.decode.budget import DECODING
from host.pipeline.decode.header import open_picture, picture_faults, read_header
from host.pipeline.decode.page import HINT_AGAIN, DecodeLimits
from host.pipeline.decode.process import decode_apart
from host.pipeline.decode.rescue import lacks_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from host.pipeline.decode.page import DecodedPage


def decode_page(
    encoded: bytes, limits: DecodeLimits | None = None, check: Callable[[], None] | None = None
) -> DecodedPage:
    """Decode an encoded still picture.

    Holds at most width x height x 8 bytes + 200 MB, whatever its format. check: called while it waits for memory or
    for the process that decodes a large or odd picture; what it raises ends the decoding at once.

    Raises:
        TooLarge: more bytes than the limit.
        ImageInvalid: not a picture, damaged, cut off before nine tenths of its rows, animated, over the pixel limit,
            or made to take long.
        OutOfMemory: memory did not suffice.
    """
    limits = limits or DecodeLimits()
    if len(encoded) > limits.encoded_bytes:
        raise TooLarge(
            f"The picture has {len(encoded)} bytes; the limit is {limits.encoded_bytes}.",
            "Save the page with stronger compression, or split it.",
            told=("file_too_large", f"{len(encoded)}", f"{limits.encoded_bytes}"),
        )
    _refuse_documents(encoded)
    header = read_header(encoded, limits)
    with DECODING.hold(header.cost_bytes, check):
        if not header.light or lacks_end(encoded, header.format):
            return decode_apart(encoded, header, check)
        with picture_faults(), open_picture(encoded) as image:
            image.load()
            return decode_image(image)


def _refuse_documents(encoded: bytes) -> None:
    if not encoded:
        raise ImageInvalid("The picture is empty.", HINT_AGAIN)
    if encoded[:256].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise ImageInvalid(
            "This is a document (HTML or SVG), not a picture.",
            "The site may have answered with an error page: open the picture in a tab of its own.",
            told=("picture_is_document",),
        )
