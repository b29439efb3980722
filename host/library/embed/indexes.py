"""What search needs besides the embeddings: unit vectors, FAISS indexes over them, and an index of words.

Vectors of length 1 make the dot product the cosine. Up to 100,000 rows an index is flat, and so exact; beyond that it
is an inverted file whose cells are found by an HNSW graph. Without FAISS the vectors themselves are gone through.
"""

from __future__ import annotations

import json
import math
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from host.books.whole_files import temporary_beside, write_whole
from host.library.embed.words import WordsIndex
from host.store.disk import disk_errors
from models.digests import file_digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from host.library.embed.store import EmbeddingStore
    from host.library.understand.shelf import AnalysedShelf

IDS: Final = "page_id_index.json"
FAISS: Final = "faiss"
WORDS: Final = "words.sqlite3"
MANY_ROWS: Final = 100_000
_TRAIN_A_CELL: Final = 64
_PROBES_SHARE: Final = 16
KINDS: Final = {"page": "page_embeddings", "panel": "panel_embeddings"}


def postprocess(store: EmbeddingStore, shelf: AnalysedShelf | None, many_rows: int = MANY_ROWS) -> dict[str, int]:
    """Write unit vectors, the index of ids, FAISS indexes where it is installed, and words; return rows by kind.

    shelf: where the words are; None leaves the older index of words.

    Raises:
        DiskFull, InternalError
    """
    ids = store.page_ids()
    written = store.written()
    with store.locked("store"):
        for name in KINDS.values():
            _normalise(store, name, len(ids))
        store.consolidate()
    table = {str(row): page_id for row, page_id in enumerate(ids) if written[row]}
    write_whole(store.root / IDS, json.dumps(table, ensure_ascii=True, indent=0).encode())
    counts = {kind: sum(len(rows) for rows, _ in unit_vectors(store, kind)) for kind in KINDS}
    for kind, count in counts.items():
        if find_spec("faiss") is not None and count:
            _write_faiss(store, kind, count, many_rows)
    if shelf is not None:
        WordsIndex(store.root / WORDS).rebuild(shelf)
    return counts


def unit_vectors(store: EmbeddingStore, kind: str) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Yield rows' numbers and unit vectors, chunk by chunk: of pages, or of panels, numbered page * panels + panel."""
    written = store.written()
    panels = store.kind.panels if kind == "panel" else 1
    for first, block in store.blocks(f"{KINDS[kind]}_norm", len(written)):
        vectors = block.reshape(len(block) * panels, -1)
        numbers = np.arange(first * panels, (first + len(block)) * panels)
        there = np.repeat(written[first : first + len(block)], panels) & (np.abs(vectors).sum(1) > 0)
        yield numbers[there], np.ascontiguousarray(vectors[there], np.float32)


def nearest(store: EmbeddingStore, kind: str, query: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
    """Return the rows most like a unit vector and their cosines, best first; by FAISS where its index is current."""
    index = _read_faiss(store, kind)
    if index is None:
        return _gone_through(store, kind, query, k)
    scores, numbers = index.search(np.ascontiguousarray(query[None], np.float32), min(k, int(index.ntotal)))
    return [(int(row), float(score)) for row, score in zip(numbers[0], scores[0], strict=True) if row >= 0]


def _gone_through(store: EmbeddingStore, kind: str, query: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
    best: list[tuple[float, int]] = []
    for numbers, vectors in unit_vectors(store, kind):
        scores = vectors @ query
        best += [(-float(scores[one]), int(numbers[one])) for one in np.argsort(-scores, kind="stable")[:k]]
        best = sorted(best)[:k]
    return [(row, -score) for score, row in best]


def _normalise(store: EmbeddingStore, name: str, count: int) -> None:
    array = store.add_variable(f"{name}_norm", name)
    for first, block in store.blocks(name, count):
        lengths = np.linalg.norm(block, axis=-1, keepdims=True)
        array[first : first + len(block)] = np.where(lengths > 0, block / np.maximum(lengths, 1e-12), 0)


def faiss_kind(count: int, many_rows: int = MANY_ROWS) -> str:
    """Return FAISS's name of the index for so many rows."""
    return "Flat" if count <= many_rows else f"IVF{_cells(count)}_HNSW32,Flat"


def _cells(count: int) -> int:
    return max(1, min(65_536, int(4 * math.sqrt(count)), count // _TRAIN_A_CELL))


def _write_faiss(store: EmbeddingStore, kind: str, count: int, many_rows: int) -> None:
    import faiss

    library: Any = faiss
    factory = faiss_kind(count, many_rows)
    index = library.index_factory(store.kind.width, factory, library.METRIC_INNER_PRODUCT)
    if factory != "Flat":
        index.train(_sample(store, kind, count, _cells(count) * _TRAIN_A_CELL))
        index.nprobe = max(8, _cells(count) // _PROBES_SHARE)
    with_ids = library.IndexIDMap2(index)
    for numbers, vectors in unit_vectors(store, kind):
        with_ids.add_with_ids(vectors, numbers)
    path = store.root / FAISS / f"{kind}.faiss"
    with disk_errors(str(path)), temporary_beside(path, frozenset()) as temporary:
        library.write_index(with_ids, str(temporary))
    facts = {"kind": factory, "rows": count, "sha256": file_digest(path)}
    write_whole(path.with_suffix(".json"), json.dumps(facts, indent=1).encode())


def _sample(store: EmbeddingStore, kind: str, count: int, wanted: int) -> NDArray[np.float32]:
    step = max(1, count // wanted)
    return np.concatenate([vectors[::step] for _, vectors in unit_vectors(store, kind)])


def _read_faiss(store: EmbeddingStore, kind: str) -> Any | None:
    """Return an index; None where there is none, it is damaged, or FAISS is not installed."""
    path: Path = store.root / FAISS / f"{kind}.faiss"
    if find_spec("faiss") is None or not path.is_file():
        return None
    import faiss

    library: Any = faiss
    try:
        facts = json.loads(path.with_suffix(".json").read_text("utf-8"))
        if facts["sha256"] != file_digest(path):
            return None
        return library.read_index(str(path))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return None
