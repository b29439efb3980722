"""Pages of one job that are the same picture saved twice: coloured once, and the colour laid on each one's own ink.

Pages of equal pixels share a computation (`work.py`). What is here differs by compression only. Measured on 14 comic
pages in grey and as manga, each saved again as JPEG 50 to 90 and as WebP 60: the perceptual hashes differ in at most 2
bits, the means of 3 x 3 pixels by at most 21 levels (29 where it was saved twice). A line that is moved by one pixel
makes 61 and more, a changed piece of 24 x 12 pixels 71. Two panels that merely look alike are far from that.

Only the engine's work is saved: composition, protected pixels, review and record are the page's own.
"""

from __future__ import annotations

import threading
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from cachetools import FIFOCache

from host.pipeline.attempts import Attempt
from host.pipeline.finished import ColouredPage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.base import ColorizeResult, Plan
    from host.pipeline.generation.director.direct import Directive
    from host.pipeline.prepared import PreparedPage
    from host.pipeline.records.page_meta import ReferenceUse
    from host.pipeline.series import ReferencePicture

_BITS_MAX: Final = 4
_LEVELS_MAX: Final = 24
_MEAN_PX: Final = (3, 3)
_KEPT_BYTES: Final = 12 << 20


@dataclass(frozen=True, slots=True, eq=False)
class _Coloured:
    """A page that was coloured: how to know it again, what the engine gave, and by which plan and references."""

    pixels_sha256: str
    bits: int
    shape: tuple[int, ...]
    packed: bytes
    result: ColorizeResult
    plan: Plan
    directive: Directive
    served: tuple[ReferencePicture, ...]
    references: tuple[ReferenceUse, ...]

    @property
    def grey(self) -> NDArray[np.uint8]:
        """The page as it was, `(H, W)`; unpacked anew each time, for few are ever asked for."""
        return np.frombuffer(zlib.decompress(self.packed), np.uint8).reshape(self.shape)

    @property
    def nbytes(self) -> int:
        parts = self.result.parts
        return self.result.oklab.nbytes + len(self.packed) + (parts.nbytes if parts is not None else 0)


class Duplicates:
    """The pages that one job coloured, the last ones of them by what memory allows. Thread-safe."""

    def __init__(self) -> None:
        self._pages: FIFOCache[str, _Coloured] = FIFOCache(_KEPT_BYTES, getsizeof=lambda one: one.nbytes)
        self._lock = threading.Lock()

    def find(self, prepared: PreparedPage) -> tuple[PreparedPage, ColouredPage] | None:
        """Return a page with its near-duplicate's colour and the plan that made it; None where it has none."""
        bits = _bits(prepared)
        if bits is None:
            return None
        with self._lock:
            near = [one for one in self._pages.values() if _is_near(one, prepared.page.grey, bits)]
        duplicate = next((one for one in near if _difference(one.grey, prepared.page.grey) <= _LEVELS_MAX), None)
        return _with_duplicate_colour(prepared, duplicate) if duplicate is not None else None

    def remember(self, prepared: PreparedPage, coloured: ColouredPage) -> None:
        """Take in a page that the engine has coloured."""
        bits = _bits(prepared)
        if bits is None:
            return
        page = prepared.page
        made = _Coloured(
            page.pixels_sha256, bits, page.grey.shape, zlib.compress(page.grey.data, 1), _half(coloured.result),
            prepared.request.plan, prepared.directive, prepared.job.references, prepared.meta.references,
        )  # fmt: skip
        if made.nbytes <= _KEPT_BYTES:
            with self._lock:
                self._pages[page.pixels_sha256] = made

    def clear(self) -> None:
        """Give the memory back."""
        with self._lock:
            self._pages.clear()


def _half(result: ColorizeResult) -> ColorizeResult:
    """Return an engine's picture in half of its bytes: finer than any level of sRGB all the same."""
    parts = None if result.parts is None else result.parts.astype(np.float16)
    return replace(result, oklab=result.oklab.astype(np.float16), parts=parts)  # type: ignore[arg-type]


def _whole(result: ColorizeResult) -> ColorizeResult:
    parts = None if result.parts is None else result.parts.astype(np.float32)
    return replace(result, oklab=result.oklab.astype(np.float32), parts=parts)


def _with_duplicate_colour(prepared: PreparedPage, duplicate: _Coloured) -> tuple[PreparedPage, ColouredPage]:
    recoloured = replace(
        prepared,
        meta=prepared.meta.model_copy(update={"references": duplicate.references}),
        request=replace(prepared.request, plan=duplicate.plan),
        directive=duplicate.directive,
        job=replace(prepared.job, references=duplicate.served),
    )
    attempt = Attempt("colour", _whole(duplicate.result), None)
    return recoloured, ColouredPage(attempts=(attempt,), duplicate_of=duplicate.pixels_sha256)


def _is_near(one: _Coloured, grey: NDArray[np.uint8], bits: int) -> bool:
    return one.shape == grey.shape and (one.bits ^ bits).bit_count() <= _BITS_MAX


def _bits(prepared: PreparedPage) -> int | None:
    known = prepared.meta.perceptual_hash
    return int(known, 16) if known is not None else None


def _difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    return int(np.asarray(cv2.absdiff(cv2.blur(one, _MEAN_PX), cv2.blur(other, _MEAN_PX))).max())
