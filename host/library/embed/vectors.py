"""A page's vectors: of the whole page and of its panels, with where these are, their words and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from engines.geometry import Box
from host.library.align.measures import text_of_panels
from host.library.align.pairs import pair_of
from host.library.embed.store import PageFacts, PageRow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from engines.embed.closure import ClosureNetwork
    from host.library.understand.shelf import AnalysedPage
    from host.pipeline.records.page_meta import PageMeta


class RowMaker(Protocol):
    """Makes a page's row of its record and its picture, `(H, W, 3)` uint8."""

    def __call__(self, page: AnalysedPage, meta: PageMeta, rgb: NDArray[np.uint8], panels_max: int) -> PageRow: ...  # noqa: D102


def by_likeness(embedder: Embedder) -> RowMaker:
    """Return what makes rows by an embedder of single pictures.

    The page's vector is that of the whole page, attention each panel's share of the panels' area, order 0 for the first
    panel, -1 for the second, and so on.
    """
    return lambda page, meta, rgb, panels_max: _by_likeness(page, meta, rgb, panels_max, embedder)


def by_closure(network: ClosureNetwork) -> RowMaker:
    """Return what makes rows by Closure-Lite: vectors of panels that were seen together, its attention, its order."""
    return lambda page, meta, rgb, panels_max: _by_closure(page, meta, rgb, panels_max, network)


def _by_closure(
    page: AnalysedPage, meta: PageMeta, rgb: NDArray[np.uint8], panels_max: int, network: ClosureNetwork
) -> PageRow:
    boxes = _boxes(meta, rgb, panels_max)
    texts = _texts(page, meta, len(boxes))
    found = network.read(rgb, [(box.left, box.top, box.width, box.height) for box in boxes], texts) if boxes else None
    places = np.zeros(len(boxes), np.float32)
    if found is not None:
        places[found.order()] = -np.arange(len(boxes), dtype=np.float32)
    return PageRow(
        page=found.page if found is not None else np.zeros(network.width, np.float32),
        panels=found.panels if found is not None else np.zeros((0, network.width), np.float32),
        attention=found.attention if found is not None else np.zeros(0, np.float32),
        order=places,
        coordinates=_coordinates(boxes),
        texts=texts,
    )


def _by_likeness(
    page: AnalysedPage, meta: PageMeta, rgb: NDArray[np.uint8], panels_max: int, embedder: Embedder
) -> PageRow:
    boxes = _boxes(meta, rgb, panels_max)
    crops = [rgb[box.top : box.bottom, box.left : box.right] for box in boxes]
    vectors = embedder.embed([rgb, *crops])
    areas = np.array([box.area for box in boxes], np.float32)
    return PageRow(
        page=vectors[0],
        panels=vectors[1:],
        attention=areas / areas.sum() if len(areas) else areas,
        order=-np.arange(len(boxes), dtype=np.float32),
        coordinates=_coordinates(boxes),
        texts=_texts(page, meta, len(boxes)),
    )


def _boxes(meta: PageMeta, rgb: NDArray[np.uint8], panels_max: int) -> list[Box]:
    whole = Box(0, 0, rgb.shape[1], rgb.shape[0])
    panels = sorted(meta.panels, key=lambda one: one.order)[:panels_max]
    return [box for one in panels if (box := one.box.intersection(whole)).area]


def _coordinates(boxes: list[Box]) -> NDArray[np.float32]:
    return np.array([(box.left, box.top, box.width, box.height) for box in boxes], np.float32).reshape(-1, 4)


def _texts(page: AnalysedPage, meta: PageMeta, count: int) -> tuple[str, ...]:
    texts = panel_texts(page, meta)
    return tuple(texts[place] if place < len(texts) else "" for place in range(count))


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
