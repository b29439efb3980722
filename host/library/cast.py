"""Who is on a shelf in colour: for each volume, pictures of its series that show its figures coloured.

Figures are known by what they look like: the embedder is blind to colour, so that a figure in grey finds its coloured
kin in another volume. Nobody has a name here; a picture is worth what it has to say about a volume's figures together.
"""

from __future__ import annotations

import io
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engines.geometry import Box
from host.books.book import UnreadablePage
from host.books.names import on_disk
from host.books.whole_files import write_whole
from host.errors import IrodoriError
from host.library.align.naming import book_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from host.library.understand.shelf import AnalysedPage, AnalysedShelf
    from host.pipeline.records.page_meta import PageMeta

MAPPING: Final = "references.json"
PICTURES_MAX: Final = 3
_FIGURES_A_PAGE: Final = 6
_FIGURES_A_VOLUME: Final = 400
_COLOURED_A_SERIES: Final = 400
_SIDE_MIN_PX: Final = 24
_SIDE_MAX_PX: Final = 1536


@dataclass(frozen=True, slots=True, eq=False)
class _Figures:
    """The figures of a page in colour, `(n, d)`, and of a volume's grey pages. page: None for the latter."""

    vectors: NDArray[np.float32]
    page: AnalysedPage | None = None


def make_mapping(
    shelf: AnalysedShelf, embedder: Embedder, output: Path, pictures_max: int = PICTURES_MAX
) -> dict[str, list[str]]:
    """Write pictures and `references.json`, as `library colour --references` takes it; return what stands in it.

    A volume has no entry where its series has no figure in colour, or it has none in grey.

    Raises:
        DiskFull, InternalError
    """
    coloured: dict[str, list[_Figures]] = defaultdict(list)
    grey: dict[str, tuple[str, list[NDArray[np.float32]]]] = {}
    for page, meta, rgb in _pages(shelf):
        series = book_name(page.book).series
        vectors = _figures(meta, rgb, embedder)
        if not len(vectors):
            continue
        if meta.kind == "already_coloured":
            if len(coloured[series]) < _COLOURED_A_SERIES:
                coloured[series].append(_Figures(vectors, page))
        elif sum(map(len, grey.setdefault(page.volume.place, (series, []))[1])) < _FIGURES_A_VOLUME:
            grey[page.volume.place][1].append(vectors)
    chosen = {
        place: _chosen(np.concatenate(found), coloured[series], pictures_max, embedder.info.floor)
        for place, (series, found) in sorted(grey.items())
        if coloured[series]
    }
    wanted = {page.id: page for pages in chosen.values() for page in pages}
    written = _write_pictures(shelf, wanted, output)
    mapping = {place: [written[page.id] for page in pages if page.id in written] for place, pages in chosen.items()}
    mapping = {place: names for place, names in mapping.items() if names}
    write_whole(output / MAPPING, json.dumps(mapping, indent=1, ensure_ascii=True).encode())
    return mapping


def _chosen(figures: NDArray[np.float32], coloured: Sequence[_Figures], count: int, floor: float) -> list[AnalysedPage]:
    """Return the pages in colour that together are likest to a volume's figures, each for what others do not show."""
    likeness = np.stack([(figures @ one.vectors.T).max(1) for one in coloured])  # (pages, figures)
    shown = np.full(len(figures), floor, np.float32)
    pages: list[AnalysedPage] = []
    for _ in range(min(count, len(coloured))):
        gains = np.maximum(likeness - shown, 0).sum(1)
        best = int(gains.argmax())
        page = coloured[best].page
        if gains[best] <= 0 or page is None:
            break
        pages.append(page)
        shown = np.maximum(shown, likeness[best])
    return pages


def _figures(meta: PageMeta, rgb: NDArray[np.uint8], embedder: Embedder) -> NDArray[np.float32]:
    whole = Box(0, 0, rgb.shape[1], rgb.shape[0])
    boxes = [one.box.intersection(whole) for one in sorted(meta.characters, key=lambda one: -one.score)]
    large = [box for box in boxes if min(box.width, box.height) >= _SIDE_MIN_PX][:_FIGURES_A_PAGE]
    return embedder.embed([rgb[box.top : box.bottom, box.left : box.right] for box in large])


def _pages(shelf: AnalysedShelf) -> Iterator[tuple[AnalysedPage, PageMeta, NDArray[np.uint8]]]:
    from host.pipeline.decode import decode_page

    for page, read in shelf.with_pictures():
        meta = page.meta()
        if meta is not None and meta.characters:
            try:
                yield page, meta, decode_page(read()).rgb
            except (UnreadablePage, IrodoriError):
                continue


def _write_pictures(shelf: AnalysedShelf, wanted: dict[str, AnalysedPage], output: Path) -> dict[str, str]:
    from PIL import Image

    from host.pipeline.decode import decode_page

    written: dict[str, str] = {}
    places = {page.volume.place for page in wanted.values()}
    for volume in (one for one in shelf.volumes if one.place in places):
        for page, read in shelf.pictures_of(volume):
            if page.id not in wanted:
                continue
            try:
                picture = Image.fromarray(decode_page(read()).rgb)
            except (UnreadablePage, IrodoriError):
                continue
            picture.thumbnail((_SIDE_MAX_PX, _SIDE_MAX_PX))
            buffer = io.BytesIO()
            picture.save(buffer, "PNG")
            name = on_disk(f"pictures/{page.id.rpartition('.')[0] or page.id}.png")
            write_whole(output / name, buffer.getvalue())
            written[page.id] = name
    return written
