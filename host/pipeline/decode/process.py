"""Decoding in a process of its own: it can be ended, whatever a library is doing in it, and its memory is bounded.

Bytes go in and pixels come out through files without names: nothing is left behind, however either side ends.
"""

from __future__ import annotations

import json
import logging
import mmap
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

import numpy as np

from host import errors
from host.errors import ImageInvalid, IrodoriError, OutOfMemory
from host.pipeline.decode.page import HINT_AGAIN, DecodedPage, three_channels
from host.pipeline.decode.structure import HINT_SAVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from host.pipeline.decode.bands import Planes
    from host.pipeline.decode.header import Header

HEAD_BYTES: Final = 4096
"""A result's first bytes: JSON, padded; `grey` and, for a page with colour, `rgb` follow; nothing after an error."""

_LOG = logging.getLogger(__name__)
_LOOK_S: Final = 0.01
# Of the 200 MB that may stand beside a picture's pixels 40 are left for what is touched between two looks. Other kinds
# than JPEG XL are bounded, and told, by the worker itself.
_BESIDE_BYTES: Final = 160 * 10**6
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_WALL_S: Final = 120.0
# SIGKILL, SIGXCPU and SIGPROF: the wall's clock and the processor's.
_TIME_SIGNALS: Final = (9, 24, 27)
_ROOT: Final = Path(__file__).parents[3]


def decode_apart(encoded: bytes, header: Header, check: Callable[[], None] | None = None) -> DecodedPage:
    """Decode a picture within the bounds of `Header.cost_bytes` and of the worker's processor time.

    Raises:
        ImageInvalid, and whatever `check` raises.
    """
    with _nameless() as source, _nameless() as result:
        source.write(encoded)
        source.seek(0)
        status = _run(source, result, header, check)
        head = _read_head(result)
        if head is None:
            raise _died(status)
        if "error" in head:
            raise _told(head["error"], header)
        return _mapped(result, head)


def result_bytes(shape: tuple[int, int], grey: bool) -> int:
    """Return how long the result of a picture of this height and width is."""
    return HEAD_BYTES + (1 if grey else 4) * shape[0] * shape[1]


def planes_in(result: mmap.mmap, shape: tuple[int, int], grey: bool) -> Planes:
    """Return `rgb`, None for a grey picture, and `grey` as they lie in a result."""
    pixels = shape[0] * shape[1]
    luma = np.frombuffer(result, np.uint8, pixels, HEAD_BYTES).reshape(shape)
    if grey:
        return None, luma
    return np.frombuffer(result, np.uint8, 3 * pixels, HEAD_BYTES + pixels).reshape(*shape, 3), luma


def _run(source: IO[bytes], result: IO[bytes], header: Header, check: Callable[[], None] | None) -> int:
    command = [sys.executable, "-P", "-m", "host.pipeline.decode.worker", str(header.cost_bytes)]
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    own = {"PYTHONPATH": os.pathsep.join(paths), "MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1"}
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command, stdin=source, stdout=result, stderr=subprocess.DEVNULL, env=os.environ | own, creationflags=flags
    ) as process:
        end = time.monotonic() + _WALL_S
        try:
            while True:
                try:
                    return process.wait(_LOOK_S)
                except subprocess.TimeoutExpired:
                    if header.format == "JXL" and _held_bytes(process.pid) > header.cost_bytes + _BESIDE_BYTES:
                        raise _too_much(header) from None
                    if check is not None:
                        check()
                    if time.monotonic() > end:
                        break
        finally:
            process.kill()
        return process.wait()


def _held_bytes(pid: int) -> int:
    """Return the resident memory of a process; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * _PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return 0


def _nameless() -> IO[bytes]:
    create = getattr(os, "memfd_create", None)
    if create is not None:
        return os.fdopen(create("irodori-picture"), "w+b", 0)
    return tempfile.TemporaryFile(buffering=0)


def _read_head(result: IO[bytes]) -> dict[str, Any] | None:
    result.seek(0)
    head = result.read(HEAD_BYTES)
    return cast("dict[str, Any]", json.loads(head.rstrip(b"\0"))) if len(head) == HEAD_BYTES and head[0] else None


def _mapped(result: IO[bytes], head: dict[str, Any]) -> DecodedPage:
    shape, grey = tuple(head["shape"]), bool(head["grey"])
    mapped = mmap.mmap(result.fileno(), result_bytes(shape, grey), access=mmap.ACCESS_READ)
    rgb, luma = planes_in(mapped, shape, grey)
    return DecodedPage(three_channels(luma) if rgb is None else rgb, luma, head["sha256"], head["note"])


def _told(error: dict[str, Any], header: Header) -> IrodoriError:
    if error["code"] == OutOfMemory.code:
        return _too_much(header)
    kind = ImageInvalid if error["code"] == ImageInvalid.code else errors.InternalError
    return kind(error["message"], error["hint"], told=error.get("told", ()))


def _too_much(header: Header) -> ImageInvalid:
    return ImageInvalid(
        f"The picture is too large for its kind ({header.format}, {header.width} x {header.height}): decoding it takes "
        "more memory than a page may have, 8 bytes a pixel and 200 MB.",
        "Save it as PNG, JPEG or WebP, or split it.",
        told=("picture_too_costly", header.format, f"{header.width}", f"{header.height}"),
    )


def _died(status: int) -> ImageInvalid:
    _LOG.warning("the process that decoded a picture ended with status %d", status)
    if -status in _TIME_SIGNALS:
        return ImageInvalid("The picture takes too long to decode.", HINT_SAVE, told=("picture_slow",))
    return ImageInvalid("The picture is damaged: its decoder gave up.", HINT_AGAIN)
