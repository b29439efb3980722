"""Pages of one job that are the same picture saved twice: coloured once, and the colour laid on each one's own ink.

Pages of equal pixels share a computation (`work.py`). What is here differs by compression only. Measured on 28 comic
pages in grey and as manga, each saved again at JPEG 30 to 90, at WebP 60 and twice over: the perceptual hashes differ
in at most 2 bits, the means of 8 x 8 pixels by at most 11 levels; one eye that is drawn otherwise makes 24, a shift by
one pixel 21 and more. Two panels that merely look alike are far from that.

Only the engine's work is saved: composition, protected pixels, review and record are the page's own.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from host.pipeline.job import ColouredPage
from host.pipeline.pass2.correct import Attempt

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.base import ColorizeResult, Plan
    from engines.geometry import Size
    from host.pipeline.job import PageJob, PreparedPage
    from host.pipeline.pagemeta import ReferenceUse
    from host.pipeline.pass2.director.direct import Directive

_BITS_MAX: Final = 4
_LEVELS_MAX: Final = 12
_BLOCK_PX: Final = 8
_KEPT_BYTES: Final = 32 << 20


@dataclass(frozen=True, slots=True, eq=False)
class _Coloured:
    """A page that was coloured: how to know it again, what the engine gave, and by which plan and references."""

    pixels_sha256: str
    bits: int
    size: Size
    blocks: NDArray[np.uint8]
    result: ColorizeResult
    plan: Plan
    directive: Directive
    job: PageJob
    references: tuple[ReferenceUse, ...]

    @property
    def nbytes(self) -> int:
        return self.result.oklab.nbytes + self.blocks.nbytes


class Duplicates:
    """The pages that one job coloured, the last ones of them by what memory allows. Thread-safe."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, _Coloured] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, prepared: PreparedPage) -> tuple[PreparedPage, ColouredPage] | None:
        """Return a page with its near-duplicate's colour and the plan that made it; None where it has none."""
        bits = _bits(prepared)
        if bits is None:
            return None
        with self._lock:
            near = [one for one in self._pages.values() if _is_near(one, prepared.page.size, bits)]
        if not near:
            return None
        blocks = _blocks(prepared.page.grey)
        twin = min(near, key=lambda one: _difference(one.blocks, blocks))
        return _dressed(prepared, twin) if _difference(twin.blocks, blocks) <= _LEVELS_MAX else None

    def remember(self, prepared: PreparedPage, coloured: ColouredPage) -> None:
        """Take in a page that the engine has coloured."""
        bits = _bits(prepared)
        if bits is None:
            return
        page = prepared.page
        made = _Coloured(
            page.pixels_sha256, bits, page.size, _blocks(page.grey), coloured.result, prepared.request.plan,
            prepared.directive, prepared.job, prepared.meta.references,
        )  # fmt: skip
        with self._lock:
            self._pages[page.pixels_sha256] = made
            while sum(one.nbytes for one in self._pages.values()) > _KEPT_BYTES:
                self._pages.popitem(last=False)

    def clear(self) -> None:
        """Give the memory back."""
        with self._lock:
            self._pages.clear()


def _dressed(prepared: PreparedPage, twin: _Coloured) -> tuple[PreparedPage, ColouredPage]:
    dressed = replace(
        prepared,
        meta=prepared.meta.model_copy(update={"references": twin.references}),
        request=replace(prepared.request, plan=twin.plan),
        directive=twin.directive,
        job=twin.job,
    )
    attempt = Attempt("colour", twin.result, None)
    return dressed, ColouredPage(attempts=(attempt,), duplicate_of=twin.pixels_sha256)


def _is_near(one: _Coloured, size: Size, bits: int) -> bool:
    return one.size == size and (one.bits ^ bits).bit_count() <= _BITS_MAX


def _bits(prepared: PreparedPage) -> int | None:
    known = prepared.meta.perceptual_hash
    return int(known, 16) if known is not None else None


def _blocks(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = max(1, grey.shape[1] // _BLOCK_PX), max(1, grey.shape[0] // _BLOCK_PX)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    return int(cv2.absdiff(one, other).max())
