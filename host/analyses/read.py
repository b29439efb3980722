"""A page read, not coloured: its record with signals, and its masks and maps. Strips are read piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host.pipeline.decode import is_grey
from host.pipeline.generation.director.signals import measure_signals
from host.pipeline.records.layers import layers_of
from host.pipeline.records.masks import record_map, record_mask
from host.pipeline.strips.cut import cut_page, pieces_of
from host.pipeline.strips.joined import join_meta
from host.pipeline.strips.layers import pack_layers, strip_layers
from host.pipeline.strips.read import strip_direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.geometry import Box
    from host.pipeline.analysis.layout.direction import ChapterDirection
    from host.pipeline.analysis.reader import PageReader, PageReading
    from host.pipeline.decode import DecodedPage
    from host.pipeline.records.layers import Layers
    from host.pipeline.records.page_meta import PageKind, PageMeta, Signals
    from host.pipeline.strips.layers import PackedLayers
    from host.vocabulary import Direction

_DRAWN: Final[frozenset[PageKind]] = frozenset({"story", "splash", "cover"})


def read_page(
    page: DecodedPage, reader: PageReader, direction: Direction, chapter: ChapterDirection
) -> tuple[PageMeta, Layers]:
    """Return the record of a page, with the signals that it has without references, and its layers."""
    boxes = pieces_of(page)
    if len(boxes) > 1:
        return _read_strip(page, boxes, reader, direction, chapter)
    reading = reader.read(page, direction, chapter)
    signals = _signals(page, reading)
    return reading.meta.model_copy(update={"signals": signals}), layers_of(reading.masks, reading.maps)


def has_own_colour(page: DecodedPage, reader: PageReader) -> bool:
    """Tell whether a page is read as one in colour: without a look where no pixel has any, a strip piece by piece."""
    if is_grey(page.rgb):
        return False
    boxes = pieces_of(page)
    if len(boxes) == 1:
        return reader.read(page, "auto").meta.kind == "already_coloured"
    metas = [reader.read(cut_page(page, box), "ttb").meta for box in boxes]
    return join_meta(page, boxes, metas, "ttb").kind == "already_coloured"


def _read_strip(
    page: DecodedPage, boxes: Sequence[Box], reader: PageReader, direction: Direction, chapter: ChapterDirection
) -> tuple[PageMeta, Layers]:
    reads = strip_direction(page, direction, chapter)
    metas, folded = [], []
    signals: list[tuple[bool, Signals]] = []
    known: dict[str, tuple[PageMeta, PackedLayers, Signals]] = {}  # bare stretches are the same over and over
    for box in boxes:
        piece = cut_page(page, box)
        if piece.pixels_sha256 not in known:
            reading = reader.read(piece, reads)
            known[piece.pixels_sha256] = reading.meta, pack_layers(reading), _signals(piece, reading)
            del reading
        meta, layers_of_piece, told = known[piece.pixels_sha256]
        metas.append(meta)
        folded.append(layers_of_piece)
        signals.append((meta.kind in _DRAWN, told))
    layers = strip_layers(page, boxes, metas, folded)
    found = {
        "masks": {name: record_mask(make()) for name, make in layers.masks.items()},
        "maps": {name: record_map(make()) for name, make in layers.maps.items()},
        # As where a strip is coloured: those of the first piece on which anything is drawn.
        "signals": next((one for drawn, one in signals if drawn), signals[0][1]),
    }
    return join_meta(page, boxes, metas, reads).model_copy(update=found), layers


def _signals(page: DecodedPage, reading: PageReading) -> Signals:
    return measure_signals(page.grey, reading.masks.protect, reading.meta, ())
