"""A page read as a whole, not coloured: a strip is read piece by piece, so that memory holds one of them at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from host.pipeline.analysis.layout.direction import ChapterDirection, shape_vote
from host.pipeline.records.layers import layers_of
from host.pipeline.strips.cut import cut_page, pieces_of
from host.pipeline.strips.joined import join_meta
from host.pipeline.strips.layers import pack_layers, strip_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engines.geometry import Box
    from host.pipeline.analysis.reader import PageReader, PageReading
    from host.pipeline.decode import DecodedPage
    from host.pipeline.records.layers import Layers
    from host.pipeline.records.page_meta import PageMeta, ReadingDirection
    from host.pipeline.strips.layers import PackedLayers
    from host.vocabulary import Direction

    T = TypeVar("T")


def read_meta(
    page: DecodedPage, reader: PageReader, direction: Direction = "auto", chapter: ChapterDirection | None = None
) -> PageMeta:
    """Return the record of a page; of a strip without digests of masks and maps."""
    boxes = pieces_of(page)
    if len(boxes) == 1:
        return reader.read(page, direction, chapter).meta
    reads = strip_direction(page, direction, chapter)
    return join_meta(page, boxes, [meta for meta, _ in each_piece(page, boxes, reader, reads, lambda *_: None)], reads)


def read_whole(
    page: DecodedPage,
    reader: PageReader,
    direction: Direction = "auto",
    chapter: ChapterDirection | None = None,
    hear: Callable[[DecodedPage, PageReading], None] = lambda *_: None,
) -> tuple[PageMeta, Layers]:
    """Return the record of a page, as `read_meta`, and its masks and maps, which are packed where it is a strip.

    hear: is told of the page, or of each piece that is unlike those before, and what was read there.
    """
    boxes = pieces_of(page)
    if len(boxes) == 1:
        reading = reader.read(page, direction, chapter)
        hear(page, reading)
        return reading.meta, layers_of(reading.masks, reading.maps)

    def take(piece: DecodedPage, reading: PageReading) -> PackedLayers:
        hear(piece, reading)
        return pack_layers(reading)

    reads = strip_direction(page, direction, chapter)
    metas, packed = zip(*each_piece(page, boxes, reader, reads, take), strict=True)
    return join_meta(page, boxes, metas, reads), strip_layers(page, boxes, metas, packed)


def strip_direction(
    page: DecodedPage, direction: Direction | ReadingDirection, chapter: ChapterDirection | None
) -> ReadingDirection:
    """Return which way a strip is read; under `auto` its shape votes."""
    if direction != "auto":
        return direction
    return (chapter or ChapterDirection()).decide(page.pixels_sha256, [shape_vote(page.size)])


def each_piece(
    page: DecodedPage, boxes: Sequence[Box], reader: PageReader, reads: ReadingDirection,
    take: Callable[[DecodedPage, PageReading], T], check: Callable[[float], None] = lambda _: None,
) -> Iterator[tuple[PageMeta, T]]:  # fmt: skip
    """Yield the record of each piece and what `take` keeps of it; bare stretches, all the same, are read once.

    check: is called before each piece and between the steps of its reading, with the share that is done; what it raises
    ends the reading.
    """
    known: dict[str, tuple[PageMeta, T]] = {}
    for index, box in enumerate(boxes):
        checked = partial(check, index / len(boxes))
        checked()
        piece = cut_page(page, box)
        if piece.pixels_sha256 not in known:
            reading = reader.read(piece, reads, None, checked)
            known[piece.pixels_sha256] = reading.meta, take(piece, reading)
            del reading
        yield known[piece.pixels_sha256]
