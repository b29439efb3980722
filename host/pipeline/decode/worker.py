"""The process that decodes one picture: bytes from stdin, `process.HEAD_BYTES` of JSON and pixels into stdout.

Both are files. It ends by itself after some seconds of processor time, over its memory, or when its host is gone.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal

import cv2
import numpy as np
from PIL import AvifImagePlugin, Image

from host.errors import ImageInvalid, IrodoriError, OutOfMemory
from host.pipeline.decode.bands import assemble, decode_image, flatten, orientation_of
from host.pipeline.decode.header import open_picture, picture_faults
from host.pipeline.decode.jpeg2000 import tile_bytes
from host.pipeline.decode.jpeg_scans import coefficient_bytes, comes_in_scans
from host.pipeline.decode.jpegxl import is_jpeg_xl
from host.pipeline.decode.page import HINT_AGAIN, is_grey
from host.pipeline.decode.process import HEAD_BYTES, planes_in, result_bytes
from host.pipeline.decode.profiles import profile_to_srgb
from host.pipeline.decode.rescue import lacks_end, load_what_is_there

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from host.pipeline.decode.bands import Planes
    from host.pipeline.decode.page import DecodedPage

_PROCESSOR_S: Final = 4
_BESIDE_BYTES: Final = 120 * 10**6
# The library of JPEG XL calls a picture damaged where memory is refused to it: our parent looks at what it holds.
_UNTOLD: Final = 3
# What a library needs beside what is counted.
_SLACK_BYTES: Final = 8 * 10**6
_PARENT_LOOK_S: Final = 0.2
_PLAIN_MODES: Final = ("L", "RGB", "RGBA")


def main() -> None:
    """Decode stdin's picture into stdout."""
    cost_bytes = int(sys.argv[1])
    _bound()
    encoded = sys.stdin.buffer.read()
    _limit_memory(_UNTOLD * cost_bytes if is_jpeg_xl(encoded) else cost_bytes)
    try:
        with picture_faults():
            page = _decode(encoded, cost_bytes + _BESIDE_BYTES)
        grey = is_grey(page.rgb)
        head: dict[str, Any] = {"shape": page.grey.shape, "grey": grey, "sha256": page.pixels_sha256, "note": page.note}
        with suppress(OSError):  # where a mapped file may not shrink, it is longer than what is read of it
            os.ftruncate(1, result_bytes(page.grey.shape, grey))
    except IrodoriError as exc:
        head = {"error": {"code": exc.code, "message": exc.message[:1000], "hint": exc.hint, "told": exc.told}}
    os.lseek(1, 0, os.SEEK_SET)
    os.write(1, json.dumps(head).encode().ljust(HEAD_BYTES, b"\0"))
    os._exit(0)


def _bound() -> None:
    parent = os.getppid()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    cv2.setNumThreads(1)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # To the tenth of a second; the other limit counts whole ones, and stays where this one is not kept.
    signal.setitimer(signal.ITIMER_PROF, _PROCESSOR_S)
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_S + 1, _PROCESSOR_S + 1))


def _limit_memory(picture_bytes: int) -> None:
    if sys.platform == "linux":
        import resource

        # Memory that came with the libraries is counted too; the picture's pixels, in a file, are not.
        limit = _private_bytes() + picture_bytes + _BESIDE_BYTES
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _private_bytes() -> int:
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123
        return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmData:"))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_LOOK_S)
    os._exit(1)


def _decode(encoded: bytes, room_bytes: int) -> DecodedPage:
    if is_jpeg_xl(encoded):
        return _jpeg_xl(encoded, room_bytes)
    with open_picture(encoded) as image:
        kind = str(image.format)
        facts = image.info.get("icc_profile"), orientation_of(image)
        way = _way_of(image, encoded)
        _require_room(image, encoded, room_bytes, 3 if way == "opencv" else _pixel_bytes(image.mode))
        if lacks_end(encoded, kind):
            return decode_image(image, load_what_is_there(image, encoded), _in_result)
        if way == "pillow":
            image.load()
            return decode_image(image, allocate=_in_result)
        frame = image._decoder.get_frame(0)[0] if way == "frame" else None  # type: ignore[attr-defined]  # noqa: SLF001
        shape = image.height, image.width, *_channels(image.mode)
    # Pillow's loaders of what may be animated hold canvases and copies of whole pictures, and beside the coefficients
    # of a progressive JPEG its four bytes a pixel are too many: these go without.
    del image
    if frame is None:
        return _from_pixels(_by_opencv(encoded, kind), *facts, blue_first=True)
    return _from_pixels(_as_pixels(frame, shape), *facts)


def _way_of(image: Image.Image, encoded: bytes) -> Literal["pillow", "frame", "opencv"]:
    """Return who decodes a picture in the least memory."""
    if image.format == "AVIF":
        return "frame"
    is_in_scans = image.mode == "RGB" and comes_in_scans(image, encoded)
    return "opencv" if image.format == "WEBP" or is_in_scans else "pillow"


def _require_room(image: Image.Image, encoded: bytes, room_bytes: int, pixel_bytes: int) -> None:
    """Check that what libraries hold beside the pixels fits, where they call a picture damaged if memory is refused."""
    kept = tile_bytes(encoded) if image.format == "JPEG2000" else coefficient_bytes(image, encoded)
    if kept and kept + pixel_bytes * image.width * image.height + len(encoded) + _SLACK_BYTES > room_bytes:
        raise OutOfMemory("What is held beside the picture's pixels takes too much memory.")


def _pixel_bytes(mode: str) -> int:
    """Return what Pillow takes for a pixel."""
    return {"1": 1, "L": 1, "P": 1, "I;16": 2}.get(mode, 4)


def _channels(mode: str) -> tuple[int, ...]:
    return (len(mode),) if len(mode) > 1 else ()


def _by_pillow(encoded: bytes) -> DecodedPage:
    with open_picture(encoded) as image:
        image.load()
        return decode_image(image, allocate=_in_result)


def _by_opencv(encoded: bytes, kind: str) -> NDArray[np.uint8]:
    """Return `(h, w)`, `(h, w, 3)` or `(h, w, 4)` pixels, blue first."""
    # Unchanged: also not turned, which is left for later.
    pixels = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint8:
        raise ImageInvalid(f"The picture is damaged or truncated ({kind}).", HINT_AGAIN)
    return np.asarray(pixels, np.uint8)


def _jpeg_xl(encoded: bytes, room_bytes: int) -> DecodedPage:
    """Decode without Pillow's picture, which would stand beside the library's; its plug-in has read it by then, too."""
    try:
        from pillow_jxl import Decoder

        is_jpeg, facts, data, icc, _ = Decoder(num_threads=0)(encoded)
    except ImportError:
        with open_picture(encoded):  # says what is missing
            raise
    except Exception as exc:
        # Its library speaks of how to build it.
        raise ImageInvalid("The picture is damaged or truncated (JPEG XL).", HINT_AGAIN) from exc
    if is_jpeg:
        return _decode(data, room_bytes)
    if facts.mode in _PLAIN_MODES:
        return _from_pixels(_as_pixels(data, (facts.height, facts.width, *_channels(facts.mode))), icc, 1)
    return _by_pillow(encoded)


def _as_pixels(data: bytes, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8).reshape(shape)


def _from_pixels(pixels: NDArray[np.uint8], icc: object, orientation: int, *, blue_first: bool = False) -> DecodedPage:
    grey = pixels.ndim == 2
    to_srgb = profile_to_srgb("L" if grey else "RGB", icc)

    def rows(top: int, bottom: int) -> NDArray[np.uint8]:
        part = pixels[top:bottom]
        band = flatten(Image.fromarray(_red_first(part) if blue_first else part))
        return np.asarray(band if to_srgb is None else to_srgb(band))

    height, width = pixels.shape[:2]
    return assemble(rows, (height, width), grey, orientation, allocate=_in_result)


def _red_first(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if rows.ndim == 2:
        return rows
    return np.asarray(cv2.cvtColor(rows, cv2.COLOR_BGRA2RGBA if rows.shape[2] == 4 else cv2.COLOR_BGR2RGB), np.uint8)


def _in_result(shape: tuple[int, int], grey: bool) -> Planes:
    length = result_bytes(shape, grey)
    os.ftruncate(1, length)
    return planes_in(mmap.mmap(1, length), shape, grey)


if __name__ == "__main__":
    main()
