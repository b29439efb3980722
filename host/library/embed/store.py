"""Embeddings of a shelf in Zarr v3, as plain xarray opens them. Several processes may write at once.

    dimensions   page_id, panel_id (0..), embedding_dim, coord_dim (x, y, w, h)
    coordinates  page_id, manifest_path, source, series, volume, issue, page_num (all along page_id)
    variables    panel_embeddings, page_embeddings, attention_weights, reading_order, panel_coordinates, text_content,
                 panel_mask, and `written`: whether a page's row is whole

Chunks have 1000 pages and are compressed with Blosc's Zstandard. Rows are only added, never moved. Whoever writes rows
holds the lock of their chunk, reads the arrays' shape anew and sets `written` last; whoever adds rows holds the
store's. A process that dies leaves its locks free and its last rows not `written`.
"""

from __future__ import annotations

import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from host.errors import BadRequest, EngineNotAvailable
from host.locks import ProcessLock
from host.store.disk import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

ZARR: Final = "combined_embeddings.zarr"
LOCKS: Final = ".locks"
CHUNK_PAGES: Final = 1000
PANELS: Final = 12
TEXT_LETTERS: Final = 256
FORMAT: Final = 1
_WAIT_S: Final = 0.02
_TEXTS: Final = ("page_id", "manifest_path", "source", "series", "volume", "issue")


@dataclass(frozen=True, slots=True)
class PageFacts:
    """The coordinates of a page."""

    page_id: str
    manifest_path: str = ""
    source: str = ""
    series: str = ""
    volume: str = ""
    issue: str = ""
    page_num: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class PageRow:
    """The variables of a page; `p` panels at most the store's, `d` numbers a vector.

    panels: `(p, d)` float32. page: `(d,)`. attention: `(p,)`, adds up to 1. order: `(p,)`, the higher the earlier it is
    read. coordinates: `(p, 4)` x, y, w, h in pixels. texts: of each panel.
    """

    page: NDArray[np.float32]
    panels: NDArray[np.float32]
    attention: NDArray[np.float32]
    order: NDArray[np.float32]
    coordinates: NDArray[np.float32]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoreKind:
    """What the vectors of a store are made by: all of one store by one embedder."""

    embedder: str
    version: str
    width: int
    panels: int = PANELS


class EmbeddingStore:
    """A folder with the Zarr store and its locks."""

    def __init__(self, root: Path, kind: StoreKind | None = None) -> None:
        """Open it, or make it where `kind` is given and it is not there.

        Raises:
            BadRequest: it is not there, or of another kind. EngineNotAvailable: zarr is missing. InternalError
        """
        self.root = root
        self.path = root / ZARR
        self._zarr = _library()
        with disk_errors(str(self.path)), self.locked("store"):
            if not (self.path / "zarr.json").is_file():
                if kind is None:
                    raise BadRequest(f"There are no embeddings in {root}.", "Run `irodori library embed` first.")
                self._make(kind)
        facts = dict(self._group("r").attrs)
        if facts.get("irodori_format") != FORMAT:
            raise BadRequest(f"{self.path} is no store of ours.", "Choose another --output.")
        self.kind = StoreKind(
            str(facts["embedder"]), str(facts["embedder_version"]), int(facts["width"]), int(facts["panels"])
        )
        if kind is not None and kind != self.kind:
            words = f"{self.path} was made with {self.kind.embedder} {self.kind.version}, {self.kind.panels} panels."
            raise BadRequest(words, "Choose another --output, or remove it: vectors of two kinds cannot be compared.")

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Hold one of the store's locks, waiting for it."""
        lock = ProcessLock(self.root / LOCKS / name)
        try:
            while not lock.try_acquire():
                time.sleep(_WAIT_S)
            yield
        finally:
            lock.close()

    def add_pages(self, pages: Sequence[PageFacts]) -> dict[str, int]:
        """Give those pages rows that have none; return the rows of all pages by their ids."""
        with self.locked("store"):
            group = self._group("r+")
            rows = {str(one): row for row, one in enumerate(group["page_id"][:])}
            new = [page for page in {page.page_id: page for page in pages}.values() if page.page_id not in rows]
            if new:
                first = len(rows)
                self._grow(group, first + len(new))
                for name in _TEXTS:
                    group[name][first:] = np.array([getattr(page, name) for page in new], dtype=object)
                group["page_num"][first:] = np.array([page.page_num for page in new], np.int32)
                self.consolidate()
                rows |= {page.page_id: first + place for place, page in enumerate(new)}
        return rows

    def write(self, rows: Mapping[int, PageRow]) -> None:
        """Write rows; they are whole on the disk when this returns."""
        by_chunk: dict[int, list[int]] = {}
        for row in sorted(rows):
            by_chunk.setdefault(row // CHUNK_PAGES, []).append(row)
        for chunk, places in by_chunk.items():
            with disk_errors(str(self.path)), self.locked(f"chunk-{chunk}"):
                # Opened under the lock: the arrays may have grown, and a chunk is written as a whole.
                group = self._group("r+")
                self._put(group, np.array(places), [rows[place] for place in places])
                group["written"].oindex[np.array(places)] = True

    def written(self) -> NDArray[np.bool_]:
        """Return which rows are whole."""
        return np.asarray(self._group("r")["written"][:], np.bool_)

    def page_ids(self) -> list[str]:
        """Return the pages' ids by their rows."""
        return [str(one) for one in self._group("r")["page_id"][:]]

    def arrays(self, mode: str = "r") -> Any:
        """Return the Zarr group."""
        return self._group(mode)

    def blocks(self, name: str, rows: int) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yield an array chunk by chunk, each with its first row."""
        array = self._group("r")[name]
        for first in range(0, rows, CHUNK_PAGES):
            yield first, np.asarray(array[first : min(rows, first + CHUNK_PAGES)])

    def add_variable(self, name: str, like: str) -> Any:
        """Return a variable of the shape of another, made where it is not there; call under the store's lock."""
        group = self._group("r+")
        model = group[like]
        if name in group:
            with _unwarned():
                group[name].resize(model.shape)
        else:
            self._array(group, name, model.shape, "float32", tuple(model.metadata.dimension_names))
        return self._group("r+")[name]

    def consolidate(self) -> None:
        """Write all metadata in one place, from which xarray opens the store; call under the store's lock."""
        with _unwarned():
            self._zarr.consolidate_metadata(str(self.path))

    def _put(self, group: Any, places: NDArray[np.int64], rows: list[PageRow]) -> None:
        panels, width, count = self.kind.panels, self.kind.width, len(rows)
        vectors = np.zeros((count, panels, width), np.float32)
        attention = np.zeros((count, panels), np.float32)
        order = np.full((count, panels), np.nan, np.float32)
        coordinates = np.zeros((count, panels, 4), np.float32)
        mask = np.zeros((count, panels), np.bool_)
        texts = np.full((count, panels), "", f"<U{TEXT_LETTERS}")
        for place, row in enumerate(rows):
            own = len(row.panels)
            vectors[place, :own], attention[place, :own] = row.panels, row.attention
            order[place, :own], coordinates[place, :own], mask[place, :own] = row.order, row.coordinates, True
            texts[place, :own] = [text[:TEXT_LETTERS] for text in row.texts]
        group["panel_embeddings"].oindex[places] = vectors
        group["page_embeddings"].oindex[places] = np.stack([row.page for row in rows])
        group["attention_weights"].oindex[places] = attention
        group["reading_order"].oindex[places] = order
        group["panel_coordinates"].oindex[places] = coordinates
        group["text_content"].oindex[places] = texts
        group["panel_mask"].oindex[places] = mask

    def _make(self, kind: StoreKind) -> None:
        facts = {
            "irodori_format": FORMAT,
            "embedder": kind.embedder,
            "embedder_version": kind.version,
            "width": kind.width,
            "panels": kind.panels,
            "coordinates": "manifest_path source series volume issue page_num",
        }
        self.root.mkdir(parents=True, exist_ok=True)
        group = self._zarr.create_group(store=str(self.path), zarr_format=3, attributes=facts)
        for name in _TEXTS:
            self._array(group, name, (0,), str, ("page_id",))
        self._array(group, "page_num", (0,), "int32", ("page_id",))
        pages, panels = ("page_id",), ("page_id", "panel_id")
        self._array(group, "panel_embeddings", (0, kind.panels, kind.width), "float32", (*panels, "embedding_dim"))
        self._array(group, "page_embeddings", (0, kind.width), "float32", (*pages, "embedding_dim"))
        self._array(group, "attention_weights", (0, kind.panels), "float32", panels)
        self._array(group, "reading_order", (0, kind.panels), "float32", panels)
        self._array(group, "panel_coordinates", (0, kind.panels, 4), "float32", (*panels, "coord_dim"))
        self._array(group, "text_content", (0, kind.panels), f"<U{TEXT_LETTERS}", panels)
        self._array(group, "panel_mask", (0, kind.panels), "bool", panels)
        self._array(group, "written", (0,), "bool", pages)
        for name, values in (("panel_id", kind.panels), ("embedding_dim", kind.width)):
            self._array(group, name, (values,), "int32", (name,))[:] = np.arange(values, dtype=np.int32)
        self._array(group, "coord_dim", (4,), str, ("coord_dim",))[:] = np.array(list("xywh"), dtype=object)
        self.consolidate()

    def _array(self, group: Any, name: str, shape: tuple[int, ...], dtype: Any, dimensions: tuple[str, ...]) -> Any:
        is_by_page = dimensions[0] == "page_id"
        chunks = (CHUNK_PAGES, *shape[1:]) if is_by_page else shape
        coordinates = "manifest_path source series volume issue page_num"
        facts = {"coordinates": coordinates} if is_by_page and name not in (*_TEXTS, "page_num") else {}
        with _unwarned():
            return group.create_array(
                name,
                shape=shape,
                chunks=chunks,
                dtype=dtype,
                dimension_names=dimensions,
                attributes=facts,
                compressors=self._zarr.codecs.BloscCodec(cname="zstd", clevel=5),
            )

    def _grow(self, group: Any, count: int) -> None:
        for _, array in group.arrays():
            if array.metadata.dimension_names[0] == "page_id" and array.shape[0] < count:
                with _unwarned():
                    array.resize((count, *array.shape[1:]))

    def _group(self, mode: str) -> Any:
        with _unwarned():
            return self._zarr.open_group(str(self.path), mode=mode, use_consolidated=False)


@contextmanager
def _unwarned() -> Iterator[None]:
    """Say nothing of fixed-width texts, which Zarr's specification leaves open so far; xarray and Zarr read them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _library() -> Any:
    try:
        import zarr
    except ImportError as exc:
        raise EngineNotAvailable("zarr is not installed.", "pip install 'irodori[shelf]'") from exc
    return zarr
