"""What a dot of colour would take on a page, told before the reader sets it: the region that composition will give it.

A segmentation network's where one was pulled, else what lines enclose; both are asked as they are when the page is
coloured, so what is told is what happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from host.corrections import ColourHint, Corrections
from host.pipeline.compose.field import find_page_regions
from host.pipeline.decode import decode_page
from host.pipeline.drawing import Drawing
from host.pipeline.faults import faults_mapped
from host.pipeline.generation.masks import bind_tone
from host.pipeline.pointed import outlines_of
from host.pipeline.prepare import outline_of
from host.pipeline.strips.cut import corrections_within, is_within, pieces_of
from host.pipeline.strips.cut import cut_page as cut

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.geometry import Box
    from engines.regions import Labels
    from host.corrections import Outline
    from host.pipeline.analysis.reader import PageReader
    from host.pipeline.decode import DecodedPage
    from host.pipeline.pointed import Pointer
    from host.pipeline.records.page_meta import PageMeta

# Of a larger page too much memory would wait for nothing.
_KEPT_PIXELS: Final = 8_000_000


@dataclass(frozen=True, slots=True)
class HintRegion:
    """Outlines in 0..1 of the page, a hole being one within another; by: `lines` or `network`, whoever found it.

    share: how much of the page it is, in 0..1.
    """

    by: Literal["network", "lines"]
    outlines: tuple[Outline, ...]
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A page, or the piece of a strip in which was clicked, as it was read."""

    sha256: str
    box: Box
    height: int
    page: DecodedPage
    meta: PageMeta
    labels: Labels


class HintRegions:
    """Thread-safe. The page that was read last is kept: who moves the dot waits for no reading.

    reader: makes what reads pages, when the first page is read. pointer: what asks the network.
    """

    def __init__(self, reader: Callable[[], PageReader], pointer: Pointer) -> None:
        self._make_reader = reader
        self._reader: PageReader | None = None
        self._pointer = pointer
        self._kept: _Piece | None = None
        self._lock = Lock()

    def at(
        self, sha256: str, encoded: bytes, point: tuple[float, float], check: Callable[[], None] = lambda: None
    ) -> HintRegion:
        """Return what a dot at `point`, in 0..1 of the page, takes. sha256: of `encoded`. check: called while it waits.

        Raises:
            ImageInvalid, TooLarge, OutOfMemory, and what `check` raises.
        """
        with self._lock, faults_mapped():
            piece = self._piece(sha256, encoded, point, check)
            asked = Corrections(hints=(ColourHint(points=(point,), rgb=(0, 0, 0)),))
            (hint,) = corrections_within(asked, piece.box, piece.height).hints
            drawing = self._pointer.outlined(piece.page.rgb, Drawing(hints=(hint,)), piece.meta, check)
            seen = drawing.hints[0].region
            region = seen or _by_lines(piece.labels, hint.points[0])
            outlines = tuple(tuple((x, _up(y, piece)) for x, y in one) for one in region)
        return HintRegion(by="network" if seen else "lines", outlines=outlines, share=_share(outlines))

    def _piece(self, sha256: str, encoded: bytes, point: tuple[float, float], check: Callable[[], None]) -> _Piece:
        kept = self._kept
        if kept is not None and kept.sha256 == sha256 and is_within(point[1], kept.box, kept.height):
            return kept
        self._kept = None
        whole = decode_page(encoded, check=check)
        box = next(one for one in pieces_of(whole) if is_within(point[1], one, whole.size.height))
        page = whole if box.height == whole.size.height else cut(whole, box)
        self._reader = self._reader or self._make_reader()
        reading = self._reader.read(page, "auto", None, check)
        drawing = Drawing(
            tone=bind_tone(reading.maps, reading.masks), panels=[outline_of(panel) for panel in reading.meta.panels]
        )
        labels = find_page_regions(page, drawing)
        found = _Piece(sha256, box, whole.size.height, page, reading.meta, labels)
        if whole.size.pixels <= _KEPT_PIXELS:
            self._kept = found
        return found


def _by_lines(labels: Labels, point: tuple[float, float]) -> tuple[Outline, ...]:
    height, width = labels.shape
    x, y = min(int(point[0] * width), width - 1), min(int(point[1] * height), height - 1)
    return outlines_of(np.asarray(labels == labels[y, x]))


def _up(down_01: float, piece: _Piece) -> float:
    """Return a place in 0..1 of a piece's height as one of the page's."""
    return (down_01 * piece.box.height + piece.box.top) / piece.height


def _share(outlines: tuple[Outline, ...]) -> float:
    """Return the area of outlines in which holes turn the other way round than what they lie in."""
    total = 0.0
    for one in outlines:
        xs, ys = np.array(one).T
        total += float(np.dot(xs, np.roll(ys, -1)) - np.dot(np.roll(xs, -1), ys)) / 2
    return min(1.0, abs(total))
