"""The seam of analysis: a reader of pages. The classical one stands beside; a trained one takes the same place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from host.pipeline.progress import unchecked

if TYPE_CHECKING:
    from collections.abc import Callable

    from host.pipeline.analysis.layout.direction import ChapterDirection
    from host.pipeline.decode import DecodedPage
    from host.pipeline.records.masks import PageMaps, PageMasks
    from host.pipeline.records.page_meta import PageMeta, ReadingDirection
    from host.vocabulary import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """What a reader found: the page's record, still without references and signals, its masks and its maps.

    maps: None where the page is skipped anyway (blank, already coloured).
    """

    meta: PageMeta
    masks: PageMasks
    maps: PageMaps | None = None


class PageReader(Protocol):
    """Reads a page. Any decoded page gives a reading; none is refused."""

    def read(
        self,
        page: DecodedPage,
        direction: Direction | ReadingDirection,
        chapter: ChapterDirection | None = None,
        check: Callable[[], None] = unchecked,
    ) -> PageReading:
        """Find panels, balloons, lettering, masks, reading order and the page's kind.

        `direction` `auto` lets the reader decide, by what `chapter` heard of its pages so far and by this page.
        check: called between steps; what it raises ends the reading.
        """
        ...
