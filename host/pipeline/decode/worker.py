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
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from PIL import AvifImagePlugin, Image

from host.errors import ImageInvalid, IrodoriError, OutOfMemory
from host.pipeline.decode.bands import assemble, decode_image, flatten, orientation_of
from host.pipeline.decode.header import open_picture, picture_faults
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
# Half of what a picture may cost are its pixels in the result, which is a file and not counted. Most libraries ask for
# more than they touch, and stay within; that of JPEG XL touches all of it.
_RESULT_SHARE: Final = 2
_PARENT_LOOK_S: Final = 0.2
_TOO_MUCH: Final = "Decoding the picture takes more memory than a page may have."


def main() -> None:
    """Decode stdin's picture into stdout."""
    cost_bytes = int(sys.argv[1])
    _bound()
    encoded = sys.stdin.buffer.read()
    _limit_memory(cost_bytes // _RESULT_SHARE if is_jpeg_xl(encoded) else cost_bytes)
    try:
        with picture_faults():
            page = _decode(encoded)
        grey = is_grey(page.rgb)
        head: dict[str, Any] = {"shape": page.grey.shape, "grey": grey, "sha256": page.pixels_sha256, "note": page.note}
        with suppress(OSError):  # where a mapped file may not shrink, it is longer than what is read of it
            os.ftruncate(1, result_bytes(page.grey.shape, grey))
    except OutOfMemory:
        head = {"error": {"code": ImageInvalid.code, "message": _TOO_MUCH, "hint": "Save it as PNG, or split it."}}
    except IrodoriError as exc:
        head = {"error": {"code": exc.code, "message": exc.message[:1000], "hint": exc.hint}}
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


def _bound_jpeg_xl() -> None:
    with suppress(ImportError):
        from pillow_jxl import JpegXLImagePlugin

        JpegXLImagePlugin.DECODE_THREADS = 0


def _decode(encoded: bytes) -> DecodedPage:
    with open_picture(encoded) as image:
        kind, mode = str(image.format), image.mode
        facts = image.info.get("icc_profile"), orientation_of(image)
        if lacks_end(encoded, kind):
            return decode_image(image, load_what_is_there(image, encoded), _in_result)
        if kind not in ("WEBP", "AVIF"):
            image.load()
            return decode_image(image, allocate=_in_result)
        avif = image._decoder.get_frame(0)[0] if kind == "AVIF" else None  # type: ignore[attr-defined]  # noqa: SLF001
        shape = image.height, image.width, len(mode)
    # Pillow's loaders of what may be animated hold canvases and copies of whole pictures: these two go without.
    del image
    return _from_pixels(_webp(encoded) if avif is None else np.frombuffer(avif, np.uint8).reshape(shape), *facts)


def _webp(encoded: bytes) -> NDArray[np.uint8]:
    pixels = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim != 3:
        raise ImageInvalid("The picture is damaged or truncated (WebP).", HINT_AGAIN)
    code = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(pixels, code, dst=pixels), np.uint8)


def _from_pixels(pixels: NDArray[np.uint8], icc: object, orientation: int) -> DecodedPage:
    to_srgb = profile_to_srgb("RGB", icc)

    def rows(top: int, bottom: int) -> NDArray[np.uint8]:
        band = flatten(Image.fromarray(pixels[top:bottom]))
        return np.asarray(band if to_srgb is None else to_srgb(band))

    height, width = pixels.shape[:2]
    return assemble(rows, (height, width), False, orientation, allocate=_in_result)


def _in_result(shape: tuple[int, int], grey: bool) -> Planes:
    length = result_bytes(shape, grey)
    os.ftruncate(1, length)
    return planes_in(mmap.mmap(1, length), shape, grey)


if __name__ == "__main__":
    main()
