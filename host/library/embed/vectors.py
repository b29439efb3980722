"""A page's vectors: of the whole page and of its panels, with where these are, their words and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engines.geometry import Box
from host.library.align.measures import text_of_panels
from host.library.align.pairs import pair_of
from host.library.embed.store import PageFacts, PageRow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from host.library.understand.shelf import AnalysedPage
    from host.pipeline.records.page_meta import PageMeta


def page_row(
    page: AnalysedPage, meta: PageMeta, rgb: NDArray[np.uint8], embedder: Embedder, panels_max: int
) -> PageRow:
    """Return a page's row. rgb: `(H, W, 3)` uint8, the page.

    The page's vector is that of the whole page. Attention is each panel's share of the panels' area; a network that
    was trained for it may put its own there. Order is 0 for the first panel, -1 for the second, and so on.
    """
    whole = Box(0, 0, rgb.shape[1], rgb.shape[0])
    panels = sorted(meta.panels, key=lambda one: one.order)[:panels_max]
    boxes = [box for one in panels if (box := one.box.intersection(whole)).area]
    crops = [rgb[box.top : box.bottom, box.left : box.right] for box in boxes]
    vectors = embedder.embed([rgb, *crops])
    areas = np.array([box.area for box in boxes], np.float32)
    texts = panel_texts(page, meta)
    return PageRow(
        page=vectors[0],
        panels=vectors[1:],
        attention=areas / areas.sum() if len(areas) else areas,
        order=-np.arange(len(boxes), dtype=np.float32),
        coordinates=np.array([(box.left, box.top, box.width, box.height) for box in boxes], np.float32).reshape(-1, 4),
        texts=tuple(texts[place] if place < len(texts) else "" for place in range(len(boxes))),
    )


def panel_texts(page: AnalysedPage, meta: PageMeta) -> list[str]:
    """Return what is written in each panel, in order: as the model told it, else as it was read."""
    pair = pair_of(page, meta)
    found = []
    for panel, told in zip(pair.detected, text_of_panels(pair), strict=True):
        lines = told.lines if told is not None and told.has_text else panel.words
        found.append(" ".join(" ".join(line.split()) for line in lines))
    return found


def page_facts(page: AnalysedPage) -> PageFacts:
    """Return the coordinates of a page."""
    from host.library.align.naming import book_name

    name = book_name(page.book)
    return PageFacts(
        page_id=_text(page.id),
        manifest_path=_text(page.picture_path),
        source="folder" if page.volume.is_folder else "archive",
        series=_text(name.series),
        volume=name.volume,
        issue=name.issue,
        page_num=page.entry.number + 1,
    )


def _text(name: str) -> str:
    return name.encode("utf-8", "replace").decode()
