"""Bytes to pixels: limits first, then a still picture in sRGB, upright and without transparency.

picture   decode_page: what is asked first, and where the work is done
structure a picture of too many parts is refused before a library walks them
header    what a picture says of itself; the one place where a library's image errors become ours
rescue    pictures whose end is missing
bands     pixels of any mode to sRGB, a band of rows at a time, so that no second picture stands beside the first
profiles  colour profiles
exif      how a picture is turned
budget    how much all decodes together may hold
process   a picture that is large or odd is decoded in a process of its own (worker), which can be ended
"""

from host.pipeline.decode.header import read_header
from host.pipeline.decode.page import DecodedPage, DecodeLimits, as_page, is_grey, pixels_digest
from host.pipeline.decode.picture import decode_page

__all__ = ["DecodeLimits", "DecodedPage", "as_page", "decode_page", "is_grey", "pixels_digest", "read_header"]
