"""A page read, not coloured: its record with signals, and its masks and maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host.pipeline.decode import is_grey
from host.pipeline.generation.director.signals import measure_signals
from host.pipeline.records.masks import record_map, record_mask
from host.pipeline.strips.whole import read_meta, read_whole

if TYPE_CHECKING:
    from host.pipeline.analysis.layout.direction import ChapterDirection
    from host.pipeline.analysis.reader import PageReader, PageReading
    from host.pipeline.decode import DecodedPage
    from host.pipeline.records.layers import Layers
    from host.pipeline.records.page_meta import PageKind, PageMeta, Signals
    from host.vocabulary import Direction

_DRAWN: Final[frozenset[PageKind]] = frozenset({"story", "splash", "cover"})


def read_page(
    page: DecodedPage, reader: PageReader, direction: Direction, chapter: ChapterDirection | None = None
) -> tuple[PageMeta, Layers]:
    """Return the record of a page, with the signals that it has without references, and its layers."""
    signals: list[tuple[bool, Signals]] = []

    def hear(piece: DecodedPage, reading: PageReading) -> None:
        told = measure_signals(piece.grey, reading.masks.protect, reading.meta, ())
        signals.append((reading.meta.kind in _DRAWN, told))

    meta, layers = read_whole(page, reader, direction, chapter, hear)
    # As where a strip is coloured: those of the first piece on which anything is drawn.
    found: dict[str, object] = {"signals": next((one for drawn, one in signals if drawn), signals[0][1])}
    if not meta.masks:  # a strip's
        found["masks"] = {name: record_mask(make()) for name, make in layers.masks.items()}
        found["maps"] = {name: record_map(make()) for name, make in layers.maps.items()}
    return meta.model_copy(update=found), layers


def has_own_colour(page: DecodedPage, reader: PageReader) -> bool:
    """Tell whether a page is read as one in colour; without a look where no pixel has any."""
    return not is_grey(page.rgb) and read_meta(page, reader).kind == "already_coloured"
